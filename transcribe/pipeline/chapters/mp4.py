"""Chapters of an MP4 or QuickTime file (M4A, M4B, MOV): a text track with links, a track of pictures, `chpl`.

"QuickTime File Format", chapter lists: the sound's track refers to others (`tref`/`chap`). A sample of a text
track is a length and the title; an `href` atom after it holds the link, as Apple's enhanced podcasts have it.
The pictures' track has one JPEG or PNG for each stretch. `chpl` is Nero's list: start times and titles.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from transcribe.core.reading import open_regular
from transcribe.pipeline.chapters.found import MOST_CHAPTERS, MOST_PICTURE_BYTES, Found

MOST_BYTES = 64 * 2**20
"""Of the index (`moov`); that of a ten-hour recording has about 2 MiB."""

LONGEST_SAMPLE = 64 * 1024
"""Of a title with its links."""

_TICKS = 10_000
"""Of `chpl`: units of 100 ns in a ms."""


class BrokenError(Exception):
    """The file does not hold what its boxes say."""


@dataclass(frozen=True)
class _Track:
    """A track and what its boxes hold.

    Attributes:
        kind: `soun`, `text`, `vide`, ...
        timescale: Its units in a second.
        chapters: IDs of the tracks that are its chapters.
    """

    number: int
    kind: bytes
    timescale: int
    chapters: tuple[int, ...]
    table: dict[bytes, bytes]


def read(path: Path) -> tuple[Found, ...]:
    """The chapters of a file; none where it has none, or its boxes are damaged.

    Raises:
        OSError: It cannot be read.
    """
    with open_regular(path) as handle:
        try:
            return _read(handle)
        except (BrokenError, struct.error, IndexError, KeyError, ZeroDivisionError):
            return ()


def _read(handle: BinaryIO) -> tuple[Found, ...]:
    _, moov = read_moov(handle)
    boxes = list(boxes_in(moov))
    tracks = {track.number: track for name, content in boxes if name == b"trak" if (track := _track(content))}
    named = [number for track in tracks.values() if track.kind == b"soun" for number in track.chapters]
    referred = [tracks[number] for number in dict.fromkeys(named) if number in tracks]
    texts = [track for track in referred if track.kind in (b"text", b"sbtl", b"subt")]
    shown = [track for track in referred if track.kind == b"vide"]
    titled = list(_titles(handle, texts[0])) if texts else []
    nero = _nero(boxes)
    # Chapters without titles may have no sample.
    found = titled if len(titled) >= len(nero) else [_linked(each, titled) for each in nero]
    return tuple(_with_pictures(found, list(_pictures(handle, shown[0])) if shown else []))


def read_moov(handle: BinaryIO) -> tuple[int, bytes]:
    """Where the index of a file begins, and what it holds.

    Raises:
        BrokenError: There is none, or it is too large.
    """
    size = handle.seek(0, os.SEEK_END)
    at = 0
    while at + 8 <= size:
        handle.seek(at)
        length, name = struct.unpack(">I4s", handle.read(8))
        head = 8
        if length == 1:
            length, head = struct.unpack(">Q", handle.read(8))[0], 16
        length = length or size - at
        if length < head:
            break
        if name == b"moov":
            if length > MOST_BYTES:
                break
            return at, handle.read(length - head)
        at += length
    raise BrokenError


def boxes_in(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Name and content of every whole or torn box, until what follows is none."""
    at = 0
    while at + 8 <= len(content):
        length, name = struct.unpack_from(">I4s", content, at)
        head = 8
        if length == 1:
            (length,), head = struct.unpack_from(">Q", content, at + 8), 16
        length = length or len(content) - at
        if length < head:
            return
        yield name, content[at + head : at + length]
        at += length


def _track(content: bytes) -> _Track | None:
    boxes = dict(boxes_in(content))
    media = dict(boxes_in(boxes.get(b"mdia", b"")))
    if not {b"hdlr", b"mdhd", b"minf"} <= media.keys() or b"tkhd" not in boxes:
        return None
    table = dict(boxes_in(dict(boxes_in(media[b"minf"])).get(b"stbl", b"")))
    wide = boxes[b"tkhd"][0] == 1
    (number,) = struct.unpack_from(">I", boxes[b"tkhd"], 20 if wide else 12)
    (timescale,) = struct.unpack_from(">I", media[b"mdhd"], 20 if media[b"mdhd"][0] == 1 else 12)
    refers = dict(boxes_in(boxes.get(b"tref", b""))).get(b"chap", b"")
    chapters = struct.unpack(f">{len(refers) // 4}I", refers[: len(refers) // 4 * 4])
    return _Track(number, media[b"hdlr"][8:12], timescale, chapters, table)


def _samples(track: _Track) -> Iterator[tuple[int, int, int]]:
    """Start in ms, place in the file and size of every sample (ISO/IEC 14496-12, section 8.7)."""
    sizes, table = track.table[b"stsz"], track.table
    same, count = struct.unpack_from(">2I", sizes, 4)
    wide = b"co64" in table
    offsets = table[b"co64"] if wide else table[b"stco"]
    (chunks,) = struct.unpack_from(">I", offsets, 4)
    runs = [struct.unpack_from(">3I", table[b"stsc"], 8 + 12 * n) for n in range(_count(table[b"stsc"]))]
    times = _times(table[b"stts"])
    done = 0
    for chunk in range(min(chunks, MOST_CHAPTERS)):
        (at,) = struct.unpack_from(">Q" if wide else ">I", offsets, 8 + (8 if wide else 4) * chunk)
        inside = [run[1] for run in runs if run[0] <= chunk + 1][-1]
        for _ in range(min(inside, MOST_CHAPTERS - done, count - done)):
            size = same or struct.unpack_from(">I", sizes, 12 + 4 * done)[0]
            yield next(times, 0) * 1000 // track.timescale, at, size
            at += size
            done += 1


def _count(content: bytes) -> int:
    return min(int(struct.unpack_from(">I", content, 4)[0]), MOST_CHAPTERS)


def _times(content: bytes) -> Iterator[int]:
    time = 0
    for number in range(_count(content)):
        count, length = struct.unpack_from(">2I", content, 8 + 8 * number)
        for _ in range(min(count, MOST_CHAPTERS)):
            yield time
            time += length


def _titles(handle: BinaryIO, track: _Track) -> Iterator[Found]:
    for start_ms, at, size in _samples(track):
        if 2 <= size <= LONGEST_SAMPLE:
            handle.seek(at)
            sample = handle.read(size)
            length = int.from_bytes(sample[:2])
            rest = dict(boxes_in(sample[2 + length :]))
            yield Found(start_ms, title=_text(sample[2 : 2 + length]), url=_link(rest.get(b"href", b"")))


def _text(content: bytes) -> str:
    if content[:2] in (b"\xfe\xff", b"\xff\xfe"):
        return content.decode("utf-16", "replace")
    return content.decode("utf-8", "replace")


def _link(content: bytes) -> str:
    """The `href` atom: first and last character, the address with its length before it, and a text."""
    return content[5 : 5 + content[4]].decode("utf-8", "replace") if len(content) > 5 else ""


def _pictures(handle: BinaryIO, track: _Track) -> Iterator[tuple[int, bytes]]:
    for start_ms, at, size in _samples(track):
        if 0 < size <= MOST_PICTURE_BYTES:
            handle.seek(at)
            yield start_ms, handle.read(size)


def _linked(chapter: Found, titled: list[Found]) -> Found:
    same = [each for each in titled if abs(each.start_ms - chapter.start_ms) <= 1]
    return replace(chapter, url=same[0].url) if same else chapter


def _with_pictures(found: list[Found], shown: list[tuple[int, bytes]]) -> Iterator[Found]:
    """A chapter has the picture that is shown from its start on."""
    for each in found:
        before = [picture for start_ms, picture in shown if start_ms <= each.start_ms + 500]
        yield replace(each, picture=before[-1]) if before else each


def _nero(boxes: list[tuple[bytes, bytes]]) -> list[Found]:
    """`udta`/`chpl`: version, flags, four reserved bytes (version 1), a count, times and titles."""
    for name, content in boxes:
        listed = dict(boxes_in(content)).get(b"chpl") if name == b"udta" else None
        if listed:
            return list(_listed(listed))
    return []


def _listed(content: bytes) -> Iterator[Found]:
    at = 8 if content[0] == 1 else 4
    count = content[at]
    at += 1
    for _ in range(count):
        start, length = struct.unpack_from(">QB", content, at)
        title = content[at + 9 : at + 9 + length].decode("utf-8", "replace")
        yield Found(start // _TICKS, title=title)
        at += 9 + length
