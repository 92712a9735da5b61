"""Long stretches of zeros in decoded sound: what a recorder that was muted or lost power leaves behind."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from transcribe.core.recording import SAMPLE_RATE, SAMPLES_PER_MS, Piece
from transcribe.core.timeline import Gap, Timeline

LEAST_SAMPLES = 10 * SAMPLE_RATE
"""Shorter silence is a pause."""

EDGE = 10 * SAMPLES_PER_MS
FADE = 200 * SAMPLES_PER_MS
ABRUPT = 0.25
AUDIBLE = 0.001
"""A gate or a fade ends in less than a quarter of the level it had 0.2 s before; -60 dB is silence."""


class SilenceFinder:
    """Takes decoded samples in order, in blocks of any size."""

    def __init__(self) -> None:
        self._seen = 0
        self._zeros_from = 0
        self._before_zeros = np.zeros(0, np.float32)
        self._found: list[Gap] = []

    def add(self, samples: NDArray[np.float32]) -> None:
        """Listen to the next samples."""
        loud = np.flatnonzero(samples)
        if len(loud):
            self._end(self._seen + int(loud[0]), samples[loud[0] : loud[0] + FADE])
            last = int(loud[-1]) + 1
            self._zeros_from = self._seen + last
            self._before_zeros = samples[max(0, last - FADE) : last].copy()
        self._seen += len(samples)

    def found(self) -> tuple[Gap, ...]:
        """Every long stretch of zeros that starts or ends abruptly, and any at the end."""
        if self._seen - self._zeros_from >= LEAST_SAMPLES:
            return (*self._found, Gap(self._zeros_from, self._seen))
        return tuple(self._found)

    def _end(self, end: int, behind: NDArray[np.float32]) -> None:
        start = self._zeros_from
        if end - start >= LEAST_SAMPLES and (
            not start or _abrupt(self._before_zeros[::-1]) or _abrupt(behind)
        ):
            self._found.append(Gap(start, end))


def _abrupt(sound: NDArray[np.float32]) -> bool:
    """Whether sound is as loud at its beginning as a moment later."""
    level = float(np.abs(sound).max(initial=0))
    return level > AUDIBLE and float(np.abs(sound[:EDGE]).max(initial=0)) > ABRUPT * level


def placed(stretches: Sequence[Gap], timeline: Timeline) -> tuple[Gap, ...]:
    """Stretches of the stored samples on the timeline; what lies outside of it is left out."""
    found: list[Gap] = []
    for stretch in stretches:
        inside = [part for piece in timeline.pieces if (part := _part(piece, stretch)).end > part.start]
        if inside:
            found.append(Gap(inside[0].start, inside[-1].end))
    return tuple(found)


def _part(piece: Piece, stretch: Gap) -> Gap:
    start = max(piece.stored, stretch.start)
    end = min(piece.stored + piece.samples, stretch.end)
    return Gap(piece.at + start - piece.stored, piece.at + end - piece.stored)
