"""`transcribe render EPISODE.json`: files from a finished transcript, without recognising again."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import click

from transcribe.cli.options import PathName, SettingsCommand, given_flags, say, warned
from transcribe.core.config import Resolved
from transcribe.core.errors import PersonNeeded

WRITTEN = ("output.output", "formats", "template", "embed_audio", "publish", "chapters", "force")
GATE = ("require_approval", "policy")
TOLD = ("progress", "quiet", "verbose", "debug")


@click.command("render", cls=SettingsCommand, groups=("subtitles", *WRITTEN, *GATE, "notes", "show", *TOLD))
@click.argument("documents", nargs=-1, required=True, metavar="DOCUMENT...", type=PathName())
@click.pass_context
def render(context: click.Context, documents: tuple[Path, ...], resolved: Resolved) -> None:
    """Write files from transcripts (.json of an earlier run) again, with other formats or templates.

    Nothing is recognised. With --template alone only its file is written. What the config or a flag
    says about the show wins over what the transcript says. Notes are written if a format needs them
    and the transcript has none, and anew with --notes. A file that is there already is replaced only
    with --force. With --require-approval nothing is written of a transcript that is not approved.
    """
    from transcribe.cli.display import open_display
    from transcribe.control.gate import gate_of
    from transcribe.jobs.assemble.writer import choose_writer
    from transcribe.jobs.render import render_document

    flags, settings = given_flags(context), warned(resolved)
    only_template = "template" in flags and not {"formats", "publish"} & flags.keys()
    notes_anew = bool(flags.get("notes"))
    chosen = partial(choose_writer, settings)
    for document in documents if settings.output.require_approval else ():
        if reason := gate_of(settings)(document):
            raise PersonNeeded(f"{document} waits for approval: {reason}")
    for document in documents:
        with open_display(settings.display) as progress:
            paths = render_document(
                document, settings, chosen, progress, only_template=only_template, notes_anew=notes_anew
            )
        for path in paths if not settings.display.quiet else ():
            say(path)
