"""What of masked words counts as still heard."""

from __future__ import annotations

import pytest
from spoken import segment, transcript

from transcribe.control.redact.choose import Chosen, Wanted, choose
from transcribe.control.redact.proof import still_heard, stretches
from transcribe.control.redact.spans import Span
from transcribe.core.episode import Transcript

WHY = frozenset(["words"])
NOBODY = Wanted(())


def heard(
    before: Transcript, place: tuple[int, int], *again: Transcript, wanted: Wanted = NOBODY
) -> list[int]:
    word = before.segments[place[0]].words[place[1]]
    span = Span(word.start_ms, word.end_ms, ("words",))
    left = still_heard(wanted, [(before, Chosen({place: WHY}))], [span], again)
    return [each.start_ms for each in left]


SAID = transcript(segment("The age of wisdom begins."))


@pytest.mark.parametrize(
    ("again", "count"),
    [
        ("The age of begins.", 0),
        ("The age of Wisdom, begins.", 1),
        ("Wisdom! The age of begins wisdom", 2),
    ],
)
def test_a_word_near_its_span(again: str, count: int) -> None:
    assert len(heard(SAID, (0, 3), transcript(segment(again)))) == count


def test_far_from_its_span_it_is_another_one() -> None:
    assert heard(SAID, (0, 3), transcript(segment("wisdom", 9_000))) == []
    phrase = Wanted.of(None, ["wisdom"], [], [])
    assert heard(SAID, (0, 3), transcript(segment("wisdom", 9_000)), wanted=phrase) == [9_000]


def test_the_same_word_that_stays_may_be_heard_once() -> None:
    before = transcript(segment("no no yes"))
    assert heard(before, (0, 0), transcript(segment("no yes", 140))) == []
    assert heard(before, (0, 0), transcript(segment("no no yes"))) != []


def test_a_short_recording_is_recognised_as_a_whole_and_a_long_one_around_the_spans() -> None:
    spans = [Span(60_000, 61_000, ()), Span(70_000, 71_000, ()), Span(3_000_000, 3_001_000, ())]
    assert stretches(spans, 500_000) == ((0, 500_000),)
    assert stretches(spans, 3_600_000) == ((45_000, 86_000), (2_985_000, 3_016_000))


def test_rules_are_asked_of_all_that_was_recognised() -> None:
    wanted = Wanted.of(None, ["age of wisdom"], [], [])
    chosen = choose(wanted, SAID)
    again = transcript(segment("It was the age of wisdom", 60_000))
    left = still_heard(wanted, [(SAID, chosen)], [Span(210, 910, ("words",))], [again])
    assert left[0].start_ms >= 60_000
