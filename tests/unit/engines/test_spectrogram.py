"""The spectrogram that CTranslate2 is given: Whisper's, by the definition in Radford et al. 2022."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from transcribe.core.mel import mel_filters
from transcribe.engines.spectrogram import spectrogram


def by_definition(samples: NDArray[np.float32], frames: int, bands: int) -> NDArray[np.float64]:
    """The same in double precision, one frame after the other, silence too."""
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(400) / 400)
    filled = np.concatenate([samples, np.zeros(frames * 160 + 400 - len(samples))])
    mirrored = np.concatenate([filled[200:0:-1], filled])
    spectra = [np.fft.rfft(window * mirrored[160 * n : 160 * n + 400]) for n in range(frames)]
    energies = mel_filters(bands).astype(np.float64) @ (np.abs(np.array(spectra)) ** 2).T
    levels = np.log10(np.maximum(energies, 1e-10))
    return np.asarray((np.maximum(levels, levels.max() - 8) + 4) / 4, np.float64)


@pytest.mark.parametrize("bands", [80, 128])
@pytest.mark.parametrize("samples", [0, 1, 150, 400, 33_333, 159_999, 160_000])
@pytest.mark.parametrize("loudness", [0.3, 1e-3, 1e-7])
def test_as_defined(bands: int, samples: int, loudness: float) -> None:
    window = np.random.default_rng(7).normal(0, loudness, samples).astype(np.float32)
    found = spectrogram(window, 1000, bands)
    assert found.shape == (bands, 1000)
    assert found.flags.c_contiguous
    assert np.abs(found - by_definition(window, 1000, bands)).max() < 1e-4


def test_silence() -> None:
    assert (spectrogram(np.zeros(16_000, np.float32), 200, 80) == np.float32(-1.5)).all()


def test_what_is_faint_counts_as_eight_decades_below_the_loudest() -> None:
    tone = np.sin(np.arange(16_000) * 2 * np.pi * 1000 / 16_000).astype(np.float32)
    found = spectrogram(tone, 300, 80)
    assert found.min() == pytest.approx(found.max() - 2)
    assert (found[:, 250:] == found.min()).all()
