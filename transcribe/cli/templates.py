"""`transcribe templates`: list, copy and check the templates that files are made with."""

from __future__ import annotations

from pathlib import Path

import click

from transcribe.cli.options import PathName, say
from transcribe.core.errors import OutputError, UsageError


@click.group("templates")
def templates() -> None:
    """Templates of show notes, pages and Markdown: see docs/templates.md."""


@templates.command("list")
def list_() -> None:
    """List the templates, and which one of each name is used."""
    from transcribe.formats.templates import find_template, template_names

    for name in template_names():
        origin, path = find_template(name)
        say(f"{name:<20} {origin:<9} {'' if origin == 'packaged' else path}".rstrip())


@templates.command("copy")
@click.argument("name")
@click.argument("folder", required=False, type=PathName(file_okay=False))
def copy(name: str, folder: Path | None) -> None:
    """Copy a packaged template, to be changed: into FOLDER, else into templates/ of the current folder."""
    from transcribe.core.disk import disk_errors
    from transcribe.core.files import atomic_file, make_folder
    from transcribe.formats.templates import FOLDER, template_folder, template_names

    wanted = name if name.endswith(".j2") else f"{name}.j2"
    if wanted not in template_names():
        raise UsageError(f"there is no template {name!r}", f"Templates are {', '.join(template_names())}")
    place = folder or Path(FOLDER)
    target = place / wanted
    if target.exists():
        raise OutputError(f"{target} is there already", "Name another folder, or remove it first")
    with disk_errors(place, "writing into"):
        make_folder(place)
    with atomic_file(target) as handle:
        handle.write((template_folder() / wanted).read_bytes())
    say(target)


@templates.command("check")
@click.argument("files", nargs=-1, metavar="[FILE]...", type=PathName())
def check(files: tuple[Path, ...]) -> None:
    """Fill templates in with a made-up episode; say the file and line of the first mistake.

    Without FILE, every template that is in use is checked.
    """
    from transcribe.formats.templates import find_template, template_names
    from transcribe.jobs.publish.content import check_template

    for path in files or [find_template(name)[1] for name in template_names()]:
        size = len(check_template(path))
        say(f"{path}: good, {size} bytes")
