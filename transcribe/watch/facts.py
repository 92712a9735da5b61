"""What the file system says about files, without opening any, and without following a link."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import PurePath

from transcribe.core.media_names import Kind, kind_of, passed_over
from transcribe.jobs.queue import Facts

MISSING = (errno.ENOENT, errno.ENOTDIR)


@dataclass(frozen=True)
class Seen:
    """One file of a watched folder.

    Attributes:
        name: Its path, relative to the folder.
        facts: Its facts; None for what is no plain file (a link, a pipe, a device).
        what: What it is instead; empty for a plain file.
    """

    name: str
    facts: Facts | None
    what: str = ""


def look_at(folder: str, name: str) -> Seen | None:
    """One file; None where there is none, or a folder, or its name is passed over.

    Raises:
        OSError: The file system does not say.
    """
    if kind_of(PurePath(name)) is Kind.PASSED_OVER:
        return None
    try:
        status = os.lstat(os.path.join(folder, name))  # noqa: PTH118 - as scandir's names, without a Path for each
    except OSError as error:
        if error.errno in MISSING:
            return None
        raise
    return None if stat.S_ISDIR(status.st_mode) else _seen(name, status)


def scan(
    folder: str, below: str = "", complain: Callable[[OSError], None] = lambda _: None
) -> Iterator[Seen]:
    """Every file in a folder and below it whose name is not passed over; links are told, not followed.

    Args:
        below: A folder in it, relative, where the scan starts.
        complain: Told of each folder and file that cannot be looked at; the scan goes on.
    """
    waiting = [below]
    while waiting:
        inside = waiting.pop()
        try:
            with os.scandir(os.path.join(folder, inside)) as entries:  # noqa: PTH118
                listed = list(entries)
        except OSError as error:
            complain(error)
            continue
        for entry in listed:
            if passed_over(entry.name):
                continue
            name = os.path.join(inside, entry.name)  # noqa: PTH118
            try:
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(name)
                elif kind_of(PurePath(entry.name)) is not Kind.PASSED_OVER:
                    yield _seen(name, entry.stat(follow_symlinks=False))
            except OSError as error:
                if error.errno not in MISSING:
                    complain(error)


def _seen(name: str, status: os.stat_result) -> Seen:
    if stat.S_ISREG(status.st_mode):
        return Seen(name, Facts.of(status))
    kinds = {stat.S_IFLNK: "a symbolic link", stat.S_IFIFO: "a named pipe", stat.S_IFSOCK: "a socket"}
    return Seen(name, None, kinds.get(stat.S_IFMT(status.st_mode), "a device or something else"))
