"""One answer to a question out of those about all sections, resting on quotes that stand in what was said."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import get_args

from transcribe.control.policy.answers import Given
from transcribe.control.policy.asking import Missing, Reply
from transcribe.control.policy.verdicts import Answer
from transcribe.core.passages import Passage
from transcribe.notes.terms import folded, is_unspaced, words_of

ORDER: tuple[Answer, ...] = get_args(Answer)
"""Of different answers about several sections the first one holds: what is against a "no" goes before it."""

LEAST_WORDS = 3
"""Words of a quote that is less than a whole segment: fewer stand anywhere."""

_MORE = {"uncited": "a yes or no whose quote is not in the lines that it names"}


@dataclass(frozen=True)
class Place:
    """Words of a passage: its number among all, and those of its first and last word, from 0."""

    passage: int
    first: int
    last: int


@dataclass(frozen=True)
class Combined:
    """An answer about an episode.

    Attributes:
        reason: What was answered about how many sections, for people.
        places: Of its quotes, in order, each once.
    """

    answer: Answer
    reason: str
    places: tuple[Place, ...] = ()


def combined(replies: Sequence[Reply], passages: Sequence[Passage]) -> Combined:
    """The answer about an episode.

    Args:
        replies: About each section; at least one.
    """
    judged = [_judged(each, passages) for each in replies]
    counts = Counter(answer for answer, _, _ in judged)
    held = [answer for answer in ORDER if counts[answer]]
    reason: str = held[0]
    if len(replies) > 1:
        parts = [f"{answer} in {counts[answer]}" for answer in held]
        reason = ", ".join([f"{parts[0]} of {len(replies)} sections", *parts[1:]])
    more = dict.fromkeys(more for _, more, _ in judged if more)
    if held == ["not asked"]:
        return Combined("not asked", "; ".join(more))
    places = dict.fromkeys(place for answer, _, place in judged if place and answer == held[0])
    by = f"; answered by {replies[0].by}" if replies[0].by else ""
    return Combined(held[0], ": ".join([reason, *(["; ".join(more)] if more else [])]) + by, tuple(places))


def _judged(reply: Reply, passages: Sequence[Passage]) -> tuple[Answer, str, Place | None]:
    """The answer about a section, what is to be said about it, and where its quote stands."""
    if isinstance(reply.given, Missing):
        return reply.given.why, reply.given.reason, None
    if reply.given.verdict in ("unsure", "not said"):
        return reply.given.verdict, "", None
    place = _place(reply.given, reply.cues, passages)
    return (reply.given.verdict, "", place) if place else ("uncited", _MORE["uncited"], None)


def _place(given: Given, cues: Sequence[int], passages: Sequence[Passage]) -> Place | None:
    """Where a quote stands in the lines that were named with it: as it is, but for case, signs and spaces."""
    named = {cues[cue - 1] for cue in given.cues if 1 <= cue <= len(cues)}
    wanted = _letters(given.quote)
    for number, passage in enumerate(passages) if wanted else ():
        for run in _runs(passage, named):
            found = _found(wanted, [_letters(passage.words[at].text) for at in run], given.quote)
            if found is None:
                continue
            first, last = run[found[0]], run[found[1]]
            if len(words_of(given.quote)) >= LEAST_WORDS or _is_whole(passage, first, last):
                return Place(number, first, last)
    return None


def _runs(passage: Passage, segments: set[int]) -> Iterator[list[int]]:
    """The numbers of the words of some segments, as far as they follow each other."""
    run: list[int] = []
    for segment in sorted(segments):
        first, end = (bisect_left(passage.places, (number, 0)) for number in (segment, segment + 1))
        if run and first != run[-1] + 1:
            yield run
            run = []
        run = [*run, *range(first, end)]
    if run:
        yield run


def _found(wanted: str, words: Sequence[str], quote: str) -> tuple[int, int] | None:
    """The first and last of the words that a quote is made of; it begins and ends with a word."""
    text, ends = "".join(words), list(accumulate(map(len, words)))
    starts = {0, *ends}
    at = text.find(wanted)
    while at >= 0:
        end = at + len(wanted)
        if is_unspaced(quote) or (at in starts and end in starts):
            return bisect_right(ends, at), bisect_left(ends, end)
        at = text.find(wanted, at + 1)
    return None


def _is_whole(passage: Passage, first: int, last: int) -> bool:
    """Whether some words are all of a segment."""
    before = passage.places[first - 1][0] if first else None
    after = passage.places[last + 1][0] if last + 1 < len(passage.places) else None
    return before != passage.places[first][0] and after != passage.places[last][0]


def _letters(text: str) -> str:
    return "".join(char for char in folded(text) if char.isalnum())
