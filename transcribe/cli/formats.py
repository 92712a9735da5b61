"""`transcribe formats`: what a transcript can be written as."""

from __future__ import annotations

import json

import click

from transcribe.formats.known import FORMATS


@click.command("formats")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list instead of a table.")
def formats(as_json: bool) -> None:
    """List the formats that --format takes."""
    if as_json:
        shown = ("name", "suffix", "media_type", "description")
        records = [{name: getattr(known, name) for name in shown} for known in FORMATS.values()]
        click.echo(json.dumps(records, indent=2))
        return
    names = max(len(known.name) for known in FORMATS.values())
    suffixes = max(len(known.suffix) for known in FORMATS.values())
    for known in FORMATS.values():
        click.echo(f"{known.name:<{names}}  {known.suffix:<{suffixes}}  {known.description}")
