"""What the outside is told about an outcome: a file with the reason of a failure, the text of a message."""

from __future__ import annotations

import time
from typing import Any

from transcribe.bounded import make_folder
from transcribe.errors import OutputError
from transcribe.files import atomic_file
from transcribe.progress import Progress, Warned
from transcribe.text import readable, uri_of
from transcribe.watching.folders import Folders
from transcribe.watching.records import Record


def write_error(record: Record, folders: Folders, progress: Progress) -> None:
    """Write `failed/NAME.error.txt`; that it cannot be written stops nothing."""
    path = folders.error_file(record.name)
    tries = "1 try" if record.attempts == 1 else f"{record.attempts} tries"
    lines = [
        readable(str(folders.inbox / record.name)),
        "",
        f"{record.reason}.",
        *([f"{record.hint}."] if record.hint else []),
        "",
        f"Given up on {time.strftime('%Y-%m-%d at %H:%M:%S')}, after {tries}. The recording was not touched.",
        f"It is tried again when it changes, or with: transcribe watch retry --out '{folders.out}'",
    ]
    try:
        make_folder(path.parent)
        with atomic_file(path) as handle:
            handle.write(("\n".join(lines) + "\n").encode("utf-8", "backslashreplace"))
    except (OutputError, OSError) as error:
        progress(Warned(f"{readable(str(path))} cannot be written: {error}"))


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
