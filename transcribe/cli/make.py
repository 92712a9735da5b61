"""`transcribe make`: the rules by which make transcribes, and the file that tells them of new settings."""

from __future__ import annotations

from pathlib import Path

import click

from transcribe.cli.options import PathName, SettingsCommand, warned
from transcribe.core.config import Resolved
from transcribe.core.reading import read_regular

RULES = Path(__file__).resolve().parent.parent / "transcribe.mk"


@click.group("make")
def make() -> None:
    """Print the rules by which make transcribes.

    With this line in a Makefile, make builds talk.vtt from talk.mp3, and everything as `transcripts`:

    \b
    include $(shell transcribe make include)
    """


@make.command("include")
def include() -> None:
    """Print where the rules lie, for the line `include` of a Makefile."""
    click.echo(RULES)


@make.command("rules")
def rules() -> None:
    """Print the rules themselves, to keep a copy."""
    click.echo(RULES.read_text(encoding="utf-8"), nl=False)


@make.command("stamp", cls=SettingsCommand)
@click.argument("file", type=PathName())
def stamp(file: Path, resolved: Resolved) -> None:
    """Write what decides the results into FILE, and leave FILE alone while that is the same.

    The rules depend on it, so that make transcribes again when settings or model have changed.
    """
    from transcribe.core.files import atomic_file
    from transcribe.jobs.assemble.engines import choose_engines
    from transcribe.jobs.fingerprint import made_with

    settings = warned(resolved)
    said = made_with(settings.replace({"notes": True}), choose_engines(settings))
    content = "".join(f"{name} = {value!r}\n" for name, value in sorted(said.items())).encode()
    if not file.is_file() or read_regular(file) != content:
        with atomic_file(file) as handle:
            handle.write(content)
