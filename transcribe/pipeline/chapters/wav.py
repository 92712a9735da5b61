"""Chapters of a WAV file: cue points with labels, as field recorders and sound editors write them.

RIFF, `cue ` and `LIST`/`adtl`/`labl`: Microsoft and IBM, Multimedia Programming Interface and Data
Specifications 1.0 (1991). RF64: EBU Tech 3306.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from transcribe.core.reading import open_regular
from transcribe.pipeline.chapters.found import LONGEST_TITLE, MOST_CHAPTERS, Found

MOST_CHUNKS = 1000
MOST_BYTES = 4 * 2**20
"""Of a chunk of cue points or labels; ten thousand have a fifth of a MiB."""

_LARGE = 0xFFFFFFFF


def read(path: Path) -> tuple[Found, ...]:
    """The cue points that have a label; none where there are none, or the chunks do not follow each other.

    Raises:
        OSError: It cannot be read.
    """
    rate, points, labels = 0, dict[int, int](), dict[int, str]()
    with open_regular(path) as handle:
        for name, content in _chunks(handle):
            if name == b"fmt " and len(content) >= 8:
                (rate,) = struct.unpack_from("<I", content, 4)
            elif name == b"cue ":
                points.update(_points(content))
            elif name == b"LIST" and content[:4] == b"adtl":
                labels.update(_labels(content[4:]))
    if not rate:
        return ()
    return tuple(
        Found(points[key] * 1000 // rate, title=label) for key, label in labels.items() if key in points
    )


def _chunks(handle: BinaryIO) -> Iterator[tuple[bytes, bytes]]:
    """Name and content of every chunk that may be of use."""
    head = handle.read(12)
    if head[:4] not in (b"RIFF", b"RF64", b"BW64") or head[8:] != b"WAVE":
        return
    at, large = 12, 0
    for _ in range(MOST_CHUNKS):
        handle.seek(at)
        fields = handle.read(8)
        if len(fields) < 8:
            return
        name, size = struct.unpack("<4sI", fields)
        wanted = name in (b"ds64", b"fmt ", b"cue ", b"LIST") and size <= MOST_BYTES
        content = handle.read(size) if wanted else b""
        if name == b"ds64" and len(content) >= 16:
            (large,) = struct.unpack_from("<Q", content, 8)
        if name == b"data" and size == _LARGE:
            size = large
        yield name, content
        at += 8 + size + size % 2


def _points(content: bytes) -> Iterator[tuple[int, int]]:
    """Number and sample of each cue point."""
    for at in range(4, min(len(content), 4 + 24 * MOST_CHAPTERS) - 23, 24):
        key, position, _, _, _, sample = struct.unpack_from("<II4sIII", content, at)
        yield key, sample or position


def _labels(content: bytes) -> Iterator[tuple[int, str]]:
    at = 0
    while at + 12 <= len(content):
        name, size, key = struct.unpack_from("<4sII", content, at)
        if name == b"labl" and size > 4:
            text = content[at + 12 : at + 8 + min(size, LONGEST_TITLE)].split(b"\0")[0]
            if text.strip():
                yield key, _text(text)
        at += 8 + size + size % 2


def _text(content: bytes) -> str:
    """In UTF-8, as newer programs write it, else in the code page of Western Windows."""
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace")
