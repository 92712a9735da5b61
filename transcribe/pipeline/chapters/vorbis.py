"""Chapters in the comments of Ogg (Vorbis, Opus, FLAC, Speex) and FLAC, with numbers and links.

ffmpeg tells times and names of chapters, but not their numbers, so that nobody knows whose a link is.
https://xiph.org/vorbis/doc/v-comment.html, RFC 3533 (Ogg), RFC 7845 (Opus), RFC 9639 (FLAC).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from transcribe.core.reading import open_regular
from transcribe.pipeline.chapters.comments import of_tags
from transcribe.pipeline.chapters.found import Found

MOST_BYTES = 64 * 2**20
"""Of comments: they may hold pictures."""

MOST_PAGES = 10_000
_COMMENTS = 4
"""The kind of block in FLAC."""

SECOND = 2
_BEGINS = (b"\x03vorbis", b"\x81theora", b"OpusTags")


def read(path: Path) -> tuple[Found, ...]:
    """The chapters that comments tell; none where there are none, or they are damaged.

    Raises:
        OSError: It cannot be read.
    """
    with open_regular(path) as handle:
        head = handle.read(4)
        handle.seek(0)
        blocks = _of_flac(handle) if head == b"fLaC" else _of_ogg(handle) if head == b"OggS" else ()
        for block in blocks:
            with suppress(struct.error):  # comments of another kind, or damaged
                if found := of_tags(dict(_comments(block)), ()):
                    return found
    return ()


def _of_flac(handle: BinaryIO) -> Iterator[bytes]:
    handle.seek(4)
    while len(head := handle.read(4)) == 4:
        kind, size = head[0] & 0x7F, int.from_bytes(head[1:])
        if kind == _COMMENTS:
            yield handle.read(size)
        handle.seek(0 if kind == _COMMENTS else size, 1)
        if head[0] & 0x80:
            return


def _of_ogg(handle: BinaryIO) -> Iterator[bytes]:
    """The second packet of every stream, without what comes before its comments."""
    streams: dict[bytes, list[bytearray]] = {}
    for _ in range(MOST_PAGES):
        head = handle.read(27)
        if len(head) < 27 or head[:4] != b"OggS":
            return
        sizes = handle.read(head[26])
        packets = streams.setdefault(head[14:18], [bytearray()])
        content = handle.read(sum(sizes))
        for size in sizes if len(packets) <= SECOND else ():
            packets[-1] += content[:size]
            content = content[size:]
            if size < 255:
                packets.append(bytearray())
                if len(packets) == SECOND + 1:
                    yield _bare(bytes(packets[1]))
                    break
        if all(len(each) > SECOND for each in streams.values()) or len(packets[-1]) > MOST_BYTES:
            return


def _bare(packet: bytes) -> bytes:
    begin = next((begin for begin in _BEGINS if packet.startswith(begin)), b"")
    return packet[len(begin) :] if begin or packet[:1] != b"\x84" else packet[4:]


def _comments(block: bytes) -> Iterator[tuple[str, str]]:
    (vendor,) = struct.unpack_from("<I", block)
    (count,) = struct.unpack_from("<I", block, 4 + vendor)
    at = 8 + vendor
    for _ in range(count):
        (size,) = struct.unpack_from("<I", block, at)
        key, found, value = block[at + 4 : at + 4 + size].partition(b"=")
        if found:
            yield key.decode("ascii", "replace").lower(), value.decode("utf-8", "replace")
        at += 4 + size
