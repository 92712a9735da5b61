"""The disk: what the system says of it as errors for people, and how much of it is free."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from transcribe.core.errors import OutputError
from transcribe.core.places import work_root

LEAST_FREE = 500_000_000
"""Bytes that stay free, on disks of 10 GB or more; on smaller ones it is the twentieth part."""

LOOK_EVERY = 64 * 1024 * 1024
"""After so many bytes it is looked at what is free."""


@contextmanager
def disk_errors(path: Path, doing: str, elsewhere: str = "") -> Iterator[None]:
    """Translate the operating system's complaints about writing `path` into an OutputError.

    Args:
        doing: What is done to it, for the message: `writing`.
        elsewhere: How to choose another place; -o or TRANSCRIBE_WORK_DIR when not given.
    """
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise OutputError(
                f"the disk is full: {doing} {path}",
                "Finished work is kept; make room and run the same command again",
            ) from error
        reason = error.strerror or str(error)
        raise OutputError(f"{doing} {path} failed: {reason}", elsewhere or _elsewhere(path)) from error


def _elsewhere(path: Path) -> str:
    if path.is_relative_to(work_root()):
        return "The work directory may be elsewhere: set TRANSCRIBE_WORK_DIR to a folder"
    return "Choose another folder with -o, or check its permissions"


def free_bytes(folder: Path) -> int:
    """Bytes that are free on the disk of a folder; one that is not made yet is on its parent's.

    Raises:
        OSError: The system does not say.
    """
    return _disk_of(folder)[2]


def too_full(folders: Iterable[Path], least: int) -> str:
    """What is wrong where one of these folders' disks has less than `least` bytes free; else empty.

    A folder that is not made yet is on its parent's disk.
    """
    for folder in folders:
        try:
            free = free_bytes(folder)
        except OSError as error:
            return f"{folder} cannot be used: {error.strerror}"
        if free < least:
            return f"less than {least / 1e6:.0f} MB are free on the disk of {folder}"
    return ""


def _disk_of(folder: Path) -> tuple[int, int, int]:
    """Bytes in all, used and free."""
    there = next((each for each in (folder, *folder.absolute().parents) if each.exists()), folder)
    return shutil.disk_usage(there)


class Room:
    """Keeps some of a disk free while something is written that may have no end."""

    def __init__(self, folder: Path, what: str) -> None:
        self._folder = folder
        self._what = what
        self._looked = 0

    def check(self, written: int) -> None:
        """See whether more may be written; call it with every block, and how many bytes were written so far.

        Raises:
            OutputError: Less than `LEAST_FREE` is free.
        """
        if written // LOOK_EVERY == self._looked:
            return
        self._looked = written // LOOK_EVERY
        total, _, free = _disk_of(self._folder)
        if free < min(LEAST_FREE, total // 20):
            raise OutputError(
                f"the disk of {self._folder} is nearly full: {free / 1e6:,.0f} MB are free, and {self._what} "
                f"has not ended after {written / 1e6:,.0f} MB",
                f"Make room, and see whether it ends at all. {_elsewhere(self._folder)}",
            ) from OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
