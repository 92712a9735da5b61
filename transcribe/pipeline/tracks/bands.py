"""How loud a track is, moment by moment, in bands of frequency: what tracks are compared by."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from transcribe.core.recording import SAMPLE_RATE, SAMPLES_PER_MS
from transcribe.core.waveform import Waveform

Levels = NDArray[np.float32]
"""dB of every frame in every band: (frames, BANDS)."""

FRAME_MS = 20
"""Distance of two frames; each looks at twice as much."""

BANDS = 20
LOWEST_HZ, HIGHEST_HZ = 100.0, 7000.0
"""Where speech is; what lies below is mostly handling noise and hum."""

SILENCE_DB = -120.0
BLOCK_FRAMES = 4096


def band_levels(waveform: Waveform) -> Levels:
    """Levels of a whole track as it was recorded (without its gain), in dB: (frames, BANDS).

    Frame `i` stands for the 40 ms around `FRAME_MS * (i + 0.5)` after the track's first sample. Four
    kilobytes a second of recording.

    Raises:
        EngineError: The samples cannot be read.
    """
    hop = FRAME_MS * SAMPLES_PER_MS
    window = np.hanning(2 * hop).astype(np.float32)
    edges = _edges(2 * hop)
    parts: list[Levels] = []
    left = np.zeros(hop // 2, np.float32)
    for block in waveform.blocks(BLOCK_FRAMES * hop):
        samples = np.concatenate([left, block])
        count = max(0, (len(samples) - 2 * hop) // hop + 1)
        frames = np.lib.stride_tricks.sliding_window_view(samples, 2 * hop)[::hop][:count]
        power = np.abs(np.fft.rfft(frames * window, axis=1)) ** 2 / np.float32(np.sum(window**2) * hop)
        bands = np.add.reduceat(power[:, : edges[-1]], edges[:-1], axis=1)
        parts.append((10 * np.log10(bands + 10 ** (SILENCE_DB / 10)) - waveform.gain_db).astype(np.float32))
        left = samples[count * hop :]
    return np.concatenate(parts) if parts else np.zeros((0, BANDS), np.float32)


def _edges(size: int) -> NDArray[np.int64]:
    """Bins of a spectrum of `size` samples where the bands begin, equally wide on the mel scale, and end.

    Mel scale as in O'Shaughnessy, Speech Communication (1987).
    """
    low, high = (2595 * np.log10(1 + hz / 700) for hz in (LOWEST_HZ, HIGHEST_HZ))
    hz = 700 * (10 ** (np.linspace(low, high, BANDS + 1) / 2595) - 1)
    edges = np.round(hz * size / SAMPLE_RATE).astype(np.int64)
    for i in range(1, len(edges)):
        edges[i] = max(edges[i], edges[i - 1] + 1)
    return edges


def loudness(levels: Levels) -> NDArray[np.float32]:
    """Level of every frame in all bands together, in dB."""
    total: NDArray[np.float32] = 10 * np.log10(np.sum(10 ** (levels / 10), axis=1))
    return total


def resampled(levels: Levels, offset_ms: float, drift_ppm: float, frames: int) -> Levels:
    """The same levels on another clock: frame `i` is the one at that moment; silence where there is none.

    Args:
        levels: On the track's own clock.
        offset_ms: Where the track's first sample lies on the other clock.
        drift_ppm: How much longer everything lasts on the other clock, in millionths.
    """
    moments = (np.arange(frames) + 0.5) * FRAME_MS
    index = np.floor((moments - offset_ms) / (1 + drift_ppm / 1e6) / FRAME_MS).astype(np.int64)
    known = (index >= 0) & (index < len(levels))
    moved = np.full((frames, levels.shape[1]), SILENCE_DB, np.float32)
    moved[known] = levels[index[known]]
    return moved
