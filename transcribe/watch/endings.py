"""Whether a file's own structure says that it is complete: headers that are patched last, sizes, end marks.

Only a few kilobytes are read, however large the file is. Formats: RIFF (Microsoft and IBM 1991), RF64
(EBU Tech 3306), AIFF (Apple 1989), ISO/IEC 14496-12 boxes, FLAC (RFC 9639), Ogg (RFC 3533), EBML (RFC 8794).
"""

from __future__ import annotations

import struct
from enum import Enum
from typing import BinaryIO

MAX_PARTS = 10_000
"""Chunks or boxes that are looked at; real files have dozens."""

OGG_PAGE_BYTES = 65_307
"""The longest page there can be (RFC 3533, section 6)."""

UNKNOWN_32 = 0xFFFF_FFFF
UNKNOWN_64 = 0xFFFF_FFFF_FFFF_FFFF

FORMS = (b"WAVE", b"AVI ", b"AIFF", b"AIFC")


class Ending(Enum):
    """What the structure says."""

    COMPLETE = "complete"
    UNSURE = "the format does not tell whether it is complete"
    UNFINISHED = "its header or its end is missing or does not fit"


def ending_of(file: BinaryIO, size: int) -> Ending:
    """Judge a file.

    Args:
        file: Open for reading.
        size: Its length in bytes.

    Raises:
        OSError: It cannot be read.
    """
    head = _at(file, 0, 16)
    form = head[8:12] in FORMS
    if head[:4] in (b"RIFF", b"RF64", b"BW64") and form:
        ending = _riff(file, size, b"LIST" if head[8:12] == b"AVI " else b"data")
    elif head[:4] == b"FORM" and form:
        ending = _is(int.from_bytes(head[4:8], "big") + 8 in (size, size - 1))
    elif head[4:8] in (b"ftyp", b"moov", b"mdat", b"wide", b"skip", b"free"):
        ending = _boxes(file, size)
    elif head[:4] == b"fLaC":
        ending = _flac(file)
    elif head[:4] == b"OggS":
        ending = _ogg(file, size)
    elif head[:4] == b"\x1a\x45\xdf\xa3":
        ending = _matroska(file, size)
    else:  # nothing, or room that was reserved and is not written yet, is no recording
        ending = Ending.UNSURE if head.strip(b"\0") else Ending.UNFINISHED
    return ending


def _is(complete: bool) -> Ending:
    return Ending.COMPLETE if complete else Ending.UNFINISHED


def _at(file: BinaryIO, offset: int, count: int) -> bytes:
    file.seek(offset)
    return file.read(count)


def _riff(file: BinaryIO, size: int, sound: bytes) -> Ending:
    """Complete when the chunks, of stated sizes and one called `sound` among them, end where the file does.

    Sound that was added after the header was last written reads as a chunk that makes no sense.
    """
    place, long_data, has_data = 12, 0, False
    for _ in range(MAX_PARTS):
        header = _at(file, place, 8)
        if len(header) < 8:  # a pad byte, or what is too short to be a chunk
            return _is(has_data)
        name, length = struct.unpack("<4sI", header)
        if not name.isascii() or not name.decode().isprintable():
            return Ending.UNFINISHED
        if name == b"ds64":
            long_data = struct.unpack("<Q", (_at(file, place + 16, 8) + bytes(8))[:8])[0]
        if name == sound:
            has_data = True
            if length == UNKNOWN_32:
                length = long_data
            if length in (0, UNKNOWN_64):
                return Ending.UNFINISHED
        place += 8 + length + length % 2
        if place - 1 > size:
            return Ending.UNFINISHED
    return Ending.UNSURE


def _boxes(file: BinaryIO, size: int) -> Ending:
    """Complete with an index (`moov`) and boxes that end where the file does; fragments have no end."""
    place, names = 0, set()
    for _ in range(MAX_PARTS):
        if place == size:
            break
        header = _at(file, place, 16)
        if len(header) < 8:
            return Ending.UNFINISHED
        length, name = struct.unpack(">I4s", header[:8])
        names.add(name)
        if length == 1 and len(header) == 16:
            length = int.from_bytes(header[8:], "big")
        elif length == 0:  # up to the end of the file, wherever that is
            return Ending.UNSURE if b"moov" in names else Ending.UNFINISHED
        if length < 8 or place + length > size:
            return Ending.UNFINISHED
        place += length
    if b"moov" not in names:
        return Ending.UNFINISHED
    return Ending.UNSURE if b"moof" in names and b"mfra" not in names else Ending.COMPLETE


def _flac(file: BinaryIO) -> Ending:
    """The number of samples is written into STREAMINFO at the end; 0 stands for unknown (RFC 9639, 8.2)."""
    block = _at(file, 0, 26)
    if len(block) < 26 or block[4] & 0x7F:
        return Ending.UNFINISHED
    samples = int.from_bytes(block[18:26], "big") & 0xF_FFFF_FFFF
    return Ending.COMPLETE if samples else Ending.UNSURE


def _ogg(file: BinaryIO, size: int) -> Ending:
    """Complete when the last page is whole and marked as the last of its stream (RFC 3533, section 6)."""
    begin = max(0, size - OGG_PAGE_BYTES)
    tail = _at(file, begin, OGG_PAGE_BYTES)
    page = tail.rfind(b"OggS")
    if page < 0 or len(tail) < page + 27:
        return Ending.UNFINISHED
    segments = tail[page + 27 : page + 27 + tail[page + 26]]
    whole = page + 27 + tail[page + 26] + sum(segments) == len(tail)
    return _is(whole and bool(tail[page + 5] & 4))


def _matroska(file: BinaryIO, size: int) -> Ending:
    """Complete when the Segment has a size, and ends where the file does; writers fill that in last."""
    header_length, place = _vint(file, 4)
    if header_length is None:
        return Ending.UNFINISHED
    place += header_length
    if place + 4 > size:
        return Ending.UNFINISHED
    if _at(file, place, 4) != b"\x18\x53\x80\x67":
        return Ending.UNSURE
    length, place = _vint(file, place + 4)
    return _is(length is not None and place + length == size)


def _vint(file: BinaryIO, place: int) -> tuple[int | None, int]:
    """An EBML number and where it ends; None where all its bits are set: unknown (RFC 8794, section 4)."""
    first = _at(file, place, 1)
    if not first or not first[0]:
        return None, place
    width = 9 - first[0].bit_length()
    raw = int.from_bytes(_at(file, place, width), "big")
    mask = (1 << 7 * width) - 1
    value = raw & mask
    return (None if value == mask else value), place + width
