"""Standard streams that whoever started the program may have closed, or sent to a disk that is full.

A closed one is opened on the null device, so that no file of ours gets its number and what is meant for it.
What cannot be written to standard output is an error; messages that cannot be written are lost.
"""

from __future__ import annotations

import io
import os
import sys
from contextlib import suppress


class Messages(io.TextIOWrapper):
    """Standard error, on which nothing depends: what cannot be written is lost."""

    def write(self, text: str, /) -> int:
        """Write, if that can be done."""
        with suppress(OSError):
            return super().write(text)
        return len(text)

    def flush(self) -> None:
        """Write what is still held, if that can be done."""
        with suppress(OSError):
            super().flush()


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
    encoding = "utf-8" if sys.stdout is None else sys.stdout.encoding
    buffer = io.BufferedWriter(Output(1, "wb", closefd=False))  # type: ignore[type-var]
    # Names of files may hold what is no text.
    sys.stdout = io.TextIOWrapper(buffer, encoding, "backslashreplace", line_buffering=os.isatty(1))
    encoding = "utf-8" if sys.stderr is None else sys.stderr.encoding
    raw = open(2, "wb", buffering=0, closefd=False)  # noqa: SIM115
    sys.stderr = Messages(raw, encoding, "backslashreplace", line_buffering=True, write_through=True)


def _is_open(number: int) -> bool:
    try:
        os.fstat(number)
    except OSError:
        return False
    return True
