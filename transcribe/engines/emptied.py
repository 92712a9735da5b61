"""Whether stretches of a copy, decoded again, hold the tone or silence, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

PIECE_MS = 250
"""The tone is fitted to so much at a time."""

FADES_MS = 20
"""What is not looked at, at either end of a stretch: the tone fades there, and a filter has rung."""

LEAST_MS = 10
"""Less is not looked at."""

SILENT = 10.0 ** (-50 / 10)
"""Mean energy of a sample at -50 dB of full scale; less is silence, and what an encoder adds to it."""

REST = 0.1
"""Share of the energy that may be something else than the tone. Encoders with few bits add 3 %; speech as
loud as the tone has half of it."""


@dataclass
class _Piece:
    """A few periods of sound, from its first sample to before its last.

    Attributes:
        count: How many of them there are: a stretch may go on behind the sound.
        energy: Sum of squares.
        sine: Product with a sine of the tone's pitch; `cosine`: with a cosine.
    """

    first: int
    last: int
    count: int = 0
    energy: float = 0.0
    sine: float = 0.0
    cosine: float = 0.0

    def add(self, samples: NDArray[np.float64], turns: NDArray[np.float64]) -> None:
        self.count += len(samples)
        self.energy += float(samples @ samples)
        self.sine += float(samples @ np.sin(turns))
        self.cosine += float(samples @ np.cos(turns))

    def holds_nothing_else(self, *, tone: bool) -> bool:
        """Whether it is silent, or hardly anything is left where a sine is fitted to it by least squares."""
        if self.energy < SILENT * self.count:
            return True
        fitted = 2 / self.count * (self.sine**2 + self.cosine**2) if tone else 0.0
        return self.energy - fitted < REST * self.energy


class Emptied:
    """Takes mono 16-bit samples of a whole stream, block by block, and judges the stretches in them.

    Args:
        spans: Start and end of the stretches, in ms.
        rate: Samples a second.
        frame: Samples that an encoder works on at a time: so far it smears what lies beside a stretch.
        tone_hz: Pitch of the tone; 0: the stretches are silent.

    Attributes:
        samples: How many were taken.
    """

    def __init__(self, spans: Sequence[tuple[int, int]], rate: int, frame: int, tone_hz: int) -> None:
        self.samples = 0
        self._rate, self._tone_hz = rate, tone_hz
        self._pieces = list(_pieces(spans, rate, frame))
        self._odd = b""

    def add(self, block: bytes) -> None:
        """Take the samples that follow."""
        block = self._odd + block
        whole = len(block) // 2 * 2
        self._odd = block[whole:]
        found = np.frombuffer(block[:whole], dtype="<i2")
        start, self.samples = self.samples, self.samples + len(found)
        for each in self._pieces:
            if start < each.last and each.first < self.samples:
                first, last = max(each.first, start), min(each.last, self.samples)
                turns = 2 * np.pi * self._tone_hz / self._rate * np.arange(first, last, dtype=np.float64)
                each.add(found[first - start : last - start].astype(np.float64) / 32768, turns)

    def where_not(self) -> float | None:
        """Where, in seconds, something else is heard; None: nowhere."""
        tone = self._tone_hz > 0
        least = LEAST_MS * self._rate // 1000
        looked_at = (each for each in self._pieces if each.count >= least)
        wrong = (each for each in looked_at if not each.holds_nothing_else(tone=tone))
        return next((each.first / self._rate for each in wrong), None)


def _pieces(spans: Sequence[tuple[int, int]], rate: int, frame: int) -> Iterator[_Piece]:
    smear = FADES_MS * rate // 1000 + frame
    for start_ms, end_ms in spans:
        first, last = start_ms * rate // 1000 + smear, end_ms * rate // 1000 - smear
        step = PIECE_MS * rate // 1000
        for begins in range(first, last, step):
            ends = min(begins + step, last)
            if ends - begins >= LEAST_MS * rate // 1000:
                yield _Piece(begins, ends)
