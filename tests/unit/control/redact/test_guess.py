"""A word that is heard again: in the sound beside its stretch, or guessed from the words around it."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from spoken import segment, transcript

from transcribe.control.redact.choose import Chosen, Wanted
from transcribe.control.redact.guess import guessed, unexplained
from transcribe.control.redact.proof import Heard
from transcribe.control.redact.spans import Span
from transcribe.core.episode import Transcript

SAID = transcript(segment("the age of wisdom it was", 10_000))
WISDOM = SAID.segments[0].words[3]
SPAN = Span(WISDOM.start_ms, WISDOM.end_ms, ("words",))
HEARD = Heard(WISDOM.start_ms, WISDOM.end_ms, ("words",))
NOBODY = Wanted(())


def spans(left: str, right: str, edges: str, *, of: Transcript = SAID) -> tuple[Span, ...]:
    """The guesses, where this is recognised in one side, the other, and at both edges."""
    at = WISDOM.start_ms

    def listen(parts: Sequence[tuple[int, int]]) -> list[Transcript]:
        assert parts == [
            (at - 1500, SPAN.end_ms), (at, SPAN.end_ms + 1500), (at - 500, SPAN.end_ms + 500)
        ]  # fmt: skip
        return [transcript(segment(text, at)) for text in (left, right, edges)]

    chosen = Chosen({(0, 3): frozenset(["words"])})
    return guessed(NOBODY, [(of, chosen)], [SPAN], [HEARD], listen, 60_000)


@pytest.mark.parametrize(
    ("left", "right", "edges", "is_guess"),
    [
        ("the age of", "it was", "", True),
        ("The age of.", "it was the", "of it", True),
        ("the age of wisdom", "it was", "", False),  # it lies before the stretch
        ("the age of", "wisdom it was", "", False),
        ("the age of", "it was", "of wisdom it", False),  # it was cut in two
        ("", "it was", "", False),  # nobody listened
        ("the age", "it was", "", False),  # the word next to the stretch was not understood
        ("of", "it was", "", False),  # nor was half of them
        ("the age of", "", "", False),
    ],
)
def test_it_is_a_guess_where_the_sides_are_understood_without_it(
    left: str, right: str, edges: str, is_guess: bool
) -> None:
    assert spans(left, right, edges) == ((SPAN,) if is_guess else ())


def heard_beside(said: Transcript, length_ms: int) -> tuple[bool, list[tuple[int, int]]]:
    """Whether it is a guess, where only what is before the stretch is understood; and what was recognised."""
    asked: list[tuple[int, int]] = []

    def listen(parts: Sequence[tuple[int, int]]) -> list[Transcript]:
        asked.extend(parts)
        return [transcript(segment(text, WISDOM.start_ms)) for text in ("the age of", "", "")]

    chosen = Chosen({(0, 3): frozenset(["words"])})
    return bool(guessed(NOBODY, [(said, chosen)], [SPAN], [HEARD], listen, length_ms)), asked


def test_a_side_reaches_a_word_that_stays_and_ends_with_the_recording() -> None:
    alone = segment("the age of wisdom", 10_000)
    assert heard_beside(transcript(alone), SPAN.end_ms + 50)[0], "the last word: there is nothing behind it"
    assert not heard_beside(transcript(alone), 60_000)[0], "nobody knows what is there"
    later = segment("it was", SPAN.end_ms + 4_000)
    is_guess, asked = heard_beside(transcript(alone, later), 60_000)
    assert not is_guess
    assert asked[1] == (SPAN.start_ms, later.words[0].end_ms)


def test_what_is_heard_far_from_every_stretch_is_no_guess() -> None:
    far = Heard(50_000, 50_300, ("words",))
    assert unexplained([HEARD, far], [SPAN], [SPAN]) == (far,)
    other = Span(SPAN.end_ms + 600, SPAN.end_ms + 900, ("words",))
    assert unexplained([HEARD], [SPAN, other], [SPAN]) == (HEARD,)
    assert unexplained([HEARD], [SPAN, other], [SPAN, other]) == ()
