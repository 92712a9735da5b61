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
from transcribe.jobs.queue import Queue, QueuedJob
from transcribe.watch.folders import Folders, place_key

MAX_LINE = 20_000
"""Longer than any path of ours."""


def write_error(job: QueuedJob, folders: Folders, queue: Queue, progress: Progress) -> None:
    """Write `failed/NAME.error.txt`, or one under a digest where that has another owner or cannot be.

    That neither can be written stops nothing.
    """
    told = ""
    for path in folders.error_files(job.name):
        place = place_key(str(path.relative_to(folders.out).with_suffix("")))
        if queue.keeper(place, job.name) != job.name or not _is_ours(path, job, folders):
            continue
        try:
            make_folder(path.parent)
            with atomic_file(path) as handle:
                handle.write(_error_text(job, folders))
        except (OutputError, OSError) as error:
            told = told or f"{readable(str(path))} cannot be written: {error}"
        else:
            return
    progress(Warned(told or f"{readable(job.name)}: other files have the places of its error file"))


def remove_error(job: QueuedJob, folders: Folders) -> None:
    """Remove what says that a recording failed, and nothing else."""
    for path in folders.error_files(job.name):
        if _first_line(path) == _head(job, folders):
            with suppress(OSError):
                path.unlink()


def _error_text(job: QueuedJob, folders: Folders) -> bytes:
    tries = "1 try" if job.attempts == 1 else f"{job.attempts} tries"
    lines = [
        _head(job, folders),
        "",
        f"{job.reason}.",
        *([f"{job.hint}."] if job.hint else []),
        "",
        f"Given up on {time.strftime('%Y-%m-%d at %H:%M:%S')}, after {tries}. The recording was not touched.",
        f"It is tried again when it changes, or with: transcribe watch retry --out '{folders.out}'",
    ]
    return readable("\n".join(lines) + "\n").encode()


def _head(job: QueuedJob, folders: Folders) -> str:
    """The first line of an error file, by which it is known."""
    return printable(str(folders.inbox / job.name))


def _is_ours(path: Path, job: QueuedJob, folders: Folders) -> bool:
    return not os.path.lexists(path) or _first_line(path) == _head(job, folders)


def _first_line(path: Path) -> str | None:
    try:
        with open_regular(path, follow=False) as file:
            return file.readline(MAX_LINE).decode("utf-8", "replace").removesuffix("\n")
    except OSError:
        return None


def payload_of(job: QueuedJob, folders: Folders) -> dict[str, Any]:
    """What a command and a webhook are told, beside the id and the event; described in docs/watch.md."""
    place = folders.out / job.place
    path = job.moved_to or str(folders.inbox / job.name)
    return {
        "path": readable(path),
        "uri": uri_of(path),
        "results_uri": uri_of(str(place)),
        "name": readable(job.name),
        "output": readable(str(place.parent)),
        "stem": readable(place.name),
        "outputs": [each.path for each in job.outputs],
        "sha256": job.sha256,
        "version": job.version,
        "reason": readable(job.reason),
        "hint": readable(job.hint),
        "at": time.time(),
    }
