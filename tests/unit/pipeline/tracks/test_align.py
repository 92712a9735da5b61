"""Offsets and drift between recorders, from the sound they share."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from benchmarks.rooms import Room, Samples, by_another_clock, microphones
from transcribe.core.waveform import Waveform
from transcribe.pipeline.tracks.align import line_through, place

AsWaveform = Callable[[str, Samples], Waveform]


@pytest.mark.parametrize(("bleed_db", "offset_ms"), [(-12, 0), (-25, -3_500), (-25, 12_345), (-35, 12_345)])
def test_the_offset_is_found(
    voices: list[Samples], as_waveform: AsWaveform, bleed_db: float, offset_ms: int
) -> None:
    one, other = microphones(voices, Room(bleed_db))
    late, early = max(0, offset_ms), max(0, -offset_ms)
    found = place(
        as_waveform("one", by_another_clock(one, early, 0)),
        as_waveform("other", by_another_clock(other, late, 0)),
    )
    assert found is not None
    assert found.offset_ms == pytest.approx(offset_ms, abs=8)  # the way through the air is 6 ms
    assert found.drift_ppm == 0  # cannot be told from a minute


def test_drift_is_found_in_a_longer_recording(voices: list[Samples], as_waveform: AsWaveform) -> None:
    long = [np.concatenate([np.roll(voice, 16_000 * shift) for shift in range(4)]) for voice in voices]
    one, other = microphones(long, Room(-20))
    found = place(as_waveform("one", one), as_waveform("other", by_another_clock(other, 2_000, 80)))
    assert found is not None
    assert found.drift_ppm == pytest.approx(80, abs=25)
    assert found.offset_ms == pytest.approx(2_000, abs=10)
    middle_ms = 134_000
    at = found.offset_ms + middle_ms * (1 + found.drift_ppm / 1e6)
    assert at == pytest.approx(2_000 + middle_ms * (1 + 80 / 1e6), abs=10)


def test_tracks_without_common_sound_are_not_placed(voices: list[Samples], as_waveform: AsWaveform) -> None:
    one, other = microphones(voices, Room(None))
    assert place(as_waveform("one", one), as_waveform("other", other)) is None


def test_silence_is_not_placed(voices: list[Samples], as_waveform: AsWaveform) -> None:
    speech, silence = as_waveform("speech", voices[0]), as_waveform("silence", np.zeros(20 * 16_000))
    assert place(speech, silence) is None
    assert place(silence, speech) is None
    assert place(silence, as_waveform("blink", np.zeros(100))) is None


def test_a_line_needs_places_that_agree() -> None:
    assert line_through([(0, 5.0), (10_000, 5.0)]) is None
    assert line_through([(0, 5.0), (10_000, 200.0), (20_000, -150.0), (30_000, 90.0)]) is None
    outlier = [(at * 10_000.0, 5.0) for at in range(5)] + [(60_000.0, 180.0)]
    found = line_through(outlier)
    assert found is not None
    assert (found.offset_ms, found.places) == (5.0, 5)


def test_no_clock_is_that_far_off() -> None:
    steep = [(at * 30_000.0, at * 30.0) for at in range(10)]  # 1000 ppm
    assert line_through(steep) is None
