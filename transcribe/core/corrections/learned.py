"""Names that people had to correct again and again: terms to offer for the vocabulary of a show."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from transcribe.core.corrections.place import folded
from transcribe.core.corrections.record import Correction, Corrections
from transcribe.core.corrections.units import joined_units, units_of
from transcribe.core.sequences import parted
from transcribe.core.text import is_spaceless

LEAST_TIMES = 2
"""A mistake that was made once says nothing of the show."""

LEAST_LETTERS = 4
"""Shorter terms find no window that resembles them (docs/vocabulary.md)."""

LEAST_CHARACTERS = 2
"""The same in scripts without spaces, whose characters are syllables or words."""

_EDGES = re.compile(r"^[\W_]+|[\W_]+$")
_SENTENCE_END = re.compile(r"[.!?…]\W*$")


@dataclass(frozen=True)
class Term:
    """A name as people write it.

    Attributes:
        times: How often it was put in the place of something else.
        instead_of: What had been recognised, the most frequent first.
    """

    text: str
    times: int
    instead_of: tuple[str, ...]


def learned_terms(layers: Iterable[Corrections]) -> tuple[Term, ...]:
    """The names that were corrected at least twice, the most frequent first.

    Names are words with a capital letter in the middle of a sentence; in scripts without capitals, all words.
    Who puts right a capital or a comma teaches nothing.

    Args:
        layers: Corrections of the episodes of a show.
    """
    heard: dict[str, list[str]] = defaultdict(list)
    named: set[str] = set()
    for layer in layers:
        texts = [each for each in layer.records if each.kind == "text"]
        ordered = sorted(texts, key=lambda each: (each.at.segment, each.at.word))
        for run in parted(ordered, lambda left, right: not _follows(left, right)):
            for text, certain in _names(run):
                heard[text].append(" ".join(word for each in run for word in each.at.words))
                named |= {text} if certain else set()
    found = [
        Term(text, len(instead), tuple(sorted(dict.fromkeys(instead), key=instead.count, reverse=True)))
        for text, instead in heard.items()
        if len(instead) >= LEAST_TIMES and text in named
    ]
    return tuple(sorted(found, key=lambda term: (-term.times, term.text)))


def _follows(left: Correction, right: Correction) -> bool:
    here, there = left.at, right.at
    return here.segment == there.segment and here.word + len(here.words) == there.word


def _names(run: Sequence[Correction]) -> Iterator[tuple[str, bool]]:
    """The names in neighbouring corrections, and whether each is certainly one."""
    before = {folded(word) for each in run for word in each.at.words}
    line = run[0].text
    for each in run[1:]:
        glued = not line or not each.text or is_spaceless(line[-1]) or is_spaceless(each.text[0])
        line += ("" if glued else " ") + each.text
    units = units_of(line)
    context = run[0].at.before
    begins = not context or bool(_SENTENCE_END.search(context[-1]))
    if not any(unit.text.lower() != unit.text.upper() for unit in units):
        parts: list[Sequence[int]] = [range(len(units))]  # no letter has a capital
    else:
        capital = [number for number, unit in enumerate(units) if unit.text.lower() != unit.text]
        parts = list(parted(capital, lambda left, right: right != left + 1))
    for part in parts:
        inside = [units[number] for number in part]
        text = _EDGES.sub("", joined_units(inside))
        least = LEAST_CHARACTERS if any(map(is_spaceless, text)) else LEAST_LETTERS
        new = any(folded(unit.text) not in before for unit in inside)
        if new and sum(map(str.isalnum, text)) >= least:
            yield text, not begins or part[0] > 0 or text.lower() == text.upper()
