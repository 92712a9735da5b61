"""How the level of a stretch varies between 300 and 3400 Hz: speech varies, steady noise does not.

Standard deviation over frames of 20 ms in windows of 2 s, measured on development clips
(`benchmarks/results/faint.md`): 11 to 14 dB in speech, 1.9 to 2.6 dB in speech under white noise 6 dB louder,
0.4 to 0.8 dB in steady noise, 2 to 6.5 dB in music; over 4 s, 7 to 10 dB in faint remarks at a distance.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from transcribe.core.recording import SAMPLE_RATE, SAMPLES_PER_MS

FRAME_MS = 20
LOW_DB, HIGH_DB = 15.0, 8.0
"""Under the loudest frames. A rise from below the one to above the other is a syllable after a stop or pause;
noise that ends, or music that fades, has none."""

DEEPEST_DB = 40.0
"""Levels this far under the window's loudest count alike: digital silence says nothing of speech."""

LOWEST_DB, HIGHEST_DB = -120, 40

BAND_HZ = 300, 3_400
"""The telephone's band: what is needed to understand speech."""


class Level(NamedTuple):
    """The level of a stretch.

    Attributes:
        loudest_db: 95th percentile of its frames, in dB of full scale.
        varies_db: Standard deviation of its frames, in dB.
        rises: How often they come from 15 dB under the loudest up to 8 dB under them.
        share_db: The loudest frames beside those of the whole spectrum, in dB; 0: all lies in the band.
    """

    loudest_db: float
    varies_db: float
    rises: int
    share_db: float


class Variation:
    """How the level of a whole recording varies; takes samples in order, in blocks of any size."""

    def __init__(self) -> None:
        self._counts = np.zeros(HIGHEST_DB - LOWEST_DB + 1, np.int64)

    def add(self, samples: NDArray[np.float32]) -> None:
        """Listen to the next samples."""
        size = FRAME_MS * SAMPLES_PER_MS
        frames = np.nan_to_num(samples[: len(samples) // size * size]).reshape(-1, size)
        level = 10 * np.log10(np.square(frames, dtype=np.float64).mean(axis=1) + 1e-12)
        places = np.clip(level, LOWEST_DB, HIGHEST_DB).astype(np.int64) - LOWEST_DB
        self._counts += np.bincount(places, minlength=len(self._counts))

    @property
    def varies_db(self) -> float:
        """Standard deviation of its frames, in dB, as in `Level`."""
        total = self._counts.sum()
        if not total:
            return 0.0
        levels = np.arange(LOWEST_DB, HIGHEST_DB + 1, dtype=np.float64)
        loudest = levels[np.searchsorted(np.cumsum(self._counts), 0.95 * total)]
        levels = np.maximum(levels, loudest - DEEPEST_DB)
        mean = np.average(levels, weights=self._counts)
        return float(np.sqrt(np.average(np.square(levels - mean), weights=self._counts)))


def level_of(samples: NDArray[np.float32]) -> Level:
    """Measure a stretch of at least one frame: mono, 16 kHz."""
    size = FRAME_MS * SAMPLES_PER_MS
    frames = samples[: len(samples) // size * size].reshape(-1, size)
    spectrum = np.abs(np.fft.rfft(frames, axis=1)) ** 2
    low, high = (hertz * size // SAMPLE_RATE for hertz in BAND_HZ)
    level, whole = (
        10 * np.log10(2 * bins.sum(axis=1) / size**2 + 1e-12)
        for bins in (spectrum[:, low:high], spectrum[:, 1:])
    )
    loudest = float(np.percentile(level, 95))
    varies = float(np.std(np.maximum(level, loudest - DEEPEST_DB)))
    return Level(loudest, varies, _rises(level, loudest), loudest - float(np.percentile(whole, 95)))


def _rises(level: NDArray[np.float64], loudest: float) -> int:
    """How often the frames come from low to high."""
    places = np.sign((level > loudest - HIGH_DB).astype(int) - (level < loudest - LOW_DB))
    ends = places[places != 0]
    return int(np.sum((ends[1:] > 0) & (ends[:-1] < 0)))
