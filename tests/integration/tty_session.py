"""A program before a terminal of its own, as a person types into it."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import struct
import subprocess
import termios
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

SECONDS = 120.0


class TtySession:
    """A program on a pseudo-terminal of 100 columns."""

    def __init__(self, command: Sequence[str], folder: Path, environment: Mapping[str, str]) -> None:
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 100, 0, 0))
        self.child = subprocess.Popen(
            command, cwd=folder, env=environment, stdin=slave, stdout=slave, stderr=slave,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),  # noqa: PLW1509 - Ctrl-C comes from it
        )  # fmt: skip
        os.close(slave)
        self.said = b""
        self._read = 0

    def expect(self, text: str) -> str:
        """Wait until the program says something behind what was expected before; what it said up to there."""
        wanted, deadline = text.encode(), time.monotonic() + SECONDS
        while (found := self.said.find(wanted, self._read)) < 0:
            assert self._more(deadline), f"{text!r} was never said: {self.said.decode(errors='replace')}"
        before, self._read = self.said[self._read : found], found + len(wanted)
        return before.decode(errors="replace")

    def type(self, text: str | bytes) -> None:
        """Press keys."""
        os.write(self._master, text if isinstance(text, bytes) else text.encode())

    def end(self) -> int:
        """Wait until the program has ended; its exit code."""
        deadline = time.monotonic() + SECONDS
        while self._more(deadline):
            pass
        return self.child.wait(SECONDS)

    def close(self) -> None:
        """Take the terminal away, as a closed window does."""
        os.close(self._master)

    def _more(self, deadline: float) -> bool:
        ready, _, _ = select.select([self._master], [], [], max(0.0, deadline - time.monotonic()))
        if not ready:
            return False
        try:
            block = os.read(self._master, 1 << 16)
        except OSError:  # the program has ended (Linux)
            return False
        self.said += block
        return bool(block)
