"""`transcribe multitrack TRACK…`: one transcript of a conversation recorded with a microphone each."""

from __future__ import annotations

from pathlib import Path

import click

from transcribe.cli.options import PathName, SettingsCommand, given_flags
from transcribe.core.config import Resolved
from transcribe.core.errors import UsageError


@click.command("multitrack", cls=SettingsCommand)
@click.argument("named", nargs=-1, required=True, metavar="TRACK...", type=PathName())
@click.option("--title", metavar="NAME", default="", help="Name of the results; else told from the tracks.")
@click.pass_context
def multitrack(context: click.Context, named: tuple[Path, ...], title: str, resolved: Resolved) -> None:
    """Transcribe tracks of one conversation, a file for each speaker, into one transcript.

    TRACK is a file, or a folder with the tracks of a recording (Zoom, Riverside, Zencastr, SquadCast,
    Craig, Audacity, Reaper). Speakers are called as their files are, or as --speaker says. Offsets
    and drift between recorders are found and corrected; what a microphone picked up of another
    one's speaker is left out.
    """
    from transcribe.cli.display import open_display
    from transcribe.core.events import Warned
    from transcribe.core.settings import Settings
    from transcribe.pipeline.tracks.inputs import check_options

    # The config may say so of single files.
    settings = resolved.settings.replace({"channels": False, "tracks": False})
    if title != Path(title).name:
        raise UsageError(f"--title {title} is no file name", "Choose the folder with -o")
    check_options(Settings.of(**given_flags(context)))
    with open_display(settings.display, resolved.warnings) as progress:
        from transcribe.control.gate import assemble
        from transcribe.jobs.run_many import transcribe_together
        from transcribe.pipeline.tracks.names import found_tracks

        found = found_tracks(named)
        for warning in found.warnings:
            progress(Warned(warning))
        results = found.results.with_name(title) if title else found.results
        ended = transcribe_together(
            [str(path) for path in found.tracks], results, assemble(settings, progress)
        )
    context.exit(ended.exit_code)
