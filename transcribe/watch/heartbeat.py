"""A small file that says that the watcher lives, and what it does; for whoever looks after the machine."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import msgspec

from transcribe.core.decoding import decode
from transcribe.core.files import private_file
from transcribe.core.reading import open_regular
from transcribe.core.text import to_json

FILE = "heartbeat.json"
EVERY_S = 15.0
LARGEST_BYTES = 100_000


@dataclass(frozen=True)
class Heartbeat:
    """What the file holds.

    Attributes:
        at: When this was written, in seconds since 1970.
        status: `idle`, `working`, `paused: …`.
        working: The file that is worked on; empty for none.
        polling: Whether changes are looked for instead of told.
        model_loaded: Whether the process that transcribes is there.
    """

    pid: int
    at: float
    started: float
    status: str
    working: str
    progress: str
    counts: Mapping[str, int]
    inbox: str
    polling: bool
    model_loaded: bool


def beat(folder: Path, heartbeat: Heartbeat) -> None:
    """Write the file in one step. It is not flushed to the disk: after a power cut nobody lives.

    A disk that is full stops nothing.
    """
    temporary = folder / (FILE + ".tmp")
    with suppress(OSError):
        private_file(temporary)
        temporary.write_bytes(to_json(heartbeat))
        os.replace(temporary, folder / FILE)  # noqa: PTH105


def last_beat(folder: Path) -> Heartbeat | None:
    """What was last written; None where nothing was, or a link or something larger is in its place."""
    try:
        with open_regular(folder / FILE, follow=False) as handle:
            return decode(handle.read(LARGEST_BYTES), Heartbeat)
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
        return None
