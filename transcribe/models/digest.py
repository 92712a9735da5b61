"""SHA-256 of files, remembered for files that people name by path."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import msgspec
import platformdirs

from transcribe.errors import OutputError
from transcribe.models.identify import unreadable
from transcribe.text import to_json
from transcribe.workspace import atomic_file

REMEMBERED = 100
"""Files whose digests are kept; the oldest are forgotten first."""


def sha256_of(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal.

    Raises:
        ModelError: It cannot be read.
    """
    try:
        with path.open("rb") as handle:
            return hashlib.file_digest(handle, "sha256").hexdigest()
    except OSError as error:
        raise unreadable(path, error) from error


def remembered_sha256(path: Path) -> str:
    """SHA-256 of a file, without reading it again while its size, time and inode stay the same.

    Raises:
        ModelError: It cannot be read.
    """
    cache = Path(platformdirs.user_cache_dir("transcribe", appauthor=False)) / "digests.json"
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
    return f"{os.fsdecode(path.resolve())!a}:{found.st_size}:{found.st_mtime_ns}:{found.st_ino}"


def _read(cache: Path) -> dict[str, str]:
    try:
        return msgspec.json.decode(cache.read_bytes(), type=dict[str, str])
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
        return {}


def _write(cache: Path, known: dict[str, str]) -> None:
    """A digest that cannot be remembered is computed again next time."""
    try:
        cache.parent.mkdir(parents=True, exist_ok=True)
        with atomic_file(cache, cache.with_name(f"{cache.name}.{os.getpid()}")) as handle:
            handle.write(to_json(known))
    except (OSError, OutputError):
        return
