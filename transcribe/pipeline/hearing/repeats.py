"""What stands twice where the words of two hearings meet: found by letters, because spellings differ."""

from __future__ import annotations

from collections.abc import Sequence

from rapidfuzz.fuzz import partial_ratio, ratio

from transcribe.core.episode import Word
from transcribe.pipeline.hearing.doubt import only_letters

ALIKE = 85.0
"""Similarity in percent from which two runs of words are the same words, heard twice: one letter in seven may
differ. Neighbouring sentences that only resemble each other ("it was the age of wisdom, it was the age of
foolishness") reach 60 to 75."""

LEAST_LETTERS = 4
"""Of a single word: "no, no" and "the, the" are said."""


def shared(before: Sequence[Word], after: Sequence[Word]) -> int:
    """How many words at the beginning of `after` stand at the end of `before` already."""
    best, most = 0, 0.0
    for count in range(1, min(len(before), len(after)) + 1):
        last, first = letters_of(before[-count:]), letters_of(after[:count])
        alike = ratio(last, first, score_cutoff=ALIKE if count > 1 else 100.0)
        if len(first) >= LEAST_LETTERS and alike and alike >= most:
            best, most = count, alike
    return best


def without_repeats(before: Sequence[Word], words: Sequence[Word], after: Sequence[Word]) -> tuple[Word, ...]:
    """Those of the words heard between two others that are not a part of what stands beside them."""
    kept = tuple(words[shared(before, words) :])
    kept = kept[: len(kept) - shared(kept, after)]
    letters = letters_of(kept)
    if len(letters) < LEAST_LETTERS:
        # What is left of a repetition is a remainder of it.
        return kept if len(kept) == len(words) else ()
    count = len(letters)
    beside = letters_of(before[-count:])[-2 * count :] + letters_of(after[:count])[: 2 * count]
    return () if len(beside) >= len(letters) and partial_ratio(letters, beside) >= ALIKE else kept


def letters_of(words: Sequence[Word]) -> str:
    """Letters and digits of all of them, in lower case."""
    return only_letters("".join(word.text for word in words))
