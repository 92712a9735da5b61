"""Nobody claims silence where it sounds like speech, and nobody claims speech in noise."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from transcribe.core.episode import Transcript
from transcribe.core.hearing import Chunks
from transcribe.core.own_process import Died
from transcribe.core.recording import SpeechSpan, SpeechSpans
from transcribe.core.settings import DetectSettings
from transcribe.core.waveform import Waveform
from transcribe.pipeline.stages.check import check
from transcribe.pipeline.stages.detect import WINDOW_SAMPLES
from transcribe.pipeline.stages.unheard import NOT_HEARD, unheard

RATE = 16_000

Block = NDArray[np.float32]


class Loud:
    """Takes for speech what is loud enough; counts the samples it was given."""

    def __init__(self) -> None:
        self.given = 0

    def probabilities(self, blocks: Iterable[Block]) -> Iterator[Block]:
        for block in blocks:
            self.given += len(block)
            padded = np.pad(block, (0, -len(block) % WINDOW_SAMPLES)).reshape(-1, WINDOW_SAMPLES)
            yield (np.sqrt(np.mean(padded**2, axis=1)) > 0.02).astype(np.float32)


class Deaf(Loud):
    """Takes nothing for speech."""

    def probabilities(self, blocks: Iterable[Block]) -> Iterator[Block]:
        for block in super().probabilities(blocks):
            yield 0 * block


def recording(folder: Path, samples: NDArray[np.float64], gain_db: float = 0.0) -> Waveform:
    path = folder / "audio.f32"
    samples.astype("<f4").tofile(path)
    return Waveform(str(path), len(samples), 0, gain_db)


def noise(seconds: float) -> NDArray[np.float64]:
    return np.random.default_rng(1).standard_normal(round(seconds * RATE)) * 0.01


def spoken(seconds: float) -> NDArray[np.float64]:
    """Noise in bursts of 150 ms, four a second."""
    time = np.arange(round(seconds * RATE)) / RATE
    return noise(seconds) * np.where(time % 0.25 < 0.15, 1.0, 0.01)


def spots_of(
    waveform: Waveform, *speech: tuple[int, int], detector: Loud | None = None
) -> list[tuple[int, int]]:
    spans = SpeechSpans(tuple(SpeechSpan(*each) for each in speech))
    found = unheard(waveform, spans, DetectSettings(), detector or Deaf())
    return [(spot.start_ms, spot.end_ms) for spot in found]


def test_level_like_speech_without_detected_speech_is_not_heard(tmp_path: Path) -> None:
    waveform = recording(tmp_path, np.concatenate([noise(8), spoken(8), noise(8)]))
    found = unheard(waveform, SpeechSpans(()), DetectSettings(), Deaf())
    assert [(spot.start_ms, spot.end_ms, spot.reason) for spot in found] == [(8_000, 16_000, NOT_HEARD)]
    coverage = check(SpeechSpans(()), Chunks(()), (), Transcript(None, ()), found)
    assert coverage.percent == 0
    assert coverage.to_check == found
    assert "no speech" not in coverage.summary()


def test_noise_silence_and_what_was_detected_are_no_alarm(tmp_path: Path) -> None:
    for sound in (noise(12), np.zeros(12 * RATE), np.sin(np.arange(12 * RATE) / 5)):
        for detector in (Deaf(), Loud()):
            assert spots_of(recording(tmp_path, sound), detector=detector) == []
    detected = SpeechSpans((SpeechSpan(0, 12_000),))
    assert spots_of(recording(tmp_path, spoken(12)), (0, 12_000), detector=Loud()) == []
    assert check(detected, Chunks(()), (), Transcript(None, ())).percent == 100


def test_noise_that_ends_is_no_speech(tmp_path: Path) -> None:
    assert spots_of(recording(tmp_path, np.concatenate([noise(3), noise(3) * 0.03, noise(3)]))) == []


def test_a_recorder_in_a_silent_room_is_no_alarm(tmp_path: Path) -> None:
    detector = Loud()
    assert spots_of(recording(tmp_path, spoken(8) * 1e-3, 45.0), detector=detector) == []
    assert not detector.given


@pytest.mark.parametrize("quieter_db", [20, 40])
def test_a_faint_voice_in_a_pause_is_not_heard(tmp_path: Path, quieter_db: int) -> None:
    """As loud as the rest, the detector would have found it; it is asked again with the pause raised."""
    voice = noise(0.6) * 10 * 10 ** (-quieter_db / 20)
    pause = noise(2.0) * 1e-3
    pause[RATE // 2 : RATE // 2 + len(voice)] += voice
    waveform = recording(tmp_path, np.concatenate([noise(3) * 10, pause, noise(3) * 10]))
    (spot,) = unheard(
        waveform, SpeechSpans((SpeechSpan(0, 3_000), SpeechSpan(5_000, 8_000))), DetectSettings(), Loud()
    )
    assert spot.kind == "missing"
    assert spot.reason.startswith("not heard: a faint voice may be here")
    assert spot.start_ms == pytest.approx(3_500, abs=40)
    assert spot.end_ms == pytest.approx(4_100, abs=40)


def test_breath_at_the_edge_of_a_pause_is_no_faint_voice(tmp_path: Path) -> None:
    pause = noise(2.0) * 1e-3
    pause[: RATE // 3] += noise(1 / 3) * 0.1
    waveform = recording(tmp_path, np.concatenate([noise(3) * 10, pause, noise(3) * 10]))
    assert spots_of(waveform, (0, 3_000), (5_000, 8_000), detector=Loud()) == []


class Dying(Loud):
    """Dies over whatever it is given."""

    def probabilities(self, blocks: Iterable[Block]) -> Iterator[Block]:
        raise Died("the speech detector crashed")
        yield from super().probabilities(blocks)


def test_a_pause_over_which_the_detector_dies_is_not_said_to_be_silent(tmp_path: Path) -> None:
    faint = np.concatenate([noise(1), noise(1) * 0.1])
    waveform = recording(tmp_path, np.concatenate([noise(3) * 10, faint, noise(3) * 10]))
    assert spots_of(waveform, (0, 3_000), (5_000, 8_000), detector=Dying()) == [(3_000, 5_000)]


def test_short_pauses_and_what_is_loud_already_are_not_listened_to_again(tmp_path: Path) -> None:
    detector = Loud()
    waveform = recording(tmp_path, spoken(8) * 20)
    spots_of(waveform, (0, 3_500), (4_000, 8_000), detector=detector)  # a pause of 0.5 s
    spots_of(waveform, (0, 3_000), (4_500, 8_000), detector=detector)  # as loud as speech
    assert not detector.given
