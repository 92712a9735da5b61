"""Several episodes become one."""

from __future__ import annotations

from dataclasses import replace

from transcribe.core.episode import (
    Coverage,
    Episode,
    Language,
    ModelIdentity,
    Provenance,
    Segment,
    Spot,
    Track,
    Transcript,
    Word,
)
from transcribe.core.recording import Audio, Source, SpeechSpan, SpeechSpans
from transcribe.pipeline.tracks.merge import in_turn, merged, on_timeline

SOURCE = Source("host.wav", "host.wav", "ab" * 32, 1, "wav", 60_000, (), 0)
HOST = Track("host.wav", "ab" * 32, "Ala")
GUEST = Track("guest.wav", "cd" * 32, "Marek", offset_ms=2_000, drift_ppm=100.0, placed="found")


def said(start_ms: int, text: str, pauses: dict[int, int] | None = None, chunk: int = 0) -> Segment:
    """Words of 300 ms each; `pauses` says how long to wait before the word of that number."""
    words: list[Word] = []
    for number, word in enumerate(text.split()):
        start_ms += (pauses or {}).get(number, 0)
        words.append(Word(start_ms, start_ms + 300, word, 0.9))
        start_ms += 300
    return Segment(words[0].start_ms, words[-1].end_ms, tuple(words), chunk)


def episode(*segments: Segment, language: str = "pl", speech: tuple[tuple[int, int], ...] = ()) -> Episode:
    spans = SpeechSpans(tuple(SpeechSpan(*span) for span in speech))
    return Episode(
        SOURCE,
        Audio("audio.f32", 160_000, 0, -20.0, 0.0, ("a warning",), faults=("a fault",)),
        spans,
        Transcript(Language(language, 0.9, detected=True), segments),
        Coverage(
            spans.duration_ms, 100, 0, 0, (Spot(0, 100, "missing", "no words were recognised"),), ("a fault",)
        ),
        Provenance("transcribe 0", "engine 0", ModelIdentity("base", "ef" * 32), ()),
    )


def together(host: Episode, guest: Episode) -> Episode:
    segments = [
        on_timeline(each.transcript.segments, track) for each, track in ((host, HOST), (guest, GUEST))
    ]
    return merged(SOURCE, [HOST, GUEST], [host, guest], segments)


def test_times_go_onto_the_timeline() -> None:
    assert [GUEST.at(ms) for ms in (0, 10_000, 3_600_000)] == [2_000, 12_001, 3_602_360]
    (moved,) = on_timeline([said(10_000, "dzień dobry")], GUEST)
    assert (moved.start_ms, moved.words[1].start_ms, moved.speaker) == (12_001, 12_301, "Marek")


def test_speakers_take_turns_and_chunks_have_numbers_of_their_own() -> None:
    one = together(
        episode(said(0, "Dzień dobry."), said(6_000, "Jak się masz?", chunk=1)),
        episode(said(0, "Cześć."), said(7_000, "Dobrze.")),
    )
    lines = [(each.speaker, each.text, each.chunk) for each in one.transcript.segments]
    assert lines == [
        ("Ala", "Dzień dobry.", 0),
        ("Marek", "Cześć.", 2),
        ("Ala", "Jak się masz?", 1),
        ("Marek", "Dobrze.", 2),
    ]


def test_a_segment_is_divided_where_somebody_comes_in_at_a_pause() -> None:
    host = on_timeline([said(0, "No więc myślę że tak", {2: 2_000})], HOST)
    guest = on_timeline([said(1_000, "Mhm")], replace(HOST, speaker="Marek"))
    assert [each.text for each in in_turn([host, guest])] == ["No więc", "Mhm", "myślę że tak"]
    later = on_timeline([said(9_000, "Mhm")], replace(HOST, speaker="Marek"))
    assert [each.text for each in in_turn([host, later])] == ["No więc myślę że tak", "Mhm"]


def test_who_talks_over_somebody_keeps_the_time() -> None:
    host = on_timeline([said(0, "jeden dwa trzy cztery pięć")], HOST)
    guest = on_timeline([said(500, "Mhm")], replace(HOST, speaker="Marek"))
    first, second = in_turn([host, guest])
    assert (first.text, second.start_ms) == ("jeden dwa trzy cztery pięć", 500)
    assert first.end_ms > second.start_ms


def test_where_the_times_of_one_track_are_wrong_nothing_can_be_sought() -> None:
    first, second = episode(said(0, "Tak")), episode(said(0, "Nie"))
    second = replace(second, audio=replace(second.audio, astray=True))
    assert together(first, second).audio.astray


def test_every_second_of_every_track_counts() -> None:
    one = together(
        episode(said(0, "Tak"), speech=((0, 3_000),)), episode(said(0, "Nie"), speech=((0, 2_000),))
    )
    assert (one.coverage.speech_ms, one.coverage.missing_ms) == (5_000, 200)
    assert one.speech.spans == (SpeechSpan(0, 4_000),)
    assert [(spot.start_ms, spot.reason[:5]) for spot in one.coverage.spots] == [
        (0, "Ala: "),
        (2_000, "Marek"),
    ]
    assert one.audio.warnings == ("host.wav: a warning", "guest.wav: a warning")
    assert not one.audio.astray
    assert one.audio.faults == one.coverage.faults == ("host.wav: a fault", "guest.wav: a fault")
    assert (one.audio.start_ms, one.audio.end_ms) == (0, 12_001)
    assert one.tracks == (HOST, GUEST)


def test_the_language_is_that_of_most_speech() -> None:
    polish = episode(said(0, "Tak"), speech=((0, 3_000),))
    english = episode(said(0, "Yes"), language="en", speech=((0, 1_000),))
    one = together(polish, english)
    assert one.transcript.language == Language("pl", 0.9, detected=True, share=0.75)
    assert [each.language for each in one.transcript.segments] == ["pl", "en"]
    assert together(polish, polish).transcript.segments[0].language is None
