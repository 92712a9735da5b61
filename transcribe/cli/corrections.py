"""`transcribe corrections`: what people correct in a transcript, kept beside it; see docs/corrections.md."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from transcribe.cli.options import Asked, PathName, SettingOption, SettingsCommand, say, warned
from transcribe.cli.rename import MADE_WITH, tell_archive, tell_revision
from transcribe.core.config import Resolved
from transcribe.core.errors import UsageError
from transcribe.core.settings import OPTIONS

if TYPE_CHECKING:
    from transcribe.core.corrections.change import Prefer
    from transcribe.core.events import Progress

DOCUMENT = click.argument("document", metavar="DOCUMENT", type=PathName())


@click.group()
def corrections() -> None:
    """Correct transcripts: words, speakers and where segments end.

    Corrections lie beside a transcript (DOCUMENT, the .json of an earlier run) as a file of their own. The
    recognition is never changed; whatever is made of the transcript is made of the corrected one.
    """


@corrections.command()
@DOCUMENT
@click.option("-o", "--output", metavar="FILE", type=PathName(), help="Write a file that is not there yet.")
def export(document: Path, output: Path | None) -> None:
    """Print the transcript as text, to be corrected in any editor and given to `corrections apply`."""
    from transcribe.core.disk import disk_errors
    from transcribe.core.errors import OutputError
    from transcribe.core.files import write_together
    from transcribe.jobs.correct import edit_text, opened

    text = edit_text(opened(document))
    if output is None:
        click.echo(text.decode(), nl=False)
        return
    with disk_errors(output, "writing"):
        if output.exists():
            raise OutputError(
                f"{output} is there already", "It may hold what you have edited; name another file"
            )
    write_together({output: text})


@corrections.command(cls=SettingsCommand, groups=("subtitles",))
@DOCUMENT
@click.argument("edited", metavar="EDITED", type=PathName())
@click.option("--by", metavar="NAME", help="Say who made the corrections; by default the user's name.")
@click.option("--mine", is_flag=True, help="Where others have corrected the same words since: keep these.")
@click.option("--theirs", is_flag=True, help="Where others have corrected the same words since: keep theirs.")
@click.pass_context
def apply(context: click.Context, /, document: Path, edited: Path, resolved: Resolved, **said: Any) -> None:
    """Compare an edited text with the recognition, word by word, and keep the differences as corrections.

    EDITED is what `corrections export` wrote, and somebody edited. Words that were put right again are
    corrections undone. What others have corrected since the export stays; where it is about the same words,
    nothing is changed until --mine or --theirs says what counts. The files that were made of the transcript
    and lie beside it are written anew; those that were edited are left as they are.
    """
    from transcribe.jobs.correct import apply_text, opened

    if said["mine"] and said["theirs"]:
        raise UsageError("--mine and --theirs contradict each other", "Leave one of them out")
    prefer: Prefer | None = "mine" if said["mine"] else "theirs" if said["theirs"] else None
    settings, progress = warned(resolved), _display(context, resolved)
    done, files = apply_text(opened(document), edited, settings, progress, who=said["by"], prefer=prefer)
    for each in done.unfit:
        say(f"left out: {each}", error=True)
    if not context.ensure_object(Asked).quiet:
        total = len(done.corrections.records)
        say(f"{len(done.added)} new, {len(done.removed)} undone or replaced, {total} in all", error=True)
        tell_revision(files)
    tell_archive(document, settings)


@corrections.command("list")
@DOCUMENT
@click.option("--json", "as_json", is_flag=True, help="Print the file of corrections, for programs.")
def list_(document: Path, as_json: bool) -> None:
    """List the corrections, in the order of the recording, and which do not fit the recognition, and why."""
    from transcribe.core.corrections.place import described
    from transcribe.formats.corrections import write_corrections
    from transcribe.jobs.correct import opened

    found = opened(document)
    if as_json:
        click.echo(write_corrections(found.corrections).decode(), nl=False)
        return
    for each in sorted(found.layer.placed, key=lambda placed: placed.first):
        say(described(each.correction))
    for unfit in found.layer.unfit:
        say(f"does not fit: {unfit}")
    if not found.corrections.records:
        click.echo("there are no corrections", err=True)


@corrections.command(cls=SettingsCommand, groups=("subtitles",))
@DOCUMENT
@click.argument("ids", metavar="ID...", nargs=-1, required=True)
@click.pass_context
def undo(context: click.Context, document: Path, ids: tuple[str, ...], resolved: Resolved) -> None:
    """Undo corrections, by the ids that `corrections list` shows: what was recognised stands there again.

    Files are written anew as by `corrections apply`.
    """
    from transcribe.core.corrections.place import described
    from transcribe.jobs.correct import opened, undo

    settings, progress = warned(resolved), _display(context, resolved)
    undone, files = undo(opened(document), ids, settings, progress)
    if not context.ensure_object(Asked).quiet:
        for each in undone:
            say(f"undone: {described(each)}", error=True)
        tell_revision(files)
    tell_archive(document, settings)


for command in (apply, undo):
    command.params += [SettingOption(OPTIONS[name]) for name in MADE_WITH]


def _display(context: click.Context, resolved: Resolved) -> Progress:
    from transcribe.cli.display import choose_display
    from transcribe.core.events import silent

    if context.ensure_object(Asked).quiet:
        return silent
    return choose_display(resolved.settings.display, terminal=False)


@corrections.command()
@click.argument("documents", metavar="DOCUMENT...", nargs=-1, required=True, type=PathName())
def vocabulary(documents: tuple[Path, ...]) -> None:
    """Print names that were corrected twice or more in these episodes, for a vocabulary file.

    A line has one term, so that the output can be added to the file that --vocabulary names. Nothing uses
    them until it is: read them first.
    """
    from transcribe.jobs.correct import vocabulary

    for term in vocabulary(documents):
        say(term.text)
        say(f"{term.text}: {term.times} times, recognised as {', '.join(term.instead_of)}", error=True)
