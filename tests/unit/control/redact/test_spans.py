"""Where masked words lie in the sound."""

from __future__ import annotations

import pytest

from transcribe.control.redact.spans import Span, spans_of
from transcribe.core.episode import Word
from transcribe.core.errors import RedactionError

WHY = frozenset(["words"])


def words(*times: tuple[int, int]) -> list[Word]:
    return [Word(start, end, "x", 1.0) for start, end in times]


def times(spans: tuple[Span, ...]) -> list[tuple[int, int]]:
    return [(each.start_ms, each.end_ms) for each in spans]


@pytest.mark.parametrize(
    ("said", "chosen", "expected"),
    [
        ([(1000, 1200)], [0], [(750, 1450)]),
        ([(100, 300), (1000, 1200)], [0], [(0, 550)]),  # the first word; not before the recording
        ([(0, 900), (1000, 1200), (1250, 1500)], [1], [(900, 1250)]),  # never into a neighbour
        ([(0, 1000), (1000, 1200), (1200, 1500)], [1], [(1000, 1200)]),
        ([(1000, 1200), (1200, 1500)], [0, 1], [(750, 1750)]),  # words that follow each other are one
        ([(1000, 1200), (1300, 1400), (1500, 1700)], [0, 2], [(750, 1300), (1400, 1950)]),
        ([(0, 2000), (1000, 1200), (1500, 1800)], [1], [(1000, 1450)]),  # somebody else speaks meanwhile
    ],
)
def test_spans(said: list[tuple[int, int]], chosen: list[int], expected: list[tuple[int, int]]) -> None:
    assert times(spans_of(words(*said), dict.fromkeys(chosen, WHY))) == expected


@pytest.mark.parametrize(("heard", "expected"), [(0, (1000, 1200)), (1, (900, 1350)), (2, (800, 1450))])
def test_one_that_is_still_heard_goes_into_its_neighbours_and_not_beyond(
    heard: int, expected: tuple[int, int]
) -> None:
    said = words((700, 800), (800, 1000), (1000, 1200), (1200, 1500))
    assert times(spans_of(said, {2: WHY}, times_heard={2: heard})) == [expected]


def test_overlapping_ones_are_one_with_both_reasons() -> None:
    asked = [Span(1100, 2000, ("span",))]
    assert spans_of(words((1000, 1200)), {0: WHY}, asked) == (Span(750, 2000, ("span", "words")),)


def test_a_word_without_time_is_a_failure() -> None:
    with pytest.raises(RedactionError, match=r"a word at 00:00:01\.000 has no time of its own"):
        spans_of(words((0, 1000), (1000, 1000), (1000, 1500)), {1: WHY})
