"""`transcribe models list`: installed and available models."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from transcribe.cli.options import say

if TYPE_CHECKING:
    from transcribe.models.catalogue import CatalogueModel
    from transcribe.models.installed import InstalledModel

Row = dict[str, str | int | bool]


@click.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list instead of a table.")
def list_(as_json: bool) -> None:
    """List models: the installed ones first, then those that can be pulled."""
    from transcribe.models.catalogue import catalogue
    from transcribe.models.store import Store

    installed = Store().installed()
    here = {model.name for model in installed}
    rows = [_installed_row(model) for model in installed]
    rows += [_available_row(model) for model in catalogue().values() if model.name not in here]
    if as_json:
        click.echo(json.dumps(rows, indent=2, ensure_ascii=False))
        return
    click.echo(f"{'':2}{'NAME':<22}{'KIND':<13}{'SIZE':>9}{'MEMORY':>10}  {'LANGUAGES':<14}LICENCE")
    for row in rows:
        say(_line(row))
    click.echo("* is installed. Get another with: transcribe models pull NAME", err=True)
    click.echo(
        "8-bit weights make the same errors in less time (docs/models.md): transcribe models quantize NAME",
        err=True,
    )


def _installed_row(model: InstalledModel) -> Row:
    return {
        "name": model.name,
        "kind": model.kind,
        "installed": True,
        "bytes": model.bytes,
        "memory_bytes": model.memory_bytes,
        "languages": "multilingual" if model.multilingual else "en",
        "licence": model.licence,
        "made_from": model.made_from,
        "sha256": model.sha256,
        "path": str(model.path),
    }


def _available_row(model: CatalogueModel) -> Row:
    return {
        "name": model.name,
        "kind": model.kind,
        "installed": False,
        "bytes": model.file.bytes,
        "memory_bytes": model.memory_bytes,
        "languages": model.languages,
        "licence": model.licence,
        "terms": model.terms,
        "sha256": model.file.sha256,
        "description": model.description,
    }


def _line(row: Row) -> str:
    mark = "*" if row["installed"] else ""
    size, memory = (f"{int(row[key]) / 1e6:,.0f} MB" for key in ("bytes", "memory_bytes"))
    origin = f" (made from {row['made_from']})" if row.get("made_from") else ""
    return (
        f"{mark:<2}{row['name']:<22}{row['kind']:<13}{size:>9}{memory:>10}  {row['languages']:<14}"
        f"{row['licence'] or 'not known'}{origin}"
    )
