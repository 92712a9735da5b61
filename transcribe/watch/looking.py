"""A closer look at one file: is it complete, does somebody still write it, can ffmpeg read its end?"""

from __future__ import annotations

import os
import signal
import sys
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import BinaryIO

from transcribe.core.errors import TranscribeError
from transcribe.core.media import Container, Extract
from transcribe.core.reading import open_regular
from transcribe.jobs.queue import Facts
from transcribe.pipeline.ports import Decoder, Prober
from transcribe.pipeline.stages.probe import best_stream
from transcribe.watch.endings import Ending, ending_of

TAIL_MS = 2_000
"""How much of the end is decoded."""


class Held(Enum):
    """Whether a program on this machine has a file open for writing."""

    OPEN = "open for writing"
    CLOSED = "closed"
    UNKNOWN = "not known"


@dataclass(frozen=True)
class Sound:
    """What two looks have to agree on.

    Attributes:
        duration_ms: Length its headers state or suggest; None where they do not.
    """

    format: str
    duration_ms: int | None
    streams: int


@dataclass(frozen=True)
class Look:
    """What one look found.

    Attributes:
        ending: What the structure says, and the end of the sound.
        sound: What ffmpeg reads in its headers; None where it reads nothing, or was not asked.
    """

    ending: Ending
    held: Held
    sound: Sound | None = None


def held(file: BinaryIO) -> Held:
    """Whether somebody on this machine has the file open for writing. Linux only; elsewhere not known.

    The system grants a read lease on a file only when nobody writes it (fcntl(2), "Leases"). It is
    given back at once. Files of other users need CAP_LEASE; network mounts may refuse.
    """
    if sys.platform != "linux":
        return Held.UNKNOWN
    import fcntl

    try:
        fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_RDLCK)
    except BlockingIOError:
        return Held.OPEN
    except OSError:
        return Held.UNKNOWN
    with suppress(OSError):
        fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    return Held.CLOSED


def ignore_broken_leases() -> None:
    """Who opens a file in the microseconds of a lease sends SIGIO, which would end this program."""
    if sys.platform == "linux":
        signal.signal(signal.SIGIO, signal.SIG_IGN)


@dataclass(frozen=True)
class Looker:
    """Looks with ffmpeg, where the structure does not say already that a file is unfinished.

    Attributes:
        leases: Whether to ask for leases. NFS and SMB grant them only where the server has delegated the
            file, and refuse as if somebody wrote it.
    """

    prober: Prober
    decoder: Decoder
    leases: bool = True

    def look(self, path: Path, *, at_end: bool = True) -> Look:
        """Look at one file.

        Args:
            at_end: Whether to decode its end, too.

        Raises:
            OSError: It cannot be opened, or is no plain file.
        """
        with open_regular(path, follow=False) as file:
            facts = Facts.of(os.fstat(file.fileno()))
            writing = held(file) if self.leases else Held.UNKNOWN
            ending = ending_of(file, facts.size)
        if writing is Held.OPEN or ending is Ending.UNFINISHED:
            return Look(ending, writing)
        try:
            container = self.prober.probe(path)
        except TranscribeError:
            return Look(Ending.UNSURE, writing)
        sound = Sound(container.format, container.duration_ms, len(container.streams))
        if at_end and ending is Ending.COMPLETE and not self._has_end(path, container):
            ending = Ending.UNFINISHED
        return Look(ending, writing, sound)

    def _has_end(self, path: Path, container: Container) -> bool:
        """Whether there is sound at the end that the headers state."""
        if not container.streams or not container.duration_ms:
            return True
        found = 0

        def count(block: bytes) -> None:
            nonlocal found
            found += len(block)

        start = max(0, container.duration_ms - TAIL_MS)
        stream = best_stream(container.streams).index
        try:
            self.decoder.decode(Extract(str(path), stream, start, 2 * TAIL_MS), count)
        except TranscribeError:
            return False
        return found > 0
