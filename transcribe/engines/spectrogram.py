"""What a Whisper encoder is given: the logarithms of a window's energies on the mel scale.

Radford et al. 2022, section 2.2: frames of 25 ms every 10 ms, from which 80 or 128 mel bands are made, in a
range of 80 dB below the loudest one. whisper.cpp computes this itself; CTranslate2 wants it computed.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from transcribe.core.mel import FFT_SIZE, mel_filters

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

HOP_SAMPLES = 160
"""Samples at 16 kHz from one frame to the next."""

MARGIN = FFT_SIZE // 2
"""Samples of a frame on either side of its middle."""

LEAST_ENERGY = 1e-10
RANGE = 8.0
"""Decades below the loudest energy; what is fainter counts as so faint."""


def spectrogram(window: NDArray[np.float32], frames: int, bands: int) -> NDArray[np.float32]:
    """Log-mel energies of a window and of the silence behind it.

    The first frame's middle is the first sample, before which the window is mirrored. Frames of silence are
    not computed, as their energies are known.

    Args:
        window: Mono samples at 16 kHz, -1 to 1.
        frames: How many frames are wanted; the window has at most so many.
        bands: Mel bands: 80 or 128.

    Returns:
        Shape (bands, frames): (4 + log10 of the energy) / 4.
    """
    import numpy as np

    heard = min(frames, -(-(len(window) + MARGIN) // HOP_SAMPLES))
    samples = np.zeros(max(heard - 1, 0) * HOP_SAMPLES + 2 * FFT_SIZE, np.float32)
    samples[MARGIN : MARGIN + len(window)] = window
    samples[:MARGIN] = samples[2 * MARGIN : MARGIN : -1]
    framed = np.lib.stride_tricks.sliding_window_view(samples, FFT_SIZE)[::HOP_SAMPLES][:heard]
    spectrum = np.fft.rfft(framed * _hann())
    energies = (spectrum.real**2 + spectrum.imag**2).astype(np.float32, copy=False) @ _filters(bands).T
    levels = np.log10(np.maximum(energies, LEAST_ENERGY))
    silence = np.log10(np.float32(LEAST_ENERGY))
    floor = max(silence, levels.max(initial=silence) - RANGE)
    result = np.full((bands, frames), floor, np.float32)
    np.maximum(levels.T, floor, out=result[:, :heard])
    result += 4.0
    result /= 4.0
    return result


@cache
def _hann() -> NDArray[np.float32]:
    """A raised cosine whose period is a frame."""
    import numpy as np

    return np.hanning(FFT_SIZE + 1)[:-1].astype(np.float32)


@cache
def _filters(bands: int) -> NDArray[np.float32]:
    return mel_filters(bands)
