"""Which folder's results wait where for approval: written down in both, so that a purge finds the other."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from transcribe.core.files import atomic_file
from transcribe.core.reading import read_regular
from transcribe.jobs.chain import make_place
from transcribe.jobs.memory import FOLDER

WAITING, PUBLISHED = "waiting", "published"
"""Files beside the manifests: where what is published here waited, where what waits here is published. They
hold paths relative to the folder, with a zero byte after each."""

MOST_BYTES = 100_000


def tell(folder: Path, kind: str, other: Path) -> None:
    """Write down that results of a folder wait, or are published, in another one.

    Raises:
        OutputError: It cannot be written.
    """
    path = folder / FOLDER / kind
    make_place(path.parent)
    said = os.fsencode(os.path.relpath(other.absolute(), folder.absolute())) + b"\0"
    known = _read(path)
    if said not in known:
        with atomic_file(path, private=True) as handle:
            handle.write(b"".join((*known, said)))


def told(folder: Path, kind: str) -> Iterator[Path]:
    """The folders that were written down, and that say the same of this one."""
    opposite = PUBLISHED if kind == WAITING else WAITING
    for each in _folders(folder, kind):
        if any(_same(folder, back) for back in _folders(each, opposite)):
            yield each


def _folders(folder: Path, kind: str) -> list[Path]:
    return [Path(os.path.normpath(folder / os.fsdecode(each[:-1]))) for each in _read(folder / FOLDER / kind)]


def _read(path: Path) -> list[bytes]:
    with suppress(OSError):
        content = read_regular(path)
        if len(content) <= MOST_BYTES:
            return [each + b"\0" for each in content.split(b"\0") if each]
    return []


def _same(one: Path, other: Path) -> bool:
    with suppress(OSError):
        return one.samefile(other)
    return False
