"""All tracks on one timeline, and what is no track of its own."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from benchmarks.rooms import Room, Samples, by_another_clock, microphones
from transcribe.core.episode import Track
from transcribe.core.recording import AudioStream, Source, SpeechSpan, SpeechSpans
from transcribe.core.waveform import Waveform
from transcribe.pipeline.tracks.arrange import Arrangement, Listened, arrange, earliest

AsWaveform = Callable[[str, Samples], Waveform]

ROOM = Room(-20)


def listened(
    name: str,
    samples: Samples,
    as_waveform: AsWaveform,
    *,
    channel: int | None = None,
    tags: tuple[tuple[str, str], ...] = (),
) -> Listened:
    """A track on which somebody may speak anywhere."""
    source = Source(name, name, "ab" * 32, 1, "wav", None, (AudioStream(0, "pcm_s16le", 48_000, 2),), 0, tags)
    waveform = as_waveform(f"{name}-{channel}", samples)
    speech = SpeechSpans((SpeechSpan(0, waveform.end_ms),) if samples.any() else ())
    return Listened(Track(name, source.sha256, name, channel), source, waveform, speech)


def starts(found: Arrangement) -> list[tuple[int, str]]:
    return [(track.offset_ms, track.placed) for track in found.tracks]


def test_the_first_to_start_has_the_timeline(voices: list[Samples], as_waveform: AsWaveform) -> None:
    one, other = microphones(voices, ROOM)
    late = by_another_clock(one, 3_000, 0)
    found = arrange(
        [listened("host", late, as_waveform), listened("guest", other, as_waveform)], {}, drop_bleed=True
    )
    assert starts(found) == [(pytest.approx(3_000, abs=10), "reference"), (0, "found")]
    assert earliest(found.tracks) == 1
    assert all(own.voice for own in found.own)
    assert found.notes == ()


def test_who_starts_together_keeps_the_order(voices: list[Samples], as_waveform: AsWaveform) -> None:
    heard = microphones(voices, ROOM)
    found = arrange(
        [listened(str(n), each, as_waveform) for n, each in enumerate(heard)], {}, drop_bleed=False
    )
    assert starts(found) == [(0, "reference"), (pytest.approx(0, abs=10), "found")]
    assert earliest(found.tracks) == 0


def test_a_track_may_be_placed_by_another_one(voices: list[Samples], as_waveform: AsWaveform) -> None:
    third = np.roll(voices[0], 16_000 * 9)
    near = microphones([voices[1], third], ROOM, seed=2)  # the first one sits in another room
    tracks = [
        listened("far", voices[0][::-1].copy(), as_waveform),
        listened("one", near[0], as_waveform),
        listened("two", by_another_clock(near[1], 5_000, 0), as_waveform),
    ]
    found = arrange(tracks, {1: 700}, drop_bleed=False)
    assert starts(found) == [(0, "reference"), (700, "chosen"), (pytest.approx(5_700, abs=10), "found")]


def test_time_stamps_are_believed_where_the_sound_tells_nothing(
    voices: list[Samples], as_waveform: AsWaveform
) -> None:
    tracks = [
        listened("host", voices[0], as_waveform, tags=(("time_reference", "48000"),)),
        listened("guest", voices[1], as_waveform, tags=(("time_reference", "120000"),)),
    ]
    assert starts(arrange(tracks, {}, drop_bleed=False)) == [(0, "reference"), (1_500, "stated")]


def test_what_is_not_known_is_told(voices: list[Samples], as_waveform: AsWaveform) -> None:
    tracks = [
        listened("host", voices[0], as_waveform),
        listened("guest", voices[1][: 15 * 16_000], as_waveform),
        listened("silent", np.zeros(16_000 * 5), as_waveform),
    ]
    found = arrange(tracks, {}, drop_bleed=True)
    assert starts(found) == [(0, "reference"), (0, "assumed"), (0, "assumed")]
    assert len(found.notes) == 2
    assert found.notes[0].startswith("guest: this track is far shorter")
    assert "--offset guest=MS" in found.notes[1]


def test_channels_begin_together(voices: list[Samples], as_waveform: AsWaveform) -> None:
    tracks = [listened("talk", each, as_waveform, channel=n) for n, each in enumerate(voices, 1)]
    assert starts(arrange(tracks, {}, drop_bleed=True)) == [(0, "together"), (0, "together")]


def test_a_copy_and_a_mix_are_left_out(voices: list[Samples], as_waveform: AsWaveform) -> None:
    one, other = microphones(voices, ROOM)
    tracks = [
        listened(name, samples, as_waveform)
        for name, samples in (("host", one), ("guest", other), ("copy", 0.8 * one), ("both", one + other))
    ]
    found = arrange(tracks, {}, drop_bleed=True)
    assert {each.index: each.reason for each in found.left_out} == {
        2: "it holds the same sound as host",
        3: "it is a mix: every other track's voice is as loud on it",
    }
    assert found.own[3].speech == SpeechSpans(())
