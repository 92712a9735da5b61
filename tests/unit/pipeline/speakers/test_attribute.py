"""Which word is whose."""

from __future__ import annotations

from transcribe.core.episode import Segment, Transcript, Turn, Turns, Word
from transcribe.pipeline.speakers.attribute import attribute


def said(text: str, *, start_ms: int = 0, word_ms: int = 400, pause_ms: int = 0) -> Segment:
    """A segment whose words follow each other."""
    words, at = [], start_ms
    for each in text.split():
        words.append(Word(at, at + word_ms, each, 0.9))
        at += word_ms + pause_ms
    return Segment(words[0].start_ms, words[-1].end_ms, tuple(words), 0, language="pl")


def who(turns: list[tuple[int, int, str]], *segments: Segment) -> list[tuple[str | None, str]]:
    made = attribute(Transcript(None, segments), Turns(tuple(Turn(*turn) for turn in turns)))
    assert [word for segment in segments for word in segment.words] == list(made.words)
    assert all(
        (each.start_ms, each.end_ms, each.language) == (each.words[0].start_ms, each.words[-1].end_ms, "pl")
        for each in made.segments
    )
    return [(segment.speaker, segment.text) for segment in made.segments]


def test_a_segment_is_split_where_the_speaker_changes() -> None:
    turns = [(0, 1600, "S1"), (1600, 3200, "S2")]
    assert who(turns, said("to jest nasz dom a to ich dom")) == [
        ("S1", "to jest nasz dom"),
        ("S2", "a to ich dom"),
    ]


def test_a_change_between_sentences_is_found_though_the_times_are_off() -> None:
    turns = [(0, 1950, "S1"), (1950, 4000, "S2")]  # 350 ms into the second sentence
    assert who(turns, said("To jest nasz dom. A to ich dom.")) == [
        ("S1", "To jest nasz dom."),
        ("S2", "A to ich dom."),
    ]


def test_a_single_word_inside_a_sentence_does_not_change_sides() -> None:
    turns = [(0, 800, "S1"), (800, 1200, "S2"), (1200, 3000, "S1")]
    assert who(turns, said("to jest nasz stary dom")) == [("S1", "to jest nasz stary dom")]


def test_an_interjection_between_sentences_is_kept() -> None:
    turns = [(0, 1600, "S1"), (1620, 1980, "S2"), (2000, 4000, "S1")]
    assert who(turns, said("To jest nasz dom. Mhm. Stoi tu długo.")) == [
        ("S1", "To jest nasz dom."),
        ("S2", "Mhm."),
        ("S1", "Stoi tu długo."),
    ]


def test_an_interjection_between_pauses_is_kept() -> None:
    turns = [(0, 900, "S1"), (1500, 1900, "S2"), (2500, 3400, "S1")]
    parts = [said("nasz dom"), said("tak", start_ms=1500), said("stoi tu", start_ms=2500)]
    assert who(turns, *parts) == [("S1", "nasz dom"), ("S2", "tak"), ("S1", "stoi tu")]


def test_words_in_overlap_stay_with_who_was_speaking() -> None:
    turns = [(0, 3200, "S1"), (1600, 2000, "S2"), (3200, 4800, "S2")]
    text = said("to jest nasz dom i nasz kot tu. Ich dom tam jest")
    assert who(turns, text) == [("S1", "to jest nasz dom i nasz kot tu."), ("S2", "Ich dom tam jest")]


def test_words_outside_every_turn_go_to_the_nearest() -> None:
    turns = [(0, 800, "S1"), (6000, 7000, "S2")]
    parts = [said("nasz dom"), said("Ich kot", start_ms=5000), said("śpi", start_ms=6100)]
    assert who(turns, *parts) == [("S1", "nasz dom"), ("S2", "Ich kot"), ("S2", "śpi")]


def test_words_without_spaces_and_of_no_length() -> None:
    words = tuple(Word(at, at, text, 0.9, space_before=False) for at, text in ((0, "你好"), (5000, "再见")))
    segment = Segment(0, 5000, words, 0, language="pl")
    assert who([(0, 1000, "S1"), (4000, 6000, "S2")], segment) == [("S1", "你好"), ("S2", "再见")]


def test_without_turns_nothing_changes() -> None:
    transcript = Transcript(None, (said("to jest dom"),))
    assert attribute(transcript, Turns(())) == transcript
    empty = Transcript(None, ())
    assert attribute(empty, Turns((Turn(0, 1, "S1"),))) == empty


def test_ten_hours_of_words_are_attributed_in_one_pass() -> None:
    turns = [(at * 4000, at * 4000 + 4000, f"S{at % 3}") for at in range(9000)]
    parts = [said("to jest nasz dom i kot jest tam też.", start_ms=at * 4000) for at in range(9000)]
    found = who(turns, *parts)
    assert [speaker for speaker, _ in found] == [f"S{at % 3}" for at in range(9000)]
