"""SHA-256 of files, remembered for files that people name by path."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

from transcribe.core import places
from transcribe.core.decoding import decode
from transcribe.core.digest import file_digest
from transcribe.core.errors import OutputError
from transcribe.core.files import atomic_file, private_folder
from transcribe.core.reading import read_regular, real
from transcribe.core.text import to_json
from transcribe.models.identify import unreadable

REMEMBERED = 100
"""Files whose digests are kept; the oldest are forgotten first."""


def sha256_of(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal.

    Raises:
        ModelError: It cannot be read.
    """
    try:
        return file_digest(path)
    except OSError as error:
        raise unreadable(path, error) from error


def remembered_sha256(path: Path) -> str:
    """SHA-256 of a file, without reading it again while its size, time and inode stay the same.

    Raises:
        ModelError: It cannot be read.
    """
    cache = places.cache() / "digests.json"
    key = _key(path)
    known = _read(cache)
    if key not in known:
        known[key] = sha256_of(path)
        _write(cache, dict(list(known.items())[-REMEMBERED:]))
    return known[key]


def _key(path: Path) -> str:
    try:
        found = path.stat()
    except OSError as error:
        raise unreadable(path, error) from error
    return f"{os.fsdecode(real(path))!a}:{found.st_size}:{found.st_mtime_ns}:{found.st_ino}"


def _read(cache: Path) -> dict[str, str]:
    try:
        return decode(read_regular(cache), dict[str, str])
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
        return {}


def _write(cache: Path, known: dict[str, str]) -> None:
    """A digest that cannot be remembered is computed again next time."""
    try:
        private_folder(cache.parent)
        with atomic_file(cache) as handle:
            handle.write(to_json(known))
    except (OSError, OutputError):
        return
