"""The Mel spectrum that voices are told apart by, computed as Kaldi does.

25 ms every 10 ms, offset removed, pre-emphasis 0.97, Povey's window, power, 80 triangles from 20 Hz to
8 kHz, logarithm. Source: `feature-fbank.cc`, `mel-computations.cc` and `feature-window.cc` of Kaldi
(Apache-2.0), with dither 0 and the options of 3D-Speaker (`speakerlab/process/processor.py`, FBank).
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from transcribe.core.recording import SAMPLE_RATE

FRAME = 400
"""Samples of a frame (25 ms)."""

SHIFT = 160
"""Samples from one frame to the next (10 ms)."""

BANDS = 80
LOWEST_HZ = 20.0
TRANSFORM = 512
PRE_EMPHASIS = np.float32(0.97)
EPSILON = np.float32(1.1920929e-07)
"""What the logarithm is taken of at the least (FLT_EPSILON)."""


def mel_spectrum(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """Frames × 80 bands; none for less than 25 ms."""
    if len(samples) < FRAME:
        return np.zeros((0, BANDS), np.float32)
    frames = sliding_window_view(samples, FRAME)[::SHIFT].astype(np.float32)
    frames -= frames.mean(axis=1, keepdims=True)
    before = np.concatenate([frames[:, :1], frames[:, :-1]], axis=1)
    frames = ((frames - PRE_EMPHASIS * before) * _window()).astype(np.float32)
    spectrum = np.fft.rfft(frames, TRANSFORM)
    power = (spectrum.real**2 + spectrum.imag**2).astype(np.float32)
    # Not a product by BLAS: for so few numbers its threads wait for each other longer than they work.
    bands = np.einsum("fb,mb->fm", power[:, :-1], _triangles())
    mel: NDArray[np.float32] = np.log(np.maximum(bands, EPSILON))
    return mel


@cache
def _window() -> NDArray[np.float32]:
    """Povey's: a Hann window to the power of 0.85."""
    return (np.hanning(FRAME) ** 0.85).astype(np.float32)


@cache
def _triangles() -> NDArray[np.float32]:
    """Bands × frequencies."""

    def mel(hertz: NDArray[np.float64] | float) -> NDArray[np.float64]:
        return np.asarray(1127.0 * np.log(1.0 + np.asarray(hertz) / 700.0))

    edges = np.linspace(mel(LOWEST_HZ), mel(SAMPLE_RATE / 2), BANDS + 2)
    bins = mel(np.arange(TRANSFORM // 2) * SAMPLE_RATE / TRANSFORM)[:, None]
    left, centre, right = edges[:-2], edges[1:-1], edges[2:]
    rising, falling = (bins - left) / (centre - left), (right - bins) / (right - centre)
    return np.ascontiguousarray(np.maximum(0.0, np.minimum(rising, falling)).T, np.float32)
