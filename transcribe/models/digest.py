"""SHA-256 of weights, remembered on this machine while nothing about a file changes.

A file is read whole before its digest is remembered. What tells that it is still the same is its device,
inode, size, and both times: whatever writes into it changes the last one, which no program can set
(inode(7)). The memory is a private file of the user's cache: who can change that can change the program, too.
"""

from __future__ import annotations

import contextlib
import os
import time
from dataclasses import dataclass
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

SETTLED_NS = 2_000_000_000
"""A file that changed so shortly before it was read may change again within one tick of its clock, unseen."""

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


@dataclass
class _Doubt:
    everything: bool = False


_doubt = _Doubt()


def read_always(wanted: bool) -> None:
    """Whether this process reads files whole each time, as `--paranoid` demands."""
    _doubt.everything = wanted


def remembered_sha256(path: Path) -> str:
    """SHA-256 of a file, without reading it again while nothing about it changes, unless with `--paranoid`.

    Raises:
        ModelError: It cannot be read.
    """
    if _doubt.everything:
        return sha256_of(path)
    cache = places.cache() / "digests.json"
    key = _key(path)
    known = _read(cache)
    if key not in known:
        known[key] = sha256_of(path)
        if key != _key(path) or not _settled(path):
            return known[key]
        _write(cache, dict(list(known.items())[-REMEMBERED:]))
    return known[key]


def _key(path: Path) -> str:
    try:
        found = path.stat()
    except OSError as error:
        raise unreadable(path, error) from error
    facts = (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)
    return f"{os.fsdecode(real(path))!a}:{':'.join(map(str, facts))}"


def _settled(path: Path) -> bool:
    """Whether a file has not been changed for a while, by its own clock and the system's."""
    with contextlib.suppress(OSError):
        return abs(time.time_ns() - path.stat().st_ctime_ns) > SETTLED_NS
    return False


def _read(cache: Path) -> dict[str, str]:
    try:
        return decode(read_regular(cache), dict[str, str])
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
        return {}


def _write(cache: Path, known: dict[str, str]) -> None:
    """A digest that cannot be remembered is computed again next time."""
    try:
        private_folder(cache.parent)
        with atomic_file(cache, private=True) as handle:
            handle.write(to_json(known))
    except (OSError, OutputError):
        return
