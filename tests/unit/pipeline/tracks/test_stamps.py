"""Time stamps of field recorders: across midnight, without dates, with wrong ones."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks.rooms import Samples
from transcribe.core.episode import Track
from transcribe.core.recording import AudioStream, Source, SpeechSpan, SpeechSpans
from transcribe.core.waveform import Waveform
from transcribe.engines.ffmpeg import Ffmpeg
from transcribe.pipeline.stages.probe import probe
from transcribe.pipeline.tracks.arrange import Listened, arrange
from transcribe.pipeline.tracks.stamps import DAY_MS, Stamped, stamped

MINUTE = 60_000
HOUR = 60 * MINUTE
JANUARY = "2026-01-31"


def recording(since_midnight_ms: int | None, date: str = "", rate: int = 48_000) -> Source:
    tags: tuple[tuple[str, str], ...] = (("date", date),) if date else ()
    if since_midnight_ms is not None:
        tags += (("time_reference", str(since_midnight_ms * rate // 1000)),)
    streams = (AudioStream(0, "pcm_s24le", rate, 1),)
    return Source("a.wav", "a.wav", "ab" * 32, 1, "wav", None, streams, 0, tags)


EVENING, NIGHT = DAY_MS - 5_000, 8_000


@pytest.mark.parametrize(
    ("first", "this", "expected"),
    [
        (recording(1_000), recording(2_500, rate=44_100), Stamped(1_500)),
        (recording(EVENING, JANUARY), recording(NIGHT, "2026-02-01"), Stamped(13_000)),
        (recording(NIGHT, "2026-02-01"), recording(EVENING, JANUARY), Stamped(-13_000)),
        (recording(EVENING, "2026:12:31"), recording(NIGHT, "2027_01_01"), Stamped(13_000)),
        (recording(EVENING), recording(NIGHT), Stamped(13_000)),
        (recording(NIGHT), recording(EVENING), Stamped(-13_000)),
        (recording(EVENING, JANUARY), recording(NIGHT), Stamped(13_000)),
        (recording(EVENING, "0000-00-00"), recording(NIGHT, "2026"), Stamped(13_000)),
        # Both have the date on which the session began, or one clock was never set.
        (recording(EVENING, JANUARY), recording(NIGHT, JANUARY), Stamped(13_000, despite_dates=True)),
        (recording(1_000, "2016-01-01"), recording(9_000, JANUARY), Stamped(8_000, despite_dates=True)),
        # Samples since the midnight before: past 24 hours.
        (recording(EVENING, JANUARY), recording(DAY_MS + NIGHT, JANUARY), Stamped(13_000)),
        (recording(None, JANUARY), recording(NIGHT, JANUARY), None),
        (recording(NIGHT), recording(None), None),
    ],
)  # fmt: skip
def test_where_a_track_starts(first: Source, this: Source, expected: Stamped | None) -> None:
    found = stamped(first, 5 * MINUTE, this, 5 * MINUTE)
    if expected is None or found is None:
        assert found is expected
        return
    assert found.offset_ms == pytest.approx(expected.offset_ms, abs=1)
    assert found.despite_dates is expected.despite_dates


def test_a_track_may_start_many_hours_into_a_long_one() -> None:
    long, late = recording(HOUR, JANUARY), recording(15 * HOUR, JANUARY)
    assert stamped(long, 20 * HOUR, late, HOUR) == Stamped(14 * HOUR)
    after_midnight = recording(9 * HOUR, "2026-02-01")
    assert stamped(recording(20 * HOUR, JANUARY), 20 * HOUR, after_midnight, HOUR) == Stamped(13 * HOUR)


@pytest.mark.parametrize("said", ["-5", "1e9", "٣", "9" * 5000, ""])
def test_a_time_reference_that_is_no_number_is_none(said: str) -> None:
    odd = Source("a.wav", "a.wav", "ab" * 32, 1, "wav", None, (AudioStream(0, "pcm", 48_000, 1),), 0,
                 (("time_reference", said),))  # fmt: skip
    assert stamped(recording(NIGHT), HOUR, odd, HOUR) is None


def bext(date: str, since_midnight_ms: int, samples: int = 4_800) -> bytes:
    """A Broadcast Wave file at 48 kHz by EBU Tech 3285."""
    reference = since_midnight_ms * 48
    chunk = b"\0" * 320 + date.encode() + b"00:00:00" + struct.pack("<Q", reference) + b"\0" * 256
    fmt = struct.pack("<HHIIHH", 1, 1, 48_000, 96_000, 2, 16)
    parts = ((b"bext", chunk), (b"fmt ", fmt), (b"data", b"\0\1" * samples))
    body = b"".join(name + struct.pack("<I", len(content)) + content for name, content in parts)
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WAVE" + body


def test_three_broadcast_wave_files_across_midnight(
    tmp_path: Path,
    ffmpeg: Ffmpeg,
    voices: list[Samples],
    as_waveform: Callable[[str, Samples], Waveform],
) -> None:
    stamps: dict[str, tuple[str, int] | None] = {
              "room": None, "host": (JANUARY, EVENING), "guest": ("2026-02-01", NIGHT),
              "desk": (JANUARY, DAY_MS - 2_000)}  # fmt: skip
    tracks = []
    for number, (name, stamp) in enumerate(stamps.items()):
        path = tmp_path / f"{name}.wav"
        path.write_bytes(bext(*stamp) if stamp else bext("0000-00-00", 0))
        source = probe(path, None, ffmpeg)
        if not stamp:
            source = recording(None)
        waveform = as_waveform(name, voices[number % 2][number * 160_000 :][:80_000])
        speech = SpeechSpans((SpeechSpan(0, waveform.end_ms),))
        tracks.append(Listened(Track(name, source.sha256, name), source, waveform, speech))
    found = arrange(tracks[1:], {}, drop_bleed=False)
    assert [(each.offset_ms, each.placed) for each in found.tracks] == [
        (0, "reference"), (13_000, "stated"), (3_000, "stated"),
    ]  # fmt: skip
    assert found.notes == ()
    # Where the first one has no stamp, the others still are placed by each other's.
    offsets = [each.offset_ms for each in arrange(tracks, {}, drop_bleed=False).tracks[1:]]
    assert [each - offsets[0] for each in offsets] == [0, 13_000, 3_000]


def test_dates_that_are_not_believed_are_told(
    voices: list[Samples], as_waveform: Callable[[str, Samples], Waveform]
) -> None:
    tracks: list[Listened] = []
    for name, source in (("host", recording(1_000, "2016-01-01")), ("guest", recording(9_000, JANUARY))):
        waveform = as_waveform(name, voices[len(tracks)][:80_000])
        speech = SpeechSpans((SpeechSpan(0, waveform.end_ms),))
        tracks.append(Listened(Track(f"{name}.wav", source.sha256, name), source, waveform, speech))
    (note,) = arrange(tracks, {}, drop_bleed=False).notes
    assert note.startswith("guest.wav: by the dates in the files, a day or more lies between")
    assert "--offset guest.wav=MS" in note
