"""What the outside is told about an outcome: a file with the reason of a failure, the text of a message."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from transcribe.core.errors import OutputError
from transcribe.core.events import Progress, Warned
from transcribe.core.files import atomic_file, make_folder
from transcribe.core.reading import open_regular
from transcribe.core.text import printable, readable, uri_of
from transcribe.watch.folders import Folders, place_key
from transcribe.watch.ledger import Ledger
from transcribe.watch.records import Record

MAX_LINE = 20_000
"""Longer than any path of ours."""


def write_error(record: Record, folders: Folders, ledger: Ledger, progress: Progress) -> None:
    """Write `failed/NAME.error.txt`, or one under a digest where that has another owner or cannot be.

    That neither can be written stops nothing.
    """
    told = ""
    for path in folders.error_files(record.name):
        place = place_key(str(path.relative_to(folders.out).with_suffix("")))
        if ledger.keeper(place, record.name) != record.name or not _is_ours(path, record, folders):
            continue
        try:
            make_folder(path.parent)
            with atomic_file(path) as handle:
                handle.write(_error_text(record, folders))
        except (OutputError, OSError) as error:
            told = told or f"{readable(str(path))} cannot be written: {error}"
        else:
            return
    progress(Warned(told or f"{readable(record.name)}: other files have the places of its error file"))


def remove_error(record: Record, folders: Folders) -> None:
    """Remove what says that a recording failed, and nothing else."""
    for path in folders.error_files(record.name):
        if _first_line(path) == _head(record, folders):
            with suppress(OSError):
                path.unlink()


def _error_text(record: Record, folders: Folders) -> bytes:
    tries = "1 try" if record.attempts == 1 else f"{record.attempts} tries"
    lines = [
        _head(record, folders),
        "",
        f"{record.reason}.",
        *([f"{record.hint}."] if record.hint else []),
        "",
        f"Given up on {time.strftime('%Y-%m-%d at %H:%M:%S')}, after {tries}. The recording was not touched.",
        f"It is tried again when it changes, or with: transcribe watch retry --out '{folders.out}'",
    ]
    return readable("\n".join(lines) + "\n").encode()


def _head(record: Record, folders: Folders) -> str:
    """The first line of an error file, by which it is known."""
    return printable(str(folders.inbox / record.name))


def _is_ours(path: Path, record: Record, folders: Folders) -> bool:
    return not os.path.lexists(path) or _first_line(path) == _head(record, folders)


def _first_line(path: Path) -> str | None:
    try:
        with open_regular(path, follow=False) as file:
            return file.readline(MAX_LINE).decode("utf-8", "replace").removesuffix("\n")
    except OSError:
        return None


def payload_of(record: Record, folders: Folders) -> dict[str, Any]:
    """What a command and a webhook are told, beside the id and the event; described in docs/watch.md."""
    place = folders.out / record.place
    path = record.moved_to or str(folders.inbox / record.name)
    return {
        "path": readable(path),
        "uri": uri_of(path),
        "results_uri": uri_of(str(place)),
        "name": readable(record.name),
        "output": readable(str(place.parent)),
        "stem": readable(place.name),
        "outputs": [each.path for each in record.outputs],
        "sha256": record.sha256,
        "version": record.version,
        "reason": readable(record.reason),
        "hint": readable(record.hint),
        "at": time.time(),
    }
