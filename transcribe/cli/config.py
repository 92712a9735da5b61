"""`transcribe config`: which settings are in force, and where each comes from."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from transcribe.cli.options import config_parameters, say
from transcribe.core.speaker_count import SpeakerCount
from transcribe.core.text import shown

if TYPE_CHECKING:
    from transcribe.core.config import Refused, Resolved, Value


WIDEST_CELL = 60
"""A longer value moves what stands behind it, in its own line only."""


@click.group("config")
def config() -> None:
    """Show the settings in force, where they come from, and which files are read."""


@config.command("show", params=config_parameters())
@click.option("--json", "form", flag_value="json", help="Print JSON, with the origin of every value.")
@click.option("--toml", "form", flag_value="toml", help="Print a config file that sets every option so.")
def show(config_file: Path | None, profile: str | None, form: str | None) -> None:
    """Print every option with its value and where that comes from."""
    from transcribe.core.config import load

    resolved = load({}, config_file, profile)
    if form == "json":
        click.echo(_as_json(resolved))
    elif form == "toml":
        click.echo(_as_toml(resolved.values), nl=False)
    else:
        _print_table(resolved.values)
        _print_refused(resolved.refused)
    for warning in resolved.warnings:
        say(f"warning: {warning}", error=True)


@config.command("path")
def path() -> None:
    """Print where your own config file is, or would be."""
    from transcribe.core.config import user_file

    say(user_file())


def _print_table(values: Sequence[Value]) -> None:
    from transcribe.core.text import printable

    rows = [(each.option.name, each.option.show(each.value) or "-", str(each.origin)) for each in values]
    widths = [min(WIDEST_CELL, max(len(row[column]) for row in rows)) for column in range(2)]
    for name, value, origin in rows:
        click.echo(f"{name:<{widths[0]}}  {printable(value):<{widths[1]}}  {printable(origin)}")


def _print_refused(refused: Sequence[Refused]) -> None:
    from transcribe.core.text import printable

    if refused:
        click.echo("\nRefused, because the folder may be somebody else's:")
    for each in refused:
        said = f"{each.option.name} = {each.option.show(each.value)}"
        click.echo(f"{printable(said)}  {printable(str(each.origin))}: {printable(each.why)}")


def _as_json(resolved: Resolved) -> str:
    import json

    values = {
        each.option.name: {"value": _plain(each.value), "origin": str(each.origin)}
        for each in resolved.values
    }
    refused = [
        {
            "option": each.option.name,
            "value": _plain(each.value),
            "origin": str(each.origin),
            "why": each.why,
        }
        for each in resolved.refused
    ]
    files = [str(file) for file in resolved.files]
    record = {"profile": resolved.profile, "files": files, "options": values, "refused": refused}
    return json.dumps(shown(record), indent=2, ensure_ascii=False)


def _as_toml(values: Sequence[Value]) -> str:
    import tomlkit

    table = {each.option.name: _plain(each.value) for each in values if each.value is not None}
    return tomlkit.dumps(shown(table))


def _plain(value: Any) -> Any:
    if isinstance(value, Path):
        return str(value.absolute())
    if isinstance(value, tuple):
        return list(value)
    return str(value) if isinstance(value, SpeakerCount) else value
