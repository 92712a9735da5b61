"""`transcribe doctor`: is everything there, and what can be done about what is not."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from transcribe.cli.options import config_parameters
from transcribe.core.text import shown

if TYPE_CHECKING:
    from transcribe.jobs.checks import Check

COLOURS = {"ok": "green", "note": "yellow", "problem": "red"}


@click.command("doctor", params=config_parameters())
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list instead of lines.")
@click.pass_context
def doctor(context: click.Context, config_file: Path | None, profile: str | None, as_json: bool) -> None:
    """Check what is installed and what this machine can do, and say what to do about each shortcoming.

    Ends with the exit code that a transcription would end with: 0 when nothing is missing.
    """
    from transcribe.jobs.checks import run_checks

    checks = run_checks(config_file, profile)
    _print_json(checks) if as_json else _print_lines(checks)
    context.exit(next((check.exit_code for check in checks if check.exit_code), 0))


def _print_json(checks: Sequence[Check]) -> None:
    import msgspec

    click.echo(
        msgspec.json.format(msgspec.json.encode(shown(msgspec.to_builtins(checks))), indent=2).decode()
    )


def _print_lines(checks: Sequence[Check]) -> None:
    from transcribe.core.text import printable

    width = max(len(check.name) for check in checks)
    for check in checks:
        status = click.style(f"{check.status:<8}", fg=COLOURS[check.status])
        click.echo(f"{status}{check.name:<{width}}  {printable(check.detail)}")
        if check.advice:
            click.echo(f"{'':<8}{'':<{width}}  → {printable(check.advice)}")
