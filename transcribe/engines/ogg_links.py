"""Where the parts of a chained Ogg file lie: streams that were put one after the other (RFC 3533, section 4).

ffmpeg goes on into the next part only where its codec, rate and channels are those of the first.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import BinaryIO

from transcribe.core.reading import open_regular

HEAD_BYTES = 27
MARK_BYTES = 8

FIRST = 2
"""Flag of the first page of a stream."""

AUDIO = (b"\x01vorbis", b"OpusHead", b"\x7fFLAC", b"Speex   ")
"""How the first packet of a stream of sound begins."""

MOST_LINKS = 64
"""Each is an input of ffmpeg, with threads of its own."""


@dataclass(frozen=True)
class Link:
    """A part of a file, `start ≤ byte < end`."""

    start: int
    end: int


def links_of(path: Path) -> tuple[Link, ...]:
    """The parts of a chained Ogg file, of one stream of sound each.

    Nothing where it is no such file: not chained, with pictures or several streams, damaged between pages,
    or of more than `MOST_LINKS`.
    """
    with suppress(OSError):
        status = path.stat()
        return _links_of(path, status.st_size, status.st_mtime_ns)
    return ()


@lru_cache(maxsize=4)
def _links_of(path: Path, size: int, _modified: int) -> tuple[Link, ...]:
    with open_regular(path) as handle:
        starts = _starts(handle, size)
    return tuple(Link(*ends) for ends in pairwise([*starts, size])) if len(starts) > 1 else ()


def _starts(handle: BinaryIO, size: int) -> list[int]:
    """Where streams begin; nothing where it is not to be taken apart."""
    starts: list[int] = []
    at, was_first = 0, False
    while at < size:
        head = handle.read(HEAD_BYTES)
        if len(head) < HEAD_BYTES or not head.startswith(b"OggS\0"):
            return []
        sizes = handle.read(head[-1])
        begin = handle.read(MARK_BYTES)
        is_first = bool(head[5] & FIRST)
        if is_first:
            starts.append(at)
            if was_first or not begin.startswith(AUDIO) or len(starts) > MOST_LINKS:
                return []
        was_first = is_first
        at = handle.seek(at + HEAD_BYTES + len(sizes) + sum(sizes))
    return starts
