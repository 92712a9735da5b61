"""Who tried to reach the network while sealed: a line each, in a private file, before it is refused."""

from __future__ import annotations

import fcntl
import json
import os
import socket
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from transcribe.core.reading import open_regular

PREFIX = "transcribe-seal-"

SETTLED_S = 5
"""A log that was made less than so long ago may not have its lock yet."""

LOOK_UP = -1
"""Stands for the family of a socket where the address of a name was asked for."""


@dataclass(frozen=True)
class Attempt:
    """A process that was refused.

    Attributes:
        program: What it is called: `ffmpeg`.
        command: The command that started it.
        family: Number of the family of the socket that it wanted, or `LOOK_UP`.
    """

    pid: int
    program: str
    command: tuple[str, ...]
    family: int

    @classmethod
    def of(cls, thread: int, family: int) -> Attempt:
        """By a process or one of its threads, as it is."""
        place = Path("/proc", str(thread))
        lines = _read(place / "status").splitlines()
        status = dict(line.split(":", 1) for line in lines if ":" in line)
        pid = int(status.get("Tgid", str(thread)))
        place = place.with_name(str(pid))  # a thread may have a name of its own
        name = _read(place / "comm").removesuffix("\n")
        return cls(pid, name, tuple(_read(place / "cmdline").removesuffix("\0").split("\0")), family)

    def __str__(self) -> str:
        """Who tried what, for people: `ffmpeg (pid 4711) tried to open a network socket (AF_INET)`."""
        if self.family == LOOK_UP:
            what = "to look up the address of a name"
        else:
            what = f"to open a network socket ({_family(self.family)})"
        files = [each for each in map(_file, self.command[1:]) if each]
        return f"{self.program or 'a program'} (pid {self.pid}{_list(files)}) tried {what}; it was refused"


def new_log() -> tuple[Path, int]:
    """An empty private file for attempts, and its descriptor.

    The descriptor holds a lock for as long as anybody has it open: that is how others know that attempts are
    still written down. Those that killed runs have left are removed.
    """
    _sweep()
    number, path = tempfile.mkstemp(prefix=PREFIX)
    fcntl.flock(number, fcntl.LOCK_EX)
    return Path(path), number


def _sweep() -> None:
    for path in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        with suppress(OSError), open_regular(path, follow=False) as log:
            status = os.fstat(log.fileno())
            settled = time.time() - status.st_mtime > SETTLED_S
            if status.st_uid == os.geteuid() and settled and not _locked(log.fileno()):
                path.unlink()


def write_attempt(log: int, attempt: Attempt) -> None:
    """Add a line to an open log, in one write.

    Raises:
        OSError: It cannot be written.
    """
    os.write(log, json.dumps(asdict(attempt)).encode() + b"\n")


def read_attempts(path: Path) -> tuple[Attempt, ...] | None:
    """All attempts so far; None where nobody writes them down, or nobody does any more."""
    try:
        with open_regular(path) as log:
            if not _locked(log.fileno()):
                return None
            return tuple(_attempt(line) for line in log.read().splitlines())
    except (OSError, ValueError, TypeError):
        return None


def _attempt(line: bytes) -> Attempt:
    said = json.loads(line)
    return Attempt(**{**said, "command": tuple(said["command"])})


def _locked(number: int) -> bool:
    try:
        fcntl.flock(number, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    return False


def _family(number: int) -> str:
    with suppress(ValueError):
        return socket.AddressFamily(number).name
    return f"family {number}"


def _file(word: str) -> str:
    """The name of the file that a word of a command names, if it does."""
    path = word.rpartition("file:")[2]
    with suppress(OSError, ValueError):
        if Path(path).is_file():
            return Path(path).name
    return ""


def _list(files: Sequence[str]) -> str:
    return f", with {', '.join(files)}" if files else ""


def _read(path: Path) -> str:
    try:
        return os.fsdecode(path.read_bytes())
    except OSError:  # it is gone, or /proc is not mounted
        return ""
