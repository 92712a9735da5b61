"""Key phrases: what an episode is about, in two or three words as they were said."""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from transcribe.core.sequences import parted
from transcribe.notes.terms import Terms, folded, is_unspaced, matches
from transcribe.notes.words import in_language

LONGEST = 3
"""Words of a phrase; longer ones are seldom said twice."""

_RUN = re.compile("[\u30a1-\u30fa\u30fc]{3,12}|[\u3400-\u9fff]{2,}")
"""Katakana and Han letters: in Japanese those are the content words."""


@dataclass(frozen=True)
class Phrase:
    """Words that were said.

    Attributes:
        text: As they are written most often.
        terms: Their stems.
        weight: How telling they are; only its order means something.
    """

    text: str
    terms: tuple[str, ...]
    weight: float
    count: int


def key_phrases(texts: Sequence[str], terms: Terms, limit: int) -> list[Phrase]:
    """The most telling phrases, best first; none holds or is held by another.

    Weighted by C-value (Frantzi, Ananiadou and Mima 2000): long phrases count more, and one that
    is only ever said inside a longer one counts less.
    """
    written: dict[tuple[str, ...], Counter[str]] = defaultdict(Counter)
    for text in texts:
        for stems, surface in _candidates(text, terms):
            written[stems][surface] += 1
    counts = {stems: sum(forms.values()) for stems, forms in written.items()}
    held = _counts_inside(counts)
    phrases = [
        Phrase(
            text=max(sorted(written[stems]), key=lambda form: written[stems][form]),
            terms=stems,
            weight=_weight(stems, count, held.get(stems, []), written[stems]),
            count=count,
        )
        for stems, count in counts.items()
        if count > 1 or len(stems) == 1
    ]
    phrases.sort(key=lambda phrase: -phrase.weight)  # stable: of equal ones the first said
    return _apart(phrases, limit)


def _weight(stems: tuple[str, ...], count: int, longer: list[int], forms: Counter[str]) -> float:
    """A little more for what is written with a capital: names, and in German the nouns."""
    capitals = sum(times for form, times in forms.items() if form[0].isupper())
    beyond = count - sum(longer) / len(longer) if longer else float(count)
    return math.log2(len(stems) + 1) * beyond * (1 + 0.3 * capitals / count)


def _counts_inside(counts: dict[tuple[str, ...], int]) -> dict[tuple[str, ...], list[int]]:
    """For each phrase, the counts of the longer ones that hold it."""
    held: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for stems, count in counts.items():
        if len(stems) > 1 and count > 1:
            for part in _parts(stems):
                held[part].append(count)
    return held


def _parts(stems: tuple[str, ...]) -> Iterable[tuple[str, ...]]:
    sizes = range(1, len(stems))
    return {stems[first : first + size] for size in sizes for first in range(len(stems) - size + 1)}


def _apart(phrases: Sequence[Phrase], limit: int) -> list[Phrase]:
    chosen: list[Phrase] = []
    used: set[str] = set()
    for phrase in phrases:
        if len(chosen) == limit:
            break
        if not used.intersection(phrase.terms):
            chosen.append(phrase)
            used.update(phrase.terms)
    return chosen


def _candidates(text: str, terms: Terms) -> Iterator[tuple[tuple[str, ...], str]]:
    if is_unspaced(text):
        yield from unspaced_candidates(text, terms.language)
        return
    for run in _runs(text, terms):
        for size in range(1, LONGEST + 1):
            for first in range(len(run) - size + 1):
                words = run[first : first + size]
                stems = tuple(terms.stem(folded(word.group())) for word in words)
                yield stems, text[words[0].start() : words[-1].end()]


def unspaced_candidates(text: str, language: str) -> Iterator[tuple[tuple[str, ...], str]]:
    """What may be a word in a text of a script without spaces: its letters or itself, and itself."""
    for match in _RUN.finditer(text):
        run = match.group()
        if not in_language(language).all_han:
            yield (run,), run
            continue  # below: what is said twice in the same two to four letters is likely a word
        for size in range(2, 5):
            for first in range(len(run) - size + 1):
                yield tuple(run[first : first + size]), run[first : first + size]


def runs_of(text: str, terms: Terms) -> list[str]:
    """Content words that follow each other, three or more, as they are written."""
    if is_unspaced(text):
        return []
    return [text[run[0].start() : run[-1].end()] for run in _runs(text, terms) if len(run) > 2]


def _runs(text: str, terms: Terms) -> Iterator[Sequence[re.Match[str]]]:
    """Content words that follow each other with nothing but a space between them."""

    def tells(match: re.Match[str]) -> bool:
        word = match.group()
        return len(word) > 2 and not word[0].isdigit() and not terms.is_small(folded(word))

    for told, run in groupby(matches(text), key=tells):
        if told:
            yield from parted(list(run), lambda left, right: bool(text[left.end() : right.start()].strip()))
