"""`transcribe models list`: installed and available models."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from transcribe.cli.columns import columns
from transcribe.cli.options import say

if TYPE_CHECKING:
    from transcribe.models.catalogue import CatalogueModel, Kind
    from transcribe.models.installed import InstalledModel

Row = dict[str, str | int | float | bool]

FORMS: dict[Kind, str] = {
    "whisper": "ggml",
    "ctranslate2": "ct2",
    "parakeet": "onnx",
    "llm": "gguf",
    "speakers": "onnx",
}
KINDS: dict[Kind, str] = {
    "whisper": "recognition",
    "ctranslate2": "recognition",
    "parakeet": "recognition",
    "llm": "notes",
    "speakers": "speakers",
}
HEAD = ("NAME", "KIND", "FORMS", "SIZE", "MEMORY", "SPEED", "LANGUAGES", "LICENCE")


@click.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list, one object a form, not a table.")
def list_(as_json: bool) -> None:
    """List models: the installed ones first, then those that can be pulled.

    A form that is installed has a * before it. Of two forms, the one that --engine auto takes stands first;
    size, memory and speed (times real time, where it was measured here) are those of that form.
    """
    from transcribe.models.catalogue import catalogue
    from transcribe.models.store import Store

    installed = Store().installed()
    here = {model.name for model in installed}
    rows = [_installed_row(model) for model in installed]
    rows += [_available_row(model) for model in catalogue().values() if model.name not in here]
    if as_json:
        click.echo(json.dumps(rows, indent=2, ensure_ascii=False))
        return
    for line in _table(rows):
        say(line)
    say(_taken(), error=True)
    click.echo("* is installed. Get another with: transcribe models pull NAME", err=True)
    click.echo(
        "8-bit weights make the same errors in less time (docs/models.md): transcribe models quantize NAME",
        err=True,
    )


def _installed_row(model: InstalledModel) -> Row:
    from transcribe.jobs.speed import last_speed

    speed = last_speed(model.sha256)
    return {
        **_named(model),
        "installed": True,
        "bytes": model.bytes,
        "memory_bytes": model.memory_bytes,
        **({"speed": speed} if speed else {}),
        "languages": "multilingual" if model.multilingual else "en",
        "licence": model.licence,
        "made_from": model.made_from,
        "sha256": model.sha256,
        "path": str(model.path),
    }


def _available_row(model: CatalogueModel) -> Row:
    return {
        **_named(model),
        "installed": False,
        "bytes": model.file.bytes,
        "memory_bytes": model.memory_bytes,
        "languages": model.languages,
        "licence": model.licence,
        "terms": model.terms,
        "sha256": model.file.sha256,
        "description": model.description,
    }


def _named(model: InstalledModel | CatalogueModel) -> Row:
    from transcribe.models.catalogue import weights_name

    return {
        "name": model.name,
        "model": weights_name(model.name),
        "form": FORMS[model.kind],
        "kind": model.kind,
    }


def _table(rows: Sequence[Row]) -> list[str]:
    """One line a model, whatever its forms."""
    from transcribe.core.settings import Settings
    from transcribe.jobs.assemble.choice import form_of_machine

    form = FORMS[form_of_machine(Settings())]
    models: dict[object, list[Row]] = {}
    for row in rows:
        models.setdefault(row["model"], []).append(row)
    lines = [
        _line(sorted(forms, key=lambda row: (not row["installed"], row["form"] != form)))
        for forms in models.values()
    ]
    return columns(HEAD, lines, right=("SIZE", "MEMORY", "SPEED"))


def _line(forms: Sequence[Row]) -> tuple[str, ...]:
    """The cells of a model; the first of its forms is the one that is taken."""
    from transcribe.jobs.assemble.memory import size

    first = forms[0]
    origin = first.get("made_from", "")
    made = f" (from {origin})" if origin and origin not in {row["name"] for row in forms} else ""
    return (
        str(first["model"]),
        next(label for kind, label in KINDS.items() if kind == first["kind"]),
        " ".join(f"{'*' if row['installed'] else ''}{row['form']}" for row in forms),
        size(int(first["bytes"])),
        size(int(first["memory_bytes"])),
        _times(float(first.get("speed", 0))),
        "many" if first["languages"] == "multilingual" else str(first["languages"]),
        f"{first['licence'] or 'not known'}{made}",
    )


def _times(speed: float) -> str:
    """Times real time; nothing where it is not known."""
    return f"{speed:.{1 if speed < 10 else 0}f} ×" if speed else ""


def _taken() -> str:
    """What recognises where nothing is said, and why."""
    from transcribe.core.errors import TranscribeError
    from transcribe.core.settings import Settings
    from transcribe.jobs.assemble.choice import choose
    from transcribe.models.catalogue import weights_name
    from transcribe.models.store import Store

    try:
        found = choose(Settings(), Store())
    except TranscribeError as error:
        return str(error.what)
    form = FORMS[found.model.kind]
    return f"Without --model: {weights_name(found.model.name)} ({form}), with {found.engine}: {found.reason}"
