"""Files from a finished transcript document, without recognising again."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from transcribe.errors import InputError, OutputError, UsageError
from transcribe.formats import format_named
from transcribe.settings import Settings
from transcribe.stages.content import TEMPLATE, check_content, content_of, suffix_of
from transcribe.stages.publish import target_path
from transcribe.workspace import atomic_file, disk_errors

MAX_DOCUMENT_BYTES = 512 * 1024 * 1024
"""The document of a ten-hour recording has about 15 MB."""


def render_document(document: Path, settings: Settings, *, only_template: bool) -> tuple[Path, ...]:
    """Write the formats that the settings name, and what their template makes, beside the document.

    Args:
        document: A .json file of an earlier run.
        settings: What to write, and where; the recording is looked for beside the document.
        only_template: Whether no format is written but what the template makes.

    Raises:
        InputError: It cannot be read, or is no transcript document.
        OutputError: A file is in the way, or cannot be written; then none is.
        UsageError: A format is unknown or made of notes that are not there.
    """
    from transcribe.formats.document import read_document  # loads msgspec

    episode = read_document(_read(document), str(document))
    if settings.output.output == "-":
        raise UsageError("render writes files", "Choose a folder with -o")
    recording = document.parent / episode.source.name
    episode = replace(episode, source=replace(episode.source, path=os.fspath(recording)))
    names = [] if only_template else [format_named(name).name for name in settings.output.formats]
    names += [TEMPLATE] if settings.output.template else []
    check_content(episode.source, names, settings)
    folder = Path(settings.output.output).expanduser() if settings.output.output else document.parent
    contents: dict[Path, bytes] = {}
    for name in dict.fromkeys(names):
        path = target_path(folder, document.name, suffix_of(name, settings))
        if path.absolute() == document.absolute():
            continue  # it is written already
        if path in contents:
            raise UsageError(f"two results would both be {path}", "Give the template's file another name")
        if path.exists() and not settings.output.force:
            raise OutputError(
                f"{path} is there already", "Choose another folder with -o, or replace it with --force"
            )
        contents[path] = content_of(settings, episode, name) or b""
    with disk_errors(folder, "writing into"):
        folder.mkdir(parents=True, exist_ok=True)
    for path, content in contents.items():
        with atomic_file(path) as handle:
            handle.write(content)
    return tuple(contents)


def _read(document: Path) -> bytes:
    try:
        with document.open("rb") as handle:
            content = handle.read(MAX_DOCUMENT_BYTES + 1)
    except OSError as error:
        raise InputError(f"{document} cannot be read: {error.strerror or error}") from error
    if len(content) > MAX_DOCUMENT_BYTES:
        raise InputError(f"{document} is too large to be a transcript document")
    return content
