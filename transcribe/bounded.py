"""Reading files that people name, which may be larger, or something else, than they should be."""

from __future__ import annotations

from pathlib import Path

from transcribe.errors import InputError
from transcribe.files import open_regular


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
