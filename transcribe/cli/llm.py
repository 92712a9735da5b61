"""`transcribe llm`: the language models on this machine that can write show notes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from transcribe.cli.options import say

if TYPE_CHECKING:
    from transcribe.engines.llm.servers import Server
    from transcribe.models.installed import InstalledModel

Row = dict[str, Any]


@click.group("llm")
def llm() -> None:
    """See which language models can write show notes."""


@llm.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list instead of a table.")
def list_(as_json: bool) -> None:
    """List the language models on this machine: installed ones, and those of servers that run."""
    from transcribe.core.seal.take import refuse
    from transcribe.engines.llm.find import find_servers
    from transcribe.models.store import Store

    refuse("llm list", "What is installed: transcribe models list")
    rows = [_installed_row(model) for model in Store().installed() if model.kind == "llm"]
    rows += [row for server in find_servers() for row in _served_rows(server)]
    if as_json:
        click.echo(json.dumps(rows, indent=2, ensure_ascii=False))
        return
    if not rows:
        click.echo("No language model is installed, and no server was found.", err=True)
        click.echo("Get one with: transcribe models pull qwen3-4b", err=True)
        return
    width = max(len(row["writer"]) for row in rows) + 2
    click.echo(f"{'WRITER':<{width}}{'CONTEXT':>9}  WHERE")
    for row in rows:
        context = f"{row['context']:,}" if row["context"] else "?"
        say(f"{row['writer']:<{width}}{context:>9}  {row['where']}{_remark(row)}")
    click.echo("Use one with: transcribe FILE --notes --writer WRITER", err=True)


def _remark(row: Row) -> str:
    if row["note"]:
        return f" ({row['note']})"
    return " (runs on another machine: refused)" if row["cloud"] else ""


def _installed_row(model: InstalledModel) -> Row:
    from transcribe.core.errors import ModelError
    from transcribe.models.gguf_file import read_gguf

    try:
        context, note = read_gguf(model.path).context, ""
    except ModelError as error:
        context, note = 0, error.what
    return {
        "writer": f"llama.cpp:{model.name}", "model": model.name, "context": context, "cloud": False,
        "where": "installed", "url": "", "note": note,
    }  # fmt: skip


def _served_rows(server: Server) -> list[Row]:
    common: Row = {"where": f"{server.version}, {server.url}", "url": server.url}
    rows: list[Row] = [
        {
            "writer": f"{server.writer}:{model.name}", "model": model.name, "context": model.context,
            "cloud": model.cloud, **common, "note": "",
        }
        for model in server.models
    ]  # fmt: skip
    nothing = {
        "writer": server.writer, "model": "", "context": 0, "cloud": False, **common,
        "note": server.note or "has no models",
    }  # fmt: skip
    return rows or [nothing]
