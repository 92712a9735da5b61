from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from transcribe.core.events import Event, StageAdvanced, silent
from transcribe.core.own_process import Died
from transcribe.core.recording import SpeechSpan, joined
from transcribe.core.settings import DetectSettings
from transcribe.core.waveform import Waveform
from transcribe.pipeline.stages.detect import BLOCK_SAMPLES, detect, pad, speech_bursts, unsure

EXACT = DetectSettings(min_speech_ms=0, min_silence_ms=0, speech_pad_ms=0)


class Scripted:
    """A detector that gives each window the value of its first sample."""

    def probabilities(self, blocks: Iterable[NDArray[np.float32]]) -> Iterator[NDArray[np.float32]]:
        for block in blocks:
            yield block[::512]


def record(folder: Path, probabilities: list[float], extra_samples: int = 0, start_ms: int = 0) -> Waveform:
    samples = np.repeat(np.array(probabilities, "<f4"), 512)
    samples = samples[: len(samples) - extra_samples] if extra_samples else samples
    samples.tofile(folder / "audio.f32")
    return Waveform(str(folder / "audio.f32"), len(samples), start_ms, 0.0)


def spans(waveform: Waveform, settings: DetectSettings) -> list[tuple[int, int]]:
    found = detect(waveform, settings, Scripted(), silent).spans
    return [(span.start_ms, span.end_ms) for span in found]


def test_windows_become_times(tmp_path: Path) -> None:
    assert spans(record(tmp_path, [0, 0, 1, 1, 0]), EXACT) == [(64, 128)]


def test_times_are_on_the_recording_s_timeline(tmp_path: Path) -> None:
    assert spans(record(tmp_path, [0, 1, 0], start_ms=60_000), EXACT) == [(60_032, 60_064)]


def test_speech_up_to_the_end_ends_with_the_recording(tmp_path: Path) -> None:
    assert spans(record(tmp_path, [0, 1, 1], extra_samples=256), EXACT) == [(32, 80)]


def test_fifty_ms_of_speech_are_found(tmp_path: Path) -> None:
    waveform = record(tmp_path, [1, 1], extra_samples=224)
    assert spans(waveform, DetectSettings(min_speech_ms=0)) == [(0, 50)]


def test_silence_has_no_spans(tmp_path: Path) -> None:
    assert spans(record(tmp_path, [0.02] * 100), DetectSettings()) == []


def test_the_default_settings_join_drop_and_pad(tmp_path: Path) -> None:
    pause, cough = [0.0] * 9, [1.0] * 3  # 288 ms and 96 ms
    speech = [1.0] * 20  # 640 ms
    far = [0.0] * 30
    probabilities = [*far, *speech, *pause, *speech, *far, *cough, *far]
    start, end = 30 * 32, (30 + 49) * 32
    assert spans(record(tmp_path, probabilities), DetectSettings()) == [(start - 200, end + 200)]


def test_progress_is_told(tmp_path: Path) -> None:
    events: list[Event] = []
    windows = 2 * BLOCK_SAMPLES // 512 + 1
    detect(record(tmp_path, [0.0] * windows), EXACT, Scripted(), events.append)
    assert events[-1] == StageAdvanced("detect", windows * 32)
    assert len(events) == 3


class Mortal:
    """Dies over blocks with these numbers; otherwise as `Scripted`."""

    def __init__(self, *fatal: int) -> None:
        self._fatal = fatal
        self._number = -1

    def probabilities(self, blocks: Iterable[NDArray[np.float32]]) -> Iterator[NDArray[np.float32]]:
        for block in blocks:
            self._number += 1
            if self._number in self._fatal:
                raise Died("it crashed", "Try again")
            yield block[::512]


BLOCK_WINDOWS = BLOCK_SAMPLES // 512
BLOCK_MS = BLOCK_WINDOWS * 32


@pytest.mark.parametrize(
    ("fatal", "assumed", "told"),
    [
        ((0,), [(0, BLOCK_MS)], ["00:01:00–00:05:22"]),
        ((1,), [(BLOCK_MS, 2 * BLOCK_MS)], ["00:05:22–00:09:44"]),
        ((2,), [(2 * BLOCK_MS, 2 * BLOCK_MS + 45)], ["00:09:44–00:09:44"]),
        (
            (0, 1, 2),
            [(0, BLOCK_MS), (BLOCK_MS, 2 * BLOCK_MS), (2 * BLOCK_MS, 2 * BLOCK_MS + 45)],
            ["00:01:00–00:05:22", "00:05:22–00:09:44", "00:09:44–00:09:44"],
        ),
    ],
)
def test_what_a_detector_dies_over_is_taken_for_speech(
    tmp_path: Path, fatal: tuple[int, ...], assumed: list[tuple[int, int]], told: list[str]
) -> None:
    waveform = record(tmp_path, [0.0] * (2 * BLOCK_WINDOWS + 2), extra_samples=304, start_ms=60_000)
    deaths: list[Died] = []
    events: list[Event] = []
    speech = detect(waveform, DetectSettings(), Mortal(*fatal), events.append, deaths.append)
    expected = [(60_000 + start, 60_000 + end) for start, end in assumed]
    assert [(span.start_ms, span.end_ms) for span in speech.assumed] == expected
    first, last = expected[0][0], expected[-1][1]
    assert [(span.start_ms, span.end_ms) for span in speech.spans] == [
        (max(60_000, first - 200), min(waveform.end_ms, last + 200))
    ]
    assert [death.what for death in deaths] == [f"it crashed, at {place}" for place in told]
    assert events[-1] == StageAdvanced("detect", 2 * BLOCK_MS + 45)


def test_a_detector_that_dies_is_an_error_where_nobody_wants_to_know(tmp_path: Path) -> None:
    with pytest.raises(Died, match=r"^it crashed, at 00:00:00–00:00:00\. Try again"):
        detect(record(tmp_path, [0.0]), DetectSettings(), Mortal(0), silent)


def test_speech_is_left_only_well_below_the_threshold() -> None:
    assert speech_bursts([0.4, 0.5, 0.4, 0.36, 0.5, 0.34, 0.4, 0.0], 0.5) == [SpeechSpan(32, 160)]


@pytest.mark.parametrize(("pause_ms", "count"), [(299, 1), (300, 2)])
def test_short_pauses_do_not_separate(pause_ms: int, count: int) -> None:
    bursts = [SpeechSpan(0, 1000), SpeechSpan(1000 + pause_ms, 2000)]
    assert len(joined(bursts, 300)) == count


def test_padding_meets_in_the_middle_and_stays_in_the_recording() -> None:
    padded = pad([SpeechSpan(100, 1000), SpeechSpan(1301, 2000)], 200, 2050)
    assert padded == [SpeechSpan(0, 1150), SpeechSpan(1150, 2050)]


@given(st.lists(st.sampled_from([0.0, 0.4, 1.0]), max_size=200), st.integers(0, 300), st.integers(0, 400))
def test_spans_are_in_order_and_hold_all_lasting_speech(
    probabilities: list[float], min_silence_ms: int, pad_ms: int
) -> None:
    length_ms = len(probabilities) * 32
    padded = pad(joined(speech_bursts(probabilities, 0.5), min_silence_ms), pad_ms, length_ms)
    for before, after in pairwise(padded):
        assert before.end_ms <= after.start_ms
    assert all(0 <= span.start_ms < span.end_ms <= length_ms for span in padded)
    for index, probability in enumerate(probabilities):
        if probability == 1:
            assert any(s.start_ms <= index * 32 and (index + 1) * 32 <= s.end_ms for s in padded)


def test_a_pause_of_which_the_detector_is_unsure_is_listened_to() -> None:
    doubtful = [0.0] * 40 + [0.2, 0.05] * 31 + [0.0] * 60
    speech = [1.0] * 20
    rated = [*speech, *doubtful, *speech]
    found = list(unsure(rated, speech_bursts(rated, 0.5), 200))
    assert found and all(span.duration_ms == 62 * 32 for span in found)
    assert {span.start_ms // 32 for span in found} <= set(range(20, 130))


@pytest.mark.parametrize("pause", [[0.02] * 100, [0.4] + [0.01] * 99, [0.3] * 20])
def test_silence_echoes_and_short_pauses_are_pauses(pause: list[float]) -> None:
    rated = [*[1.0] * 20, *pause, *[1.0] * 20]
    assert list(unsure(rated, speech_bursts(rated, 0.5), 200)) == []
