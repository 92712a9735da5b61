"""`transcribe FILE…`: from settings to published transcripts."""

from __future__ import annotations

from collections.abc import Sequence

import click

from transcribe.cli.options import PathName, SettingsCommand, check_policy_flag
from transcribe.core.config import Resolved
from transcribe.core.errors import UsageError
from transcribe.core.settings import Settings


@click.command("run", cls=SettingsCommand)
@click.argument(
    "files",
    nargs=-1,
    required=True,
    metavar="FILE...",
    type=PathName(path_type=str, allow_dash=True, readable=False),
)
@click.pass_context
def run(context: click.Context, files: tuple[str, ...], resolved: Resolved) -> None:
    """Transcribe recordings: anything ffmpeg reads, or - for standard input.

    Without options, FILE.txt, .srt, .vtt and .json appear beside each recording. A run that was
    stopped goes on where it was when the same command is given again.
    """
    from transcribe.cli.display import open_display

    settings = resolved.settings
    _check(files, settings)
    check_policy_flag(context, settings)
    with open_display(settings.display, resolved.warnings) as display:
        from transcribe.archive.follow import keeping
        from transcribe.control.gate import assemble
        from transcribe.jobs.run_many import transcribe_all

        ended = transcribe_all(files, assemble(settings, keeping(display, settings)))
    if len(files) > 1 and (ended.failed or not settings.display.quiet):
        click.echo(ended.summary(), err=True)
    context.exit(ended.exit_code)


def _check(files: Sequence[str], settings: Settings) -> None:
    from transcribe.jobs.plan import goes_to_standard_output

    if settings.display.live and any(goes_to_standard_output(file, settings) for file in files):
        raise UsageError(
            "--live and the transcript would both go to standard output",
            "Choose a folder with -o, or drop --live",
        )
