"""Corrections after a new recognition: found by their words and times, or reported with the reason."""

from __future__ import annotations

from dataclasses import replace

import pytest
from layers import lines_of, of_lines
from spoken import segment, transcript

from transcribe.core.corrections.apply import corrected_segments
from transcribe.core.corrections.edit import Line
from transcribe.core.corrections.place import Layer, lay
from transcribe.core.corrections.record import Corrections
from transcribe.core.episode import Transcript

SAID = transcript(
    segment("here is mister novack from the harbour", speaker="S1"),
    segment("yes of course", 5_000, speaker="S2"),
)
RIGHT = of_lines(SAID, Line("here is mister Nowak from the harbour", "S1"), Line("yes of course", "S2"))


def over(said: Transcript, corrections: Corrections = RIGHT) -> tuple[Layer, list[str]]:
    layer = lay(said, corrections)
    return layer, [line.text for line in lines_of(corrected_segments(layer))]


def reasons(layer: Layer) -> list[str]:
    return [each.reason for each in layer.unfit]


def test_the_same_words_are_found_at_another_time_and_in_other_segments() -> None:
    layer, lines = over(
        transcript(segment("well here is", 900), segment("mister Novack, from the harbour", 2_500))
    )
    assert lines == ["well here is", "mister Nowak from the harbour"]
    (placed,) = layer.placed
    assert (placed.correction.id, placed.correction.at.segment) == (RIGHT.records[0].id, 1)
    assert placed.correction.at.words == ("Novack,",)


def test_of_several_places_the_one_with_the_same_words_around_it_is_taken() -> None:
    said = transcript(segment("this novack here is mister novack from the harbour novack", 300))
    _, lines = over(said)
    assert lines == ["this novack here is mister Nowak from the harbour novack"]


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("here is mister Nowak from the harbour", "it is recognised so by itself"),
        ("here is mister no back from the harbour", "“novack” was recognised, and “no back” stands there"),
        ("here is", "“novack” was recognised, and nothing is recognised there"),
    ],
)
def test_what_does_not_fit_is_kept_and_says_why(said: str, reason: str) -> None:
    layer, lines = over(transcript(segment(said)))
    assert lines == [said]
    assert [each.correction for each in layer.unfit] == list(RIGHT.records)
    assert reasons(layer) == [reason]


def test_the_same_words_much_later_are_not_meant() -> None:
    layer, _ = over(transcript(segment("here"), segment("is mister novack from", 60_000)))
    assert len(layer.unfit) == 1


def test_a_speaker_is_found_by_the_time_where_most_words_are_the_same() -> None:
    corrections = of_lines(
        SAID, Line("here is mister novack from the harbour", "Anna"), Line("yes of course", "S2")
    )
    heard = transcript(segment("here is mister no back from a harbour", 40, speaker="S1"))
    layer = lay(heard, corrections)
    assert layer.unfit == ()
    assert {each.speaker for each in corrected_segments(layer)} == {"Anna"}
    other = lay(transcript(segment("something else is heard by this model", 40, speaker="S1")), corrections)
    assert len(other.unfit) == 1


def test_where_a_segment_ends_is_found_by_the_words_on_both_sides() -> None:
    corrections = of_lines(SAID, Line("here is mister novack", "S1"), Line("from the harbour", "S1"),
                           Line("yes of course", "S2"))  # fmt: skip
    _, lines = over(transcript(segment("here is a mister novack from the harbour", 100)), corrections)
    assert lines == ["here is a mister novack", "from the harbour"]
    _, divided = over(
        transcript(segment("here is mister novack"), segment("from the harbour", 1_500)), corrections
    )
    assert divided == ["here is mister novack", "from the harbour"]


def test_two_corrections_of_the_same_words_are_not_both_applied() -> None:
    first = RIGHT.records[0]
    twice = Corrections((first, replace(first, id="other", text="Novak")))
    layer, lines = over(SAID, twice)
    assert lines[0] == "here is mister Nowak from the harbour"
    assert reasons(layer) == [f"the correction {first.id} stands there"]


@pytest.mark.parametrize(("segment_number", "word"), [(0, 99), (99, 0), (2**31, 2**31)])
def test_a_place_that_is_not_there_is_looked_for(segment_number: int, word: int) -> None:
    first = RIGHT.records[0]
    at = replace(first.at, segment=segment_number, word=word)
    _, lines = over(SAID, Corrections((replace(first, at=at),)))
    assert lines[0] == "here is mister Nowak from the harbour"


def test_nothing_fits_where_nothing_is_recognised() -> None:
    layer, lines = over(Transcript(None, ()))
    assert (lines, len(layer.unfit)) == ([], 1)
