"""Standard streams that whoever started the program may have closed, or sent to a disk that is full.

A closed one is opened on the null device, so that no file of ours gets its number and what is meant for it.
What cannot be written to standard output is an error; messages that cannot be written are lost. No text of a
stranger moves the cursor of a terminal: control characters are escaped where text leaves the program. A file
that is written to standard output (`-o -`) is bytes, and leaves as it is.
"""

from __future__ import annotations

import codecs
import io
import os
import sys
from contextlib import suppress
from typing import Any, TextIO, cast

from transcribe.core.text import printable_lines


class Text(io.TextIOWrapper):
    """A standard stream for text: what could move the cursor of a terminal is shown as an escape."""

    def write(self, text: str, /) -> int:
        """Write what may be a stranger's."""
        self.draw(printable_lines(text))
        return len(text)

    def draw(self, text: str) -> int:
        """Write as it is."""
        return super().write(text)


class Messages(Text):
    """Standard error, on which nothing depends: what cannot be written is lost."""

    def draw(self, text: str) -> int:
        """Write as it is, if that can be done."""
        with suppress(OSError):
            return super().draw(text)
        return len(text)

    def flush(self) -> None:
        """Write what is still held, if that can be done."""
        with suppress(OSError):
            super().flush()


def drawing() -> TextIO:
    """Standard error for what moves the cursor itself; whoever draws makes a stranger's text `printable`."""
    return cast("TextIO", _Drawing())


class _Drawing:
    """A standard error that escapes nothing."""

    def __init__(self) -> None:
        self._stream = sys.stderr

    def write(self, text: str) -> int:
        """Write as it is."""
        return self._stream.draw(text) if isinstance(self._stream, Text) else self._stream.write(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


class Output(io.FileIO):
    """Standard output, whose errors name it."""

    NAME = "standard output"

    def write(self, content: bytes, /) -> int:  # type: ignore[override] # any buffer
        """Write.

        Raises:
            OSError: It cannot; `filename` says to what.
        """
        try:
            return super().write(content) or 0
        except BrokenPipeError:
            raise
        except OSError as error:
            raise OSError(error.errno, error.strerror, self.NAME) from None


def settle_streams() -> None:
    """Make the three standard streams of the process such that they can be used; once, at its start."""
    closed = [number for number in range(3) if not _is_open(number)]
    for number in closed:  # in this order each gets its own number; reading one that is written to fails
        os.open(os.devnull, os.O_WRONLY if number == 2 else os.O_RDONLY)
    if 0 in closed:
        sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115
    buffer = io.BufferedWriter(Output(1, "wb", closefd=False))  # type: ignore[type-var]
    # Names of files may hold what is no text.
    sys.stdout = Text(buffer, _encoding(sys.stdout), "backslashreplace", line_buffering=os.isatty(1))
    raw = open(2, "wb", buffering=0, closefd=False)  # noqa: SIM115
    encoding = _encoding(sys.stderr)
    sys.stderr = Messages(raw, encoding, "backslashreplace", line_buffering=True, write_through=True)


def _encoding(stream: TextIO | None) -> str:
    """That of the stream; UTF-8 for ASCII, as click has it, which would else write past our stream."""
    name = "utf-8" if stream is None else stream.encoding
    return "utf-8" if codecs.lookup(name).name == "ascii" else name


def _is_open(number: int) -> bool:
    try:
        os.fstat(number)
    except OSError:
        return False
    return True
