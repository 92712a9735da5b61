"""Streams of frames without timestamps, MPEG audio (MP3) and ADTS (AAC): their length, and what they lack.

ffmpeg closes up over what it cannot read, so that everything behind it is early. But every frame is equally
long and its header tells its size: bytes between frames are frames that were overwritten, and a header at the
start may say how many there ought to be.

ISO/IEC 11172-3 and 13818-3 (MPEG audio), 13818-7 (ADTS); the headers `Xing` (LAME) and `VBRI` (Fraunhofer).
"""

from __future__ import annotations

import os
import struct
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from pathlib import Path
from typing import BinaryIO, NamedTuple

from transcribe.core.media import Run
from transcribe.core.reading import open_regular
from transcribe.core.recording import SAMPLE_RATE
from transcribe.core.timecode import format_duration, format_timecode

FORMATS = ("mp3", "aac")
"""ffmpeg's names of the containers."""

BLOCK_BYTES = 1 << 16
TAG_BYTES = 4096
"""By so many bytes a file may be longer than its header says: tags at its end."""

SURE = 3
"""So many headers that follow each other are the beginning of frames; one may be anything."""

MOST_HOLES = 1000
FEW_FRAMES = 2.5
"""A hole of no more may be where bytes were taken out: the rests of two frames."""

ABOUT = 0.25
"""So far may bytes be from the frames that are missing by the header, where frames differ in size."""


class Header(NamedTuple):
    """What a frame says of itself.

    Attributes:
        kind: What all frames of a stream have in common.
        size: In bytes, with the header.
        samples: Of each channel.
        rate: Hz.
    """

    kind: tuple[int, ...]
    size: int
    samples: int
    rate: int


@dataclass(frozen=True)
class Hole:
    """Bytes between two frames that belong to none."""

    before: int
    size: int


@dataclass(frozen=True)
class Frames:
    """The frames of a file.

    Attributes:
        count: How many there are.
        stated: How many there ought to be; None where no header says.
        seconds: Length of one.
        mean: Mean size in bytes.
        constant: Whether all are of one size, but for a byte of padding.
        holes: Between them, in order.
        whole: Whether the last one is.
    """

    count: int
    stated: int | None
    seconds: float
    mean: float
    constant: bool
    holes: tuple[Hole, ...]
    whole: bool

    @property
    def duration_ms(self) -> int:
        """Length with what is missing, as far as it is known."""
        return round(1000 * self.seconds * max(self.count + sum(self._lost), self.stated or 0))

    def laid_out(self, runs: Sequence[Run], samples: int) -> tuple[tuple[Run, ...], tuple[str, ...]]:
        """Where decoded sound lies when frames that are missing keep their time, and what is not known of it.

        Args:
            samples: How much of it there is, at 16 kHz, from the beginning of the file to its end.
        """
        each, start = self.seconds * SAMPLE_RATE, runs[0].at if runs else 0
        lost = list(accumulate(self._lost))
        # Counted from the end: what ffmpeg makes of broken frames lies before the hole.
        found = [Run(0, start)]
        for hole, missing in zip(self.holes, lost, strict=True):
            first = samples - round((self.count - hole.before) * each)
            if first <= found[-1].first:
                return tuple(runs), ()
            found.append(Run(first, start + round((hole.before + missing) * each)))
        return tuple(found), tuple(self._doubts())

    @property
    def _lost(self) -> tuple[float, ...]:
        """How many frames each hole was."""
        likely = [hole.size / self.mean for hole in self.holes]
        if self.stated is None or not likely:
            return tuple(map(round, likely))
        missing = max(0, self.stated - self.count)
        if abs(sum(likely) - missing) <= max(FEW_FRAMES, ABOUT * missing) or missing < sum(likely):
            return tuple(each * missing / sum(likely) for each in likely)
        if len(likely) == 1 and self.whole:
            return (missing,)
        return tuple(map(round, likely))

    def _doubts(self) -> list[str]:
        """What the file does not tell."""
        if self.stated is not None:
            more = (self.stated - self.count - sum(self._lost)) * self.seconds
            if more <= FEW_FRAMES * self.seconds:
                return []
            at, by = self.holes[0], f"by up to {format_duration(round(1000 * more))}"
        else:
            unsure = [hole for hole in self.holes if self._may_be_cut(hole)]
            if not unsure:
                return []
            at, by = unsure[0], "by an amount that the file does not tell"
        clock = format_timecode(round(at.before * self.seconds) * 1000).partition(".")[0]
        return [f"bytes were taken out of the file at about {clock}: times behind may be too early {by}"]

    def _may_be_cut(self, hole: Hole) -> bool:
        """Whether bytes may be missing there: of frames of one size, whole ones are overwritten."""
        frames = hole.size / self.mean
        return frames < FEW_FRAMES or (self.constant and abs(frames - round(frames)) * self.mean > 2)


def frames_of(path: Path) -> Frames | None:
    """Read the headers of all frames; None where a file is of another kind, or changes it on the way."""
    try:
        status = path.stat()
    except OSError:
        return None
    return _frames_of(path, status.st_size, status.st_mtime_ns)


def length_ms(path: Path) -> int | None:
    """Length of a stream whose header does not tell it, or tells that of other bytes; else None."""
    with suppress(OSError), open_regular(path) as handle:
        start = _behind_tag(handle, 0)
        stated, size = _stated(handle, start)
        end = handle.seek(0, os.SEEK_END)
        if stated is not None and (size is None or abs(end - start - size) < TAG_BYTES):
            return None
    frames = frames_of(path)
    return frames.duration_ms if frames else None


@lru_cache(maxsize=4)
def _frames_of(path: Path, size: int, _modified: int) -> Frames | None:
    try:
        with open_regular(path) as handle:
            return _read(handle, size)
    except OSError:
        return None


def _read(handle: BinaryIO, end: int) -> Frames | None:
    start = _behind_tag(handle, 0)
    first = _found(handle, start, end, None)
    if first is None or first[0] - start > BLOCK_BYTES:
        return None
    at, header = first
    kind = header.kind
    stated, _ = _stated(handle, at)
    if stated is not None:
        at += header.size  # holds no sound
    holes: list[Hole] = []
    sizes: set[int] = set()
    count, sound, whole = 0, 0, True
    while at < end and len(holes) <= MOST_HOLES:
        here = _header(handle, at)
        if here is not None and here.kind == kind:
            count, sound, at, whole = count + 1, sound + here.size, at + here.size, at + here.size <= end
            sizes.add(here.size)
            continue
        behind = _behind_tag(handle, at)
        if behind > at:
            at = behind
            continue
        if _found(handle, at, min(end, at + 1), None):  # frames of another kind
            return None
        again = _found(handle, at, end, kind)
        if again is None:
            break
        holes.append(Hole(count, again[0] - at))
        at = again[0]
    if not count or len(holes) > MOST_HOLES:
        return None
    constant = max(sizes) - min(sizes) <= 1
    seconds = header.samples / header.rate
    return Frames(count, stated, seconds, sound / count, constant, tuple(holes), whole)


def _found(handle: BinaryIO, start: int, end: int, kind: tuple[int, ...] | None) -> tuple[int, Header] | None:
    """The first place from which frames follow each other, and the first of them."""
    for block_at in range(start, end, BLOCK_BYTES):
        handle.seek(block_at)
        block = handle.read(min(BLOCK_BYTES, end - block_at))
        place = block.find(b"\xff")
        while place >= 0:
            if header := _sure(handle, block_at + place, kind):
                return block_at + place, header
            place = block.find(b"\xff", place + 1)
    return None


def _sure(handle: BinaryIO, at: int, kind: tuple[int, ...] | None) -> Header | None:
    first = header = _header(handle, at)
    for _ in range(SURE):
        if header is None or first is None or header.kind != (kind or first.kind):
            return None
        at += header.size
        header = _header(handle, at)
    return first


def _header(handle: BinaryIO, at: int) -> Header | None:
    handle.seek(at)
    head = handle.read(7)
    if len(head) < 7 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return None
    return _adts(head) if head[1] & 0xF6 == 0xF0 else _mpeg(head[:4])


_RATES = 96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000, 7_350


def _adts(head: bytes) -> Header | None:
    index, size = head[2] >> 2 & 15, (head[3] & 3) << 11 | head[4] << 3 | head[5] >> 5
    if index >= len(_RATES) or size < 7:
        return None
    return Header((0, index), size, 1024 * ((head[6] & 3) + 1), _RATES[index])


_KBITS = {
    (1, 1): (32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    (1, 2): (32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (1, 3): (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (2, 1): (32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    (2, 2): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    (2, 3): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
"""By version and layer, for an index from 1 to 14."""


@lru_cache
def _mpeg(head: bytes) -> Header | None:
    version, layer = head[1] >> 3 & 3, 4 - (head[1] >> 1 & 3)
    bits, rate = head[2] >> 4, head[2] >> 2 & 3
    if version == 1 or layer == 4 or not 0 < bits < 15 or rate == 3:
        return None
    hertz = (44_100, 48_000, 32_000)[rate] // {3: 1, 2: 2, 0: 4}[version]
    family = 1 if version == 3 else 2
    samples = {1: 384, 2: 1152, 3: 1152 if family == 1 else 576}[layer]
    slot, padding = 4 if layer == 1 else 1, head[2] >> 1 & 1
    size = (samples // 8 // slot * 1000 * _KBITS[family, layer][bits - 1] // hertz + padding) * slot
    return Header((1, version, layer, rate), size, samples, hertz)


def _behind_tag(handle: BinaryIO, at: int) -> int:
    """Where a tag ends that starts here; here where none does."""
    handle.seek(at)
    head = handle.read(32)
    if head[:3] == b"ID3" and len(head) >= 10:
        size = sum((byte & 0x7F) << shift for byte, shift in zip(head[6:10], (21, 14, 7, 0), strict=True))
        return at + 10 + size + (10 if head[5] & 0x10 else 0)
    if head[:3] == b"TAG":
        return at + 128
    if head[:8] == b"APETAGEX" and len(head) == 32:
        size, flags = struct.unpack("<4xI4xI", head[8:24])
        return at + int(size) + (32 if flags & 1 << 29 else 0)
    return at


def _stated(handle: BinaryIO, at: int) -> tuple[int | None, int | None]:
    """How many frames and bytes the first frame says there are."""
    handle.seek(at)
    head = handle.read(200)
    for name in (b"Xing", b"Info"):
        place = head.find(name, 4)
        if place >= 0 and len(head) >= place + 16:
            flags, frames, size = struct.unpack(">3I", head[place + 4 : place + 16])
            return (frames, size if flags & 2 else None) if flags & 1 else (None, None)
    if head[36:40] == b"VBRI" and len(head) >= 54:
        size, frames = struct.unpack(">2I", head[46:54])
        return frames, size
    return None, None
