"""Headers of uncompressed files: where the samples lie, and whether the sizes stated can be right.

WAV: Microsoft and IBM, Multimedia Programming Interface and Data Specifications 1.0 (1991). RF64 and BW64:
EBU Tech 3306, ITU-R BS.2088. Wave64: Sony. AIFF and AIFF-C: Apple (1989, 1991). CAF: Apple Core Audio Format
Specification. AU: NeXT and Sun.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from transcribe.core.reading import open_regular
from transcribe.core.settings import RAW_FORMS

WRAP = 1 << 32
"""Sizes of 32 bits start again from here."""

PIPED = (range(0x7FFF_0000, 0x8001_0000), range(0xFFFF_0000, WRAP))
"""Programs that write to a pipe cannot know the size and state one near 2 or 4 GiB, or none."""

BLOCK_BYTES = 1 << 20
MOST_CHUNKS = 256
MOST_CHANNELS = 64
MOST_HZ = 10_000_000

LEAST_REST = 4096
"""So few bytes behind the sound, of whatever kind, are no recording."""

RAW = {form: max(1, int("".join(filter(str.isdigit, form)) or 8) // 8) for form in RAW_FORMS}
"""Bytes of one sample of each form."""


@dataclass(frozen=True)
class Samples:
    """Where the samples of a file lie.

    Attributes:
        raw: Their form, one of RAW; empty where they are compressed.
        rate: Hz.
        channels: Number of channels.
        bytes_per_second: Of all channels.
        offset: The byte at which they start.
        stated: Bytes of them as the header says; None where it says nothing.
        size: Bytes there are, up to the end of the sound.
        amiss: Whether the header's size is wrong, so that a program that believes it loses sound.
    """

    raw: str
    rate: int
    channels: int
    bytes_per_second: int
    offset: int
    stated: int | None
    size: int
    amiss: bool

    def ms(self, size: int) -> int:
        """Duration of a number of bytes."""
        return size * 1000 // self.bytes_per_second

    @property
    def duration_ms(self) -> int:
        """Length that the file ought to have: more than there is where it was cut short."""
        return self.ms(self.size if self.stated is None else max(self.size, self.stated))


@dataclass
class _Header:
    """What is known when the data are reached."""

    raw: str = ""
    rate: int = 0
    channels: int = 0
    bytes_per_second: int = 0
    offset: int = 0
    stated: int | None = None


def samples_of(path: Path) -> Samples | None:
    """Read the header of an uncompressed file; None for every other file, or one that cannot be read."""
    try:
        with open_regular(path) as handle:
            return _samples_of(handle)
    except OSError:
        return None


def _samples_of(handle: BinaryIO) -> Samples | None:
    end = handle.seek(0, 2)
    handle.seek(0)
    magic = handle.read(16)
    handle.seek(0)
    reader = next((read for start, read in _READERS.items() if magic.startswith(start)), None)
    header = reader(handle) if reader else None
    if header is None:
        return None
    if header.raw in RAW:
        header.bytes_per_second = RAW[header.raw] * header.channels * header.rate
    return _judged(header, handle, end, _SIZES[magic[:4]]) if _is_sane(header, end) else None


def _is_sane(header: _Header, end: int) -> bool:
    return (
        (not header.raw or header.raw in RAW)
        and header.bytes_per_second > 0
        and 0 < header.rate <= MOST_HZ
        and 0 < header.channels <= MOST_CHANNELS
        and 0 < header.offset < end
    )


@dataclass(frozen=True)
class _Sizes:
    """How a kind of file states sizes.

    Attributes:
        wraps: Whether in 32 bits.
        chunk: Name and size of a chunk, as `struct` has them; empty where no chunks follow the data.
        padding: Chunks start at multiples of this many bytes, counted from where the first one starts.
        piped: Whether ffmpeg reads a file whose size is not stated to its end.
    """

    wraps: bool
    chunk: str
    padding: int
    piped: bool


_SIZES = {
    b"RIFF": _Sizes(True, "<4sI", 2, True), b"RIFX": _Sizes(True, ">4sI", 2, True),
    b"RF64": _Sizes(False, "<4sI", 2, False), b"BW64": _Sizes(False, "<4sI", 2, False),
    b"riff": _Sizes(False, "<16sQ", 8, False), b"FORM": _Sizes(True, ">4sI", 2, False),
    b"caff": _Sizes(False, ">4sQ", 1, True), b".snd": _Sizes(True, "", 1, False),
}  # fmt: skip


def _judged(header: _Header, handle: BinaryIO, end: int, sizes: _Sizes) -> Samples:
    """What there is, against what is stated."""
    there, stated = end - header.offset, header.stated
    size, amiss = there, stated is None and not sizes.piped
    if stated is not None and stated <= there:
        size = stated
        if not _ends_well(handle, header.offset + stated, end, sizes):
            size, amiss = _whole(header, handle, end, sizes), True
    kind = header.raw, header.rate, header.channels, header.bytes_per_second
    return Samples(*kind, header.offset, stated, size, amiss)


def _whole(header: _Header, handle: BinaryIO, end: int, sizes: _Sizes) -> int:
    """Bytes of sound where the header states too few: as many as fit if the size has wrapped, else all."""
    there, stated = end - header.offset, header.stated or 0
    if sizes.wraps and there - stated >= WRAP:
        unwrapped = stated + (there - stated) // WRAP * WRAP
        if _ends_well(handle, header.offset + unwrapped, end, sizes):
            return unwrapped
    return there


def _ends_well(handle: BinaryIO, at: int, end: int, sizes: _Sizes) -> bool:
    """Whether nothing follows the sound but whole chunks, or filling."""
    if end - at < LEAST_REST:
        return True
    if _is_filling(handle, at):
        return True
    if not sizes.chunk:
        return False
    at += -at % sizes.padding
    for name, size, start in _chunks(handle, at, sizes.chunk, sizes.padding):
        if not name[:4].isascii() or not name[:4].decode().isprintable() or start + size > end + 1:
            return False
        if name[:4] == b"data":  # more sound
            return False
        at = start + size
    return end - at < LEAST_REST


def _is_filling(handle: BinaryIO, at: int) -> bool:
    """Whether nothing but zeros follows: a file that was made before it was filled."""
    handle.seek(at)
    while block := handle.read(BLOCK_BYTES):
        if block.strip(b"\0"):
            return False
    return True


def _chunks(handle: BinaryIO, start: int, head: str, padding: int) -> Iterator[tuple[bytes, int, int]]:
    """Name, size and start of the content of each chunk, to the end of the file."""
    at, length = start, struct.calcsize(head)
    for _ in range(MOST_CHUNKS):
        handle.seek(at)
        fields = handle.read(length)
        if len(fields) < length:
            return
        name, size = struct.unpack(head, fields)
        if len(name) > 4:  # Wave64 counts the head as well
            size = max(0, size - length)
        yield name, size, at + length
        at += length + size + -size % padding


def _riff(handle: BinaryIO) -> _Header | None:
    magic = handle.read(12)
    order = ">" if magic[:4] == b"RIFX" else "<"
    if magic[8:] != b"WAVE":
        return None
    header, large = _Header(), None
    for name, size, at in _chunks(handle, 12, order + "4sI", 2):
        handle.seek(at)
        if name == b"ds64":
            large = struct.unpack("<8xQ", handle.read(16).ljust(16, b"\0"))[0]
        elif name == b"fmt ":
            _wave_format(header, handle.read(26), order)
        elif name == b"data":
            header.offset = at
            header.stated = _stated(size, large)
            return header
    return None


def _stated(size: int, large: int | None) -> int | None:
    """The size of the data of a WAV file; None where it is a stand-in."""
    if large is not None:  # RF64: the size of 32 bits is one
        return large if 0 < large < 1 << 62 else None
    return size if size and not any(size in each for each in PIPED) else None


def _wave_format(header: _Header, fields: bytes, order: str) -> None:
    tag, channels, rate, speed, align, bits = struct.unpack(order + "HHIIHH", fields[:16].ljust(16, b"\0"))
    if tag == 0xFFFE:
        (tag,) = struct.unpack(order + "H", fields[24:26].ljust(2, b"\0"))
    bytes_each = align // channels if channels and align else -(-bits // 8)
    ending = "le" if order == "<" else "be"
    integer = "u8" if bytes_each == 1 else f"s{8 * bytes_each}{ending}"
    names = {1: integer, 3: f"f{8 * bytes_each}{ending}", 6: "alaw", 7: "mulaw"}
    header.raw, header.rate, header.channels = names.get(tag, ""), rate, channels
    header.bytes_per_second = speed


def _wave64(handle: BinaryIO) -> _Header | None:
    if handle.read(40)[24:28] != b"wave":
        return None
    header = _Header()
    for name, size, at in _chunks(handle, 40, "<16sQ", 8):
        handle.seek(at)
        if name[:4] == b"fmt ":
            _wave_format(header, handle.read(26), "<")
        elif name[:4] == b"data":
            header.offset = at
            header.stated = size if 0 < size < 1 << 62 else None
            return header
    return None


_AIFF_FORMS = {
    b"NONE": "s{}be", b"twos": "s{}be", b"sowt": "s{}le", b"raw ": "u8", b"fl32": "f32be", b"FL32": "f32be",
    b"fl64": "f64be", b"FL64": "f64be", b"ulaw": "mulaw", b"ULAW": "mulaw", b"alaw": "alaw", b"ALAW": "alaw",
}  # fmt: skip


def _aiff(handle: BinaryIO) -> _Header | None:
    kind = handle.read(12)[8:]
    if kind not in (b"AIFF", b"AIFC"):
        return None
    header = _Header()
    for name, size, at in _chunks(handle, 12, ">4sI", 2):
        handle.seek(at)
        if name == b"COMM":
            fields = handle.read(22)[: size if kind == b"AIFC" else 18].ljust(22, b"\0")
            channels, _, bits, exponent, mantissa, form = struct.unpack(">HIHHQ4s", fields)
            form = form if kind == b"AIFC" else b"NONE"
            header.raw = _AIFF_FORMS.get(form, "").format(-(-bits // 8) * 8).replace("s8be", "s8")
            # An 80-bit float: 15 bits of exponent, and a mantissa whose first bit is its whole part.
            header.rate = mantissa >> max(0, min(64, 16_383 + 63 - exponent))
            header.channels = channels
        elif name == b"SSND":
            header.offset = at + 8
            header.stated = size - 8 if 8 < size < PIPED[1].start else None
            return header
    return None


def _caf(handle: BinaryIO) -> _Header | None:
    header = _Header()
    for name, size, at in _chunks(handle, 8, ">4sQ", 1):
        handle.seek(at)
        if name == b"desc":
            rate, form, flags, _, _, channels, bits = struct.unpack(
                ">d4sIIIII", handle.read(32).ljust(32, b"\0")
            )
            kind, ending = "f" if flags & 1 else "s", "le" if flags & 2 else "be"
            linear = f"{kind}{bits}{ending}".replace("s8le", "s8").replace("s8be", "s8")
            header.raw = {b"lpcm": linear, b"ulaw": "mulaw", b"alaw": "alaw"}.get(form, "")
            header.rate, header.channels = int(rate) if 0 < rate <= MOST_HZ else 0, channels
        elif name == b"data":
            header.offset = at + 4  # behind the number of edits
            header.stated = size - 4 if 4 < size < 1 << 62 else None
            return header
    return None


_AU_FORMS = {
    1: "mulaw", 2: "s8", 3: "s16be", 4: "s24be", 5: "s32be", 6: "f32be", 7: "f64be", 27: "alaw",
}  # fmt: skip


def _au(handle: BinaryIO) -> _Header | None:
    _, offset, size, form, rate, channels = struct.unpack(">4sIIIII", handle.read(24).ljust(24, b"\0"))
    stated = size if 0 < size < PIPED[1].start else None
    return _Header(_AU_FORMS.get(form, ""), rate, channels, 0, offset, stated)


_READERS: dict[bytes, Callable[[BinaryIO], _Header | None]] = {
    b"RIFF": _riff, b"RIFX": _riff, b"RF64": _riff, b"BW64": _riff, b"riff\x2e\x91\xcf\x11": _wave64,
    b"FORM": _aiff, b"caff": _caf, b".snd": _au,
}  # fmt: skip
