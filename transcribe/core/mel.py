"""Whisper's mel filter bank, which a ggml file carries and other model folders leave out."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SAMPLE_RATE = 16_000
FFT_SIZE = 400

LINEAR_HZ_PER_MEL = 200 / 3
LOG_FROM_HZ = 1000.0
LOG_STEP_RATIO = 6.4
LOG_STEPS = 27
"""Slaney's scale is linear up to 1 kHz; above, 27 steps multiply the frequency by 6.4."""


def mel_filters(bands: int) -> NDArray[np.float32]:
    """Triangular filters of equal area on Slaney's mel scale.

    The same numbers as `librosa.filters.mel(sr=16000, n_fft=400, n_mels=bands)`, from which OpenAI made
    `whisper/assets/mel_filters.npz`. Source: M. Slaney, Auditory Toolbox, Interval Research Corporation
    technical report 1998-010.

    Args:
        bands: Mel bands: 80 or 128.

    Returns:
        Weights, shape (bands, 201): one row a band, one column a bin of the 400-sample spectrum.
    """
    import numpy as np

    bins_hz = np.linspace(0.0, SAMPLE_RATE / 2, FFT_SIZE // 2 + 1)
    edges_hz = _mel_to_hz(np.linspace(0.0, _hz_to_mel(SAMPLE_RATE / 2), bands + 2))
    widths = np.diff(edges_hz)
    distances = edges_hz[:, np.newaxis] - bins_hz
    rising = -distances[:-2] / widths[:-1, np.newaxis]
    falling = distances[2:] / widths[1:, np.newaxis]
    triangles = np.maximum(0.0, np.minimum(rising, falling)).astype(np.float32)
    area = 2.0 / (edges_hz[2:] - edges_hz[:-2])
    return np.asarray(triangles * area[:, np.newaxis] + 0.0, dtype=np.float32)  # no negative zeros


def _hz_to_mel(hertz: float) -> float:
    import numpy as np

    above = np.log(hertz / LOG_FROM_HZ) / (np.log(LOG_STEP_RATIO) / LOG_STEPS)
    return float(LOG_FROM_HZ / LINEAR_HZ_PER_MEL + above)


def _mel_to_hz(mels: NDArray[np.float64]) -> NDArray[np.float64]:
    import numpy as np

    log_from_mel = LOG_FROM_HZ / LINEAR_HZ_PER_MEL
    above = LOG_FROM_HZ * np.exp(np.log(LOG_STEP_RATIO) / LOG_STEPS * (mels - log_from_mel))
    return np.where(mels < log_from_mel, LINEAR_HZ_PER_MEL * mels, above)
