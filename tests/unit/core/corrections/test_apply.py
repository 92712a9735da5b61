"""Corrections over a recognition: times, probabilities, speakers, segments; and what lies underneath."""

from __future__ import annotations

from dataclasses import replace

import pytest
from layers import laid, lines_of, of_lines
from noted import notes
from spoken import episode, segment, transcript

from transcribe.core.corrections.apply import corrected
from transcribe.core.corrections.edit import Line
from transcribe.core.corrections.place import lay
from transcribe.core.corrections.record import NO_CORRECTIONS, Corrections
from transcribe.core.episode import CorrectedWord, Segment, Turn, Turns, Word

SAID = transcript(segment("mister novack lives hear"), segment("good by", 10_000))


def times(words: tuple[Word, ...]) -> list[tuple[str, int, int]]:
    return [(word.text, word.start_ms, word.end_ms) for word in words]


def test_as_many_words_take_the_times_of_those_they_replace() -> None:
    first, second = laid(SAID, of_lines(SAID, "Mister Nowak lives here", "good by"))
    assert [word.text for word in first.words] == ["Mister", "Nowak", "lives", "here"]
    old = SAID.segments[0].words
    assert [(word.start_ms, word.end_ms) for word in first.words] == [(w.start_ms, w.end_ms) for w in old]
    assert [(word.corrected, word.probability) for word in first.words] == [
        (True, 1), (True, 1), (False, 0.9), (True, 1),
    ]  # fmt: skip
    assert second is SAID.segments[1]


def test_more_or_fewer_words_share_the_time_of_those_they_replace() -> None:
    _, longer = laid(SAID, of_lines(SAID, "mister novack lives hear", "good bye to you"))
    assert times(longer.words) == [("good", 10_000, 10_280), ("bye", 10_280, 10_332), ("to", 10_332, 10_367),
                                   ("you", 10_367, 10_420)]  # fmt: skip
    shorter, _ = laid(SAID, of_lines(SAID, "misternovack lives hear", "good by"))
    assert times(shorter.words)[0] == ("misternovack", 0, 840)


@pytest.mark.parametrize(
    "lines",
    [
        ["mister novack lives", "good by"],
        ["and so mister novack lives hear", "good by"],
        ["good by"],
        ["mister", "novack lives", "hear good by"],
        ["mister novack lives hear good by"],
        ["mister novack lives hear", "[laughter]", "good by"],
        ["something quite different", "was said", "here"],
        ["مرحبا بكم في البرنامج", "تصبحون على خير"],
        ["今日は、Claudeさん", "good by"],
    ],
)
def test_an_edit_comes_out_as_it_was_made(lines: list[str]) -> None:
    assert lines_of(laid(SAID, of_lines(SAID, *lines))) == [Line(line) for line in lines]


def test_scripts_without_spaces_are_corrected_by_the_character() -> None:
    said = transcript(segment("今日 は 東京 です", spaces=False), language="ja")
    corrections = of_lines(said, "今日は京都です")
    assert [each.at.words for each in corrections.records] == [("東京",)]
    (line,) = laid(said, corrections)
    assert line.text == "今日は京都です"
    assert times(line.words)[2:4] == [("京", 210, 280), ("都", 280, 350)]


def test_who_says_a_part_of_a_segment_divides_it() -> None:
    said = transcript(segment("how are you fine thanks", speaker="Anna"))
    lines = [Line("how are you", "Anna"), Line("fine thanks", "Ben")]
    corrections = of_lines(said, *lines)
    assert [each.kind for each in corrections.records] == ["split", "speaker"]
    assert lines_of(laid(said, corrections)) == lines
    alone = Corrections(corrections.records[1:])
    assert lines_of(laid(said, alone)) == lines, "another speaker begins another segment"


def test_what_two_people_say_at_once_is_not_merged() -> None:
    said = transcript(segment("one two three", 0, speaker="A"), segment("yes", 200, speaker="B"))
    layer = lay(said, of_lines(said, Line("one two three yes", "A")))
    assert [str(each).partition(": ")[2] for each in layer.unfit] == ["they speak at the same time"]


def test_segments_stay_in_the_order_of_their_starts() -> None:
    said = episode(segment("one two three four five", 0, speaker="A"), segment("yes", 300, speaker="B"))
    corrections = of_lines(
        said.transcript, Line("one two", "A"), Line("three four five", "A"), Line("yes", "B")
    )
    made, _ = corrected(said, corrections)
    assert [each.text for each in made.transcript.segments] == ["one two", "yes", "three four five"] or [
        each.start_ms for each in made.transcript.segments
    ] == sorted(each.start_ms for each in made.transcript.segments)


def test_no_correction_changes_nothing_and_the_recognition_is_kept() -> None:
    said = episode(*SAID.segments)
    assert corrected(said, NO_CORRECTIONS) == (said, ())
    assert of_lines(SAID, *(each.text for each in SAID.segments)) == NO_CORRECTIONS
    made, unfit = corrected(said, of_lines(SAID, "mister Nowak lives hear", "good by"))
    assert unfit == ()
    assert made.transcript.segments[0].text == "mister Nowak lives hear"
    assert made.recognised is not None
    assert made.recognised.transcript is said.transcript


def test_undoing_a_correction_brings_back_what_was_recognised() -> None:
    corrections = of_lines(SAID, "Mister Nowak lives here", "good", "bye")
    for each in corrections.records:
        others = corrections.without({each.id})
        assert len(others.records) == len(corrections.records) - 1
        layer = lay(SAID, others)
        assert each.id not in {placed.correction.id for placed in layer.placed}
    none = corrections.without({each.id for each in corrections.records})
    assert laid(SAID, none) == SAID.segments


def test_a_speaker_is_corrected_in_the_turns_too() -> None:
    said = replace(
        episode(segment("one two three", 0, speaker="S1"), segment("four", 2_000, speaker="S1")),
        turns=Turns((Turn(0, 5_000, "S1"), Turn(100, 300, "S2"))),
    )
    made, _ = corrected(said, of_lines(said.transcript, Line("one two three", "S1"), Line("four", "Ben")))
    assert made.turns == Turns(
        (Turn(0, 2_000, "S1"), Turn(100, 300, "S2"), Turn(2_000, 2_280, "Ben"), Turn(2_280, 5_000, "S1"))
    )


def test_notes_rest_on_the_segments_of_the_same_time() -> None:
    said = replace(
        episode(segment("a b c d", 0), segment("e f", 5_000), segment("g", 9_000)),
        notes=notes("One", "Two", "Three"),
    )
    made, _ = corrected(said, of_lines(said.transcript, "a b", "c d", "e f g"))
    assert made.notes is not None
    assert [each.segments for each in made.notes.chapters] == [(0, 1), (2,), (2,)]


def test_words_say_whether_they_were_corrected() -> None:
    assert CorrectedWord(0, 1, "a", 1.0).corrected
    assert not Word(0, 1, "a", 1.0).corrected


def test_blank_words_and_segments_do_no_harm() -> None:
    blank = Segment(500, 600, (Word(500, 600, " ", 0.1), Word(600, 600, "", 0.1)), 0)
    said = transcript(segment("one two"), blank, segment("three", 1_000))
    assert of_lines(said, "one two", "three") == NO_CORRECTIONS
    assert lines_of(laid(said, of_lines(said, "one two three four"))) == [Line("one two three four")]
