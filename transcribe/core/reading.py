"""Reading files and folders that people and strangers name: too large, too deep, or something else."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Iterator
from io import BufferedReader
from pathlib import Path

from transcribe.core.errors import InputError

LARGEST_BYTES = 256 * 1024 * 1024
"""What is read at once has a small part of that."""

CAREFUL = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)
"""Flags of `os.open`: no link is followed, no pipe waited for, nothing handed to children."""

NOT_PLAIN = "it is not a plain file"


def open_regular(path: Path, *, follow: bool = True) -> BufferedReader:
    """Open a plain file for reading, and nothing else: no pipe is waited for, no device read.

    Raises:
        OSError: It cannot be opened, or is no plain file.
    """
    return _regular(path, CAREFUL & ~getattr(os, "O_NOFOLLOW", 0) if follow else CAREFUL)


def open_resolved(path: Path) -> BufferedReader:
    """Open a plain file by a path without links; somebody may put one into it meanwhile.

    Where the system can, the folders are opened one in the other, so that none of them is followed.

    Raises:
        OSError: It cannot be opened, is no plain file, or there is a link in its path.
    """
    if os.open not in os.supports_dir_fd:
        return _regular(path, CAREFUL)
    first, *rest = path.parts
    number = os.open(first, os.O_RDONLY | os.O_DIRECTORY | CAREFUL)
    try:
        for part in rest[:-1]:
            inner = os.open(part, os.O_RDONLY | os.O_DIRECTORY | CAREFUL, dir_fd=number)
            os.close(number)
            number = inner
        return _regular(Path(*rest[-1:]), CAREFUL, number)
    finally:
        os.close(number)


def _regular(path: Path, careful: int, folder: int | None = None) -> BufferedReader:
    try:
        number = os.open(path, os.O_RDONLY | careful, dir_fd=folder)
    except OSError as error:
        if error.errno == errno.ENXIO:  # a socket
            raise OSError(errno.EINVAL, NOT_PLAIN) from error
        raise
    try:
        mode = os.fstat(number).st_mode
        if stat.S_ISDIR(mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        if not stat.S_ISREG(mode):
            raise OSError(errno.EINVAL, NOT_PLAIN)
        return os.fdopen(number, "rb")
    except BaseException:
        os.close(number)
        raise


def read_regular(path: Path) -> bytes:
    """The content of a plain file of at most 256 MiB.

    Raises:
        OSError: It cannot be read, is no plain file or is larger.
    """
    with open_regular(path) as handle:
        content = handle.read(LARGEST_BYTES + 1)
    if len(content) > LARGEST_BYTES:
        raise OSError(errno.EFBIG, os.strerror(errno.EFBIG), str(path))
    return content


def read_bounded(path: Path, most: int, what: str) -> bytes:
    """The content of a file.

    Args:
        most: How many bytes it may have.

    Raises:
        InputError: It cannot be read, or has more.
    """
    try:
        with open_regular(path) as handle:
            content = handle.read(most + 1)
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror or error}") from error
    if len(content) > most:
        raise InputError(f"{path} is too large for {what} ({most / 1e6:.0f} MB are the limit)")
    return content


def decoded(content: bytes, path: Path) -> str:
    """The text that a file holds, without a byte-order mark.

    Raises:
        InputError: It is not UTF-8; the message names the line.
    """
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise InputError(
            f"{path}, line {line}: this is not UTF-8 text", "Save it as text in UTF-8"
        ) from error


def walked(
    folder: Path, enters: Callable[[str], bool], complain: Callable[[OSError], None]
) -> Iterator[tuple[str, list[str]]]:
    """Every folder below one, itself first, with the names of its files, sorted; `os.walk` recurses.

    Args:
        enters: Whether a folder is entered; links never are.
    """
    waiting = [os.fspath(folder)]
    while waiting:
        place = waiting.pop()
        try:
            with os.scandir(place) as entries:
                listed = sorted(entries, key=lambda entry: entry.name)
        except OSError as error:
            complain(error)
            continue
        yield place, [each.name for each in listed if not each.is_dir()]
        folders = [each for each in reversed(listed) if each.is_dir() and not each.is_symlink()]
        waiting += [each.path for each in folders if enters(each.path)]


def real(path: Path) -> Path:
    """The path with its links resolved; links that go round in circles are left in it."""
    return Path(os.path.realpath(path))


def inside(folder: Path, name: str) -> Path:
    """The path that a stranger's relative path means in a folder, with its links resolved.

    Raises:
        ValueError: It leads out of the folder; the message says how.
    """
    if "\0" in name:
        raise ValueError("it holds a NUL character")
    if Path(name).is_absolute() or name.startswith("~"):
        raise ValueError("it does not begin in the folder")
    if ".." in Path(name).parts:
        raise ValueError("it leads out of the folder by ..")
    place = real(folder)
    found = real(place / name)
    if not found.is_relative_to(place):
        raise ValueError("a link in it leads out of the folder")
    return found
