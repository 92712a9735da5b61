"""The review (.review.md): what a person should listen to again, made by the template `review.md.j2`.

It is no format to choose: it is written beside the others whenever there is something to check.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from transcribe.core.episode import Episode, Spot, Word, join_words
from transcribe.formats.md import title_of
from transcribe.formats.templates import render_template
from transcribe.formats.tokens import encodable

NAME = "review"
SUFFIX = ".review.md"

WORDS_AROUND = 8
"""Words shown before and after a spot, to find it by."""

MOST_WORDS = 40
"""Of a longer spot only the first and the last half of so many are shown."""


@dataclass(frozen=True)
class Passage:
    """A spot with the text around it."""

    spot: Spot
    before: str
    words: str
    after: str


def write(episode: Episode) -> bytes | None:
    """The review of an episode; None when there is nothing to check.

    The template gets `title`, `episode` (an `episode.Episode`) and `passages` (a tuple of `Passage`).

    Raises:
        TranscribeError: The template is missing or wrong.
    """
    if not episode.coverage.to_check:
        return None
    passages = passages_of(episode)
    page = render_template("review.md.j2", title=title_of(episode), episode=episode, passages=passages)
    return encodable(page).encode()


def passages_of(episode: Episode) -> tuple[Passage, ...]:
    """Every spot that a person should look at, with the text around it."""
    words = episode.transcript.words
    return tuple(passage_of(spot, words) for spot in episode.coverage.to_check)


def passage_of(spot: Spot, words: Iterable[Word]) -> Passage:
    """Share the words near a spot out: before it, in it, after it, by their middle."""
    before: list[Word] = []
    inside: list[Word] = []
    after: list[Word] = []
    for word in words:
        middle = (word.start_ms + word.end_ms) / 2
        (before if middle < spot.start_ms else inside if middle < spot.end_ms else after).append(word)
    return Passage(
        spot, join_words(before[-WORDS_AROUND:]), shortened(inside), join_words(after[:WORDS_AROUND])
    )


def shortened(words: Sequence[Word]) -> str:
    """All words, or the first and the last of very many."""
    if len(words) <= MOST_WORDS:
        return join_words(words)
    half = MOST_WORDS // 2
    return f"{join_words(words[:half])} … {join_words(words[-half:])}"
