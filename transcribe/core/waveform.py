"""The samples of a normalised recording, read from its file in the work directory when they are needed."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from transcribe.core.errors import EngineError
from transcribe.core.recording import SAMPLE_RATE, SAMPLES_PER_MS, Audio, Piece, SpeechSpan

BYTES_PER_SAMPLE = 4

LONG_GAP = 10 * SAMPLE_RATE
"""Longer silence between pieces is neither made nor listened to."""


@dataclass(frozen=True)
class Waveform:
    """Mono samples at 16 kHz in a file of raw little-endian 32-bit floats; picklable.

    The file is read, not mapped: pages of a map would count as this process's memory. Where nothing was
    recorded, silence is read that lies in no file.

    Attributes:
        samples: Length of the timeline in samples.
        start_ms: Where the first one lies on the recording's timeline.
        gain_db: Gain applied to everything that is read; peaks may then exceed 1.
        pieces: What of the timeline is in the file, in order; empty: all of it.
    """

    path: str
    samples: int
    start_ms: int
    gain_db: float
    pieces: tuple[Piece, ...] = ()

    @classmethod
    def of(cls, audio: Audio, folder: Path) -> Waveform:
        """The samples of `audio`, whose file lies in `folder`."""
        return cls(str(folder / audio.file), audio.samples, audio.start_ms, audio.gain_db, audio.pieces)

    @property
    def end_ms(self) -> int:
        """Where the last sample ends on the recording's timeline, rounded up."""
        return self.start_ms - (-self.samples // SAMPLES_PER_MS)

    def read(self, start_ms: int, end_ms: int) -> NDArray[np.float32]:
        """The samples of a stretch of the recording's timeline, clamped to what there is.

        Raises:
            EngineError: The file is gone or shorter than it was.
        """
        first = max(0, (start_ms - self.start_ms) * SAMPLES_PER_MS)
        last = min(self.samples, (end_ms - self.start_ms) * SAMPLES_PER_MS)
        return self.samples_at(first, max(0, last - first))

    def read_pieces(self, pieces: tuple[SpeechSpan, ...]) -> NDArray[np.float32]:
        """The samples of several stretches, laid end to end.

        Raises:
            EngineError: The file is gone or shorter than it was.
        """
        return np.concatenate([self.read(piece.start_ms, piece.end_ms) for piece in pieces])

    def blocks(self, size: int, part: range | None = None) -> Iterator[NDArray[np.float32]]:
        """All samples in blocks of `size`; the last one may be shorter.

        Args:
            size: Samples of a block.
            part: Which samples; None: all.

        Raises:
            EngineError: The file is gone or shorter than it was.
        """
        part = range(self.samples) if part is None else part
        for first in part[::size]:
            yield self.samples_at(first, min(size, part.stop - first))

    def stretches(self) -> tuple[range, ...]:
        """The samples between long gaps: where there is something to listen to."""
        found: list[range] = []
        for piece in self._stored():
            if found and piece.at - found[-1].stop <= LONG_GAP:
                found[-1] = range(found[-1].start, piece.end)
            else:
                found.append(range(piece.at, piece.end))
        return tuple(found)

    def shortened(self) -> Shortened:
        """The same sound with every long gap shortened, for what needs memory for each moment."""
        pieces: list[Piece] = []
        cuts: list[tuple[int, int]] = []
        left_out = end = 0
        for piece in self._stored():
            if piece.at - end > LONG_GAP:
                left_out += piece.at - end - LONG_GAP
                cuts.append((piece.at - left_out, left_out))
            pieces.append(replace(piece, at=piece.at - left_out))
            end = piece.end
        if not cuts:
            return Shortened(self, ())
        return Shortened(replace(self, samples=self.samples - left_out, pieces=tuple(pieces)), tuple(cuts))

    def _stored(self) -> tuple[Piece, ...]:
        return self.pieces or (Piece(0, 0, self.samples),)

    def samples_at(self, first: int, count: int) -> NDArray[np.float32]:
        """So many samples from the one with that number; all of them must be there.

        Raises:
            EngineError: The file is gone or shorter than it was.
        """
        if not self.pieces:
            return self._from_file(first, count)
        samples = np.zeros(count, np.float32)
        behind = bisect_right(self.pieces, first, key=lambda piece: piece.at)
        for piece in self.pieces[max(0, behind - 1) :]:
            if piece.at >= first + count:
                break
            part = piece.part(first, first + count)
            if part.samples:
                start = part.at - first
                samples[start : start + part.samples] = self._from_file(part.stored, part.samples)
        return samples

    def _from_file(self, first: int, count: int) -> NDArray[np.float32]:
        try:
            samples = np.fromfile(self.path, "<f4", count, offset=first * BYTES_PER_SAMPLE)
        except OSError as error:
            raise EngineError(f"reading {self.path} failed: {error.strerror or error}", _AGAIN) from error
        if len(samples) != count:
            raise EngineError(f"{self.path} was cut short while it was in use", _AGAIN)
        # Float recordings may hold infinities and not-a-numbers, which would spread through a whole window.
        np.nan_to_num(samples, copy=False, nan=0.0, posinf=0.0, neginf=0.0)
        # Not limited to ±1: floats need no limit, and clipping costs the detector speech (docs/normalise.md).
        samples *= np.float32(10 ** (self.gain_db / 20))
        return samples.astype(np.float32, copy=False)


def runs_in(mask: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Start and end (exclusive) of every run of true values."""
    edges = np.flatnonzero(np.diff(mask.astype(np.int8), prepend=0, append=0))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))


@dataclass(frozen=True)
class Shortened:
    """A waveform without its long gaps, and the way between its times and those of the recording.

    Attributes:
        cuts: Where a gap was shortened, the sample behind it in what is left, and how much is missing so far.
    """

    waveform: Waveform
    cuts: tuple[tuple[int, int], ...]

    def inward(self, ms: int) -> int:
        """A time of the recording where there is sound, in what is left."""
        return ms - self._moved_ms(ms, [at + left_out for at, left_out in self.cuts])

    def outward(self, ms: int) -> int:
        """A time in what is left, on the timeline of the recording."""
        return ms + self._moved_ms(ms, [at for at, _ in self.cuts])

    def _moved_ms(self, ms: int, behind: list[int]) -> int:
        """How much is missing before a time, by where sound goes on behind each cut on the same timeline."""
        moved_ms = 0
        for at, (_, left_out) in zip(behind, self.cuts, strict=True):
            if ms < self.waveform.start_ms + (at - LONG_GAP // 2) // SAMPLES_PER_MS:
                break
            moved_ms = left_out // SAMPLES_PER_MS
        return moved_ms


_AGAIN = "Run the same command again with --force"
