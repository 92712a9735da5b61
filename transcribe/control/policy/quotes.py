"""Quotes of a passage, with a mask in the place of personal data."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import groupby

from transcribe.control.personal.datum import Personal
from transcribe.control.policy.verdicts import Quote
from transcribe.core.episode import join_words
from transcribe.core.passages import Passage

WORDS_AROUND, MOST_WORDS = 6, 40
"""Words of a quote before and after a find, and in it."""


def quote(passage: Passage, personal: Mapping[int, Personal], first: int, last: int) -> Quote:
    """Some words of a passage and those around them.

    Args:
        personal: The personal data in the passage, by the number of each word that belongs to one.
        first: Number of the first word in the passage, from 0.
        last: Number of the last one, which is in it.
    """
    end = len(passage.words) - 1
    return Quote(
        _masked(passage, personal, range(max(0, first - WORDS_AROUND), first)),
        _shortened(passage, personal, first, last),
        _masked(passage, personal, range(last + 1, min(end, last + WORDS_AROUND) + 1)),
    )


def _shortened(passage: Passage, personal: Mapping[int, Personal], first: int, last: int) -> str:
    """All words, or the first and the last of very many."""
    half = MOST_WORDS // 2
    parts = [range(first, last + 1)]
    if len(parts[0]) > MOST_WORDS:
        parts = [range(first, first + half), range(last + 1 - half, last + 1)]
    return " … ".join(_masked(passage, personal, part) for part in parts)


def _masked(passage: Passage, personal: Mapping[int, Personal], numbers: range) -> str:
    """The words of these numbers; of personal data that any of them belong to, the mask."""
    if personal.keys().isdisjoint(numbers):
        return join_words(passage.words[numbers.start : numbers.stop])
    pieces = []
    for datum, run in groupby(numbers, personal.get):
        words = [passage.words[number] for number in run]
        pieces.append(f"[{datum.kind} {datum.masked}]" if datum else join_words(words))
    return " ".join(pieces)
