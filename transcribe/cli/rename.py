"""`transcribe rename EPISODE.json OLD=NEW…`: other names for speakers, in every file made of a transcript."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from transcribe.cli.options import Asked, PathName, SettingOption, SettingsCommand, say, warned
from transcribe.core.config import Resolved
from transcribe.core.errors import UsageError
from transcribe.core.settings import OPTIONS

if TYPE_CHECKING:
    from transcribe.core.settings import Settings
    from transcribe.jobs.revise import Revision
    from transcribe.pipeline.speakers.names import Share

MADE_WITH = ("template", "embed_audio", "disclosure", "force")
"""Options that change what stands in files, beside the layout of subtitles, and `--force`."""

FIRST_CELLS = 60
"""Of what somebody says first; a line of the list then fits most terminals."""


@click.command("rename", cls=SettingsCommand, groups=("subtitles",))
@click.argument("document", metavar="DOCUMENT", type=PathName())
@click.argument("names", nargs=-1, metavar="OLD=NEW...")
@click.option("--list", "listing", is_flag=True, help="Show who speaks, for how long, and their first words.")
@click.option("--keep-edited", is_flag=True, help="Leave files that were edited as they are.")
@click.pass_context
def rename(
    context: click.Context,
    document: Path,
    names: tuple[str, ...],
    listing: bool,
    keep_edited: bool,
    resolved: Resolved,
) -> None:
    """Rename the speakers of a transcript (.json of an earlier run), and in all files made of it beside it.

    Nothing is recognised. All names are meant at once: S1=S2 S2=S1 swaps two. Who gets the name of
    somebody else becomes one speaker with them. A file that was edited is refused: replace it with
    --force, or leave it with --keep-edited. Later runs write the new names, too.
    """
    from transcribe.jobs.documents import open_corrected
    from transcribe.jobs.revise import rename_speakers
    from transcribe.pipeline.speakers.names import read_names, shares_of

    settings = warned(resolved)
    shares = shares_of(open_corrected(document).transcript)
    if listing:
        _list(shares)
        return
    if not names:
        raise UsageError("no speaker is given a name", "Write OLD=NEW, or see who speaks: --list")
    read = read_names(names, [share.name for share in shares if share.name])
    done = rename_speakers(document, read, settings, keep_edited=keep_edited)
    if not context.ensure_object(Asked).quiet:
        tell_revision(done)
    tell_archive(document, settings)


rename.params += [SettingOption(OPTIONS[name]) for name in MADE_WITH]


def tell_archive(document: Path, settings: Settings) -> None:
    """Let the archive follow where the settings ask for that; print what failed."""
    from transcribe.archive.follow import followed

    if failed := followed(document, settings):
        say(failed, error=True)


def tell_revision(done: Revision) -> None:
    """Print which files were written anew, and which were not because somebody edited them."""
    for path in done.changed:
        say(path)
    for path in done.edited:
        say(f"left as it is, because it was edited: {path}", error=True)
    if not done.changed:
        click.echo("nothing to change", err=True)


def _list(shares: Sequence[Share]) -> None:
    from wcwidth import wcswidth

    from transcribe.core.text import printable
    from transcribe.core.timecode import format_duration
    from transcribe.formats.templates import clock

    if not any(share.name for share in shares):
        click.echo("speakers are not told apart in this transcript", err=True)
        return
    names = [printable(share.name) if share.name else "(no name)" for share in shares]
    width = max(map(wcswidth, names))
    total = sum(share.spoken_ms for share in shares) or 1
    for name, share in zip(names, shares, strict=True):
        room = " " * (width - wcswidth(name))
        part = f"{100 * share.spoken_ms / total:3.0f} %"
        first = f"{clock(share.start_ms)}  {_shortened(printable(share.text))}"
        say(f"{name}{room}  {format_duration(share.spoken_ms):>7}  {part}  {first}")


def _shortened(text: str) -> str:
    if len(text) <= FIRST_CELLS:
        return text
    cut = text[:FIRST_CELLS]
    return (cut.rpartition(" ")[0] or cut) + " …"
