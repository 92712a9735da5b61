"""`transcribe render EPISODE.json`: files from a finished transcript, without recognising again."""

from __future__ import annotations

from pathlib import Path

import click

from transcribe.commands.options import Asked, SettingsCommand, given_flags


@click.command("render", cls=SettingsCommand, groups=("subtitles", "output", "notes", "display"))
@click.argument("documents", nargs=-1, required=True, metavar="DOCUMENT...", type=click.Path(path_type=Path))
@click.pass_context
def render(
    context: click.Context, documents: tuple[Path, ...], config_file: Path | None, profile: str | None
) -> None:
    """Write files from transcripts (.json of an earlier run) again, with other formats or templates.

    Nothing is recognised. With --template alone only its file is written. A file that is there
    already is replaced only with --force.
    """
    from transcribe import config
    from transcribe.stages.rendering import render_document

    flags = given_flags(context)
    settings = config.load(flags, config_file, profile).settings
    asked = context.ensure_object(Asked)
    asked.debug, asked.quiet = settings.display.debug, settings.display.quiet
    only_template = "template" in flags and "formats" not in flags
    for document in documents:
        for path in render_document(document, settings, only_template=only_template):
            if not asked.quiet:
                click.echo(path)
