"""Reading files and folders that people name, which may be larger, deeper or something else than expected."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from pathlib import Path

from transcribe.core.errors import InputError
from transcribe.core.files import open_regular


def read_bounded(path: Path, most: int, what: str) -> bytes:
    """The content of a file.

    Args:
        path: Where it lies.
        most: How many bytes it may have.
        what: What it should be, for people, with its article.

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


def walked(
    folder: Path, enters: Callable[[str], bool], complain: Callable[[OSError], None]
) -> Iterator[tuple[str, list[str]]]:
    """Every folder below one, itself first, with the names of its files, sorted; `os.walk` recurses.

    Args:
        folder: Where it starts.
        enters: Whether a folder is entered; links never are.
        complain: Told of each folder that cannot be read.
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


def make_folder(folder: Path) -> None:
    """Make a folder and those it lies in, at any depth; pathlib's own way recurses.

    Raises:
        OSError: One cannot be made.
    """
    missing = [folder]
    while not os.path.isdir(missing[-1].parent):  # noqa: PTH112 - which answers for any path
        missing.append(missing[-1].parent)
    for each in reversed(missing):
        try:
            each.mkdir(exist_ok=True)
        except FileExistsError:
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(each)) from None


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
