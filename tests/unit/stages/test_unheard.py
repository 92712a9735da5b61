"""Nobody claims silence where the level is like speech, and nobody claims speech in noise."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from transcribe.episode import Chunks, SpeechSpan, SpeechSpans, Transcript
from transcribe.stages.check import NOT_HEARD, check
from transcribe.stages.unheard import unheard
from transcribe.waveform import Waveform

RATE = 16_000


def recording(folder: Path, samples: NDArray[np.float64], gain_db: float = 0.0) -> Waveform:
    path = folder / "audio.f32"
    samples.astype("<f4").tofile(path)
    return Waveform(str(path), len(samples), 0, gain_db)


def noise(seconds: int) -> NDArray[np.float64]:
    return np.random.default_rng(1).standard_normal(seconds * RATE) * 0.01


def spoken(seconds: int) -> NDArray[np.float64]:
    """Noise in bursts of 150 ms, four a second."""
    time = np.arange(seconds * RATE) / RATE
    return noise(seconds) * np.where(time % 0.25 < 0.15, 1.0, 0.01)


def test_level_like_speech_without_detected_speech_is_not_heard(tmp_path: Path) -> None:
    waveform = recording(tmp_path, np.concatenate([noise(8), spoken(8), noise(8)]))
    found = unheard(waveform, SpeechSpans(()))
    assert found == (SpeechSpan(8_000, 16_000),)
    coverage = check(SpeechSpans(()), Chunks(()), (), Transcript(None, ()), found)
    assert coverage.percent == 0
    assert [spot.reason for spot in coverage.to_check] == [NOT_HEARD]


def test_noise_silence_and_what_was_detected_are_no_alarm(tmp_path: Path) -> None:
    for sound in (noise(12), np.zeros(12 * RATE), np.sin(np.arange(12 * RATE) / 5)):
        assert unheard(recording(tmp_path, sound), SpeechSpans(())) == ()
    detected = SpeechSpans((SpeechSpan(0, 12_000),))
    assert unheard(recording(tmp_path, spoken(12)), detected) == ()
    assert check(detected, Chunks(()), (), Transcript(None, ())).percent == 100


def test_a_recorder_in_a_silent_room_is_no_alarm(tmp_path: Path) -> None:
    assert unheard(recording(tmp_path, spoken(8) * 1e-3, 45.0), SpeechSpans(())) == ()
