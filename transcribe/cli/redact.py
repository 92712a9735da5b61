"""`transcribe redact`: words masked in texts and in a copy of the sound, with proof; see docs/control.md."""

from __future__ import annotations

import typing
from pathlib import Path

import click

from transcribe.cli.options import PathName, SettingsCommand, say, warned
from transcribe.control.personal.datum import Kind
from transcribe.core.config import Resolved
from transcribe.core.errors import UsageError

KINDS: tuple[Kind, ...] = typing.get_args(Kind)
WRITTEN = ("output.output", "formats", "template", "embed_audio", "publish", "policy", "force")


@click.command("redact", cls=SettingsCommand, groups=("subtitles", *WRITTEN, "show", "compute", "display"))
@click.argument("document", metavar="DOCUMENT", type=PathName())
@click.option(
    "--words",
    "phrases",
    metavar="TEXT",
    multiple=True,
    help="Mask this word or phrase, in any inflection; may be repeated.",
)
@click.option(
    "--span",
    "spans",
    metavar="FROM-TO",
    multiple=True,
    help="Mask all that is said in this time, as 1:02-1:04; may be repeated.",
)
@click.option(
    "--personal",
    "kinds",
    metavar="KIND",
    multiple=True,
    type=click.Choice(KINDS),
    help=f"Mask personal data of this kind: {', '.join(KINDS)}; may be repeated.",
)
@click.option(
    "--bleep/--mute", default=True, help="Mask the sound with a tone, or with silence.  [default: a tone]"
)
@click.option(
    "--name",
    default="",
    metavar="NAME",
    help="Name of the files, without an ending.  [default: the names of the recording and DOCUMENT]",
)
@click.option(
    "--model",
    "-m",
    default="",
    metavar="NAME",
    help="Model that recognises the copy.  [default: the transcript's]",
)
def redact(  # noqa: PLR0913, PLR0917 - click hands over an argument for each flag
    document: Path,
    phrases: tuple[str, ...],
    spans: tuple[str, ...],
    kinds: tuple[Kind, ...],
    bleep: bool,
    name: str,
    model: str,
    resolved: Resolved,
) -> None:
    """Mask words of a transcript (DOCUMENT, the .json of an earlier run) in texts and in a copy of the sound.

    Say what is masked with --words, --span and --personal, or with --policy, whose rules find it.

    The recording lies beside DOCUMENT; neither is changed. The copy is recognised again. Nothing is written,
    and the exit code is 14, where a word is still heard, is not found, or cannot be placed in the sound.
    """
    from transcribe.cli.display import open_display
    from transcribe.cli.rename import tell_archive
    from transcribe.control.policy.read import read_policy
    from transcribe.control.redact.choose import Wanted
    from transcribe.control.redact.redact import Asked, redact
    from transcribe.core.timecode import format_stretch
    from transcribe.models.catalogue import weights_name

    if Path(name).name != name:
        raise UsageError(f"--name {name!r} is no name of a file")
    settings = warned(resolved)
    policy_file = settings.output.policy
    policy, sha256 = read_policy(policy_file) if policy_file else (None, "")
    wanted = Wanted.of(policy, phrases, kinds, [_span(each) for each in spans])
    with open_display(settings.display) as progress:
        done = redact(document, wanted, settings, Asked(bleep, name, model, sha256), progress)
    for path in done.paths:
        tell_archive(path, settings)
    if settings.display.quiet:
        return
    for path in done.paths:
        say(path)
    masked = done.redaction.masked
    seconds = sum(each.end_ms - each.start_ms for each in masked) / 1000
    places = "1 place" if len(masked) == 1 else f"{len(masked)} places"
    listener = weights_name(done.redaction.proof.model)
    guesses = [format_stretch(each.start_ms, each.end_ms) for each in masked if each.guessed]
    heard = "nothing else of it" if guesses else "nothing of it"
    if guesses:
        say(f"guessed by {listener} from the words around it, and not in the sound: {', '.join(guesses)}")
    say(f"{places}, {seconds:.1f} s masked; {listener} hears {heard} in the copy")


def _span(text: str) -> tuple[int, int]:
    """A stretch of time in ms."""
    from transcribe.core.timecode import parse_timecode

    start, dash, end = text.replace("–", "-").partition("-")
    try:
        first, last = parse_timecode(start), parse_timecode(end)
    except ValueError as error:
        raise UsageError(f"--span {text!r}: {error}", "Write it as FROM-TO: 1:02-1:04") from None
    if not dash or first >= last:
        raise UsageError(f"--span {text!r} has no length", "Write it as FROM-TO: 1:02-1:04")
    return first, last
