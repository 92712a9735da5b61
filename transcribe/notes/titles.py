"""Sentences as titles: short ones that stand alone, never with the beginning or the end torn off."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import fsum  # the same whatever the order: that of a set differs from run to run

from transcribe.formats.tokens import text_width
from transcribe.notes.addresses import addresses_in
from transcribe.notes.denial import denies
from transcribe.notes.fitness import is_chatter, is_whole
from transcribe.notes.terms import words_of
from transcribe.notes.weighing import Weighed

LONGEST_CELLS = 60
"""Podcast players cut a chapter's title after about so many letters."""

SHORTEST_CELLS = 12

ELLIPSIS = "…"

_EDGES = ' \t,;:.!…。，、；：،؛؟"“”„«»()[]—–-•·*'


@dataclass(frozen=True)
class Title:
    """A sentence that can be a title.

    Attributes:
        text: As it was said, without the punctuation around it; the first letter is a capital.
    """

    text: str
    sentence: int
    value: float


def titles_of(weighed: Weighed, positions: Sequence[int], weights: Mapping[str, float]) -> list[Title]:
    """Short sentences that can be titles, best first."""
    titles = [
        Title(as_title(_bare(weighed.standing[position].rest)), position, value)
        for position in positions
        if (value := _value(weighed, position, weights)) > 0
    ]
    return sorted(titles, key=lambda title: (-title.value, title.sentence))


def _bare(text: str) -> str:
    return text.strip(_EDGES) or text


def _value(weighed: Weighed, position: int, weights: Mapping[str, float]) -> float:
    said = weighed.material.sentences[position].text
    text = _bare(weighed.standing[position].rest)
    content, words = weighed.terms.of(text), words_of(text)
    if not SHORTEST_CELLS <= text_width(text) <= LONGEST_CELLS or len(set(content)) < 2:
        return 0.0
    if denies(text, weighed.terms.language):  # it says what is not so
        return 0.0
    if not is_whole(said) or is_chatter(said) or addresses_in(said) or text.count("(") != text.count(")"):
        return 0.0
    return (
        weighed.fit[position]
        * fsum(weights.get(term, 0.0) for term in set(content))
        * len(content)
        / len(words)
    )


def shortened(text: str, cells: int) -> str:
    """A text as a title; of a longer one the beginning, cut between words, with an ellipsis.

    Between characters where one word is longer.
    """
    text = _bare(text)
    if text_width(text) <= cells:
        return as_title(text)
    cells -= text_width(ELLIPSIS)
    kept = ""
    for word in re.findall(r"\s*\S+", text):
        if text_width(kept + word) > cells:
            break
        kept += word
    kept = kept.strip(_EDGES) or kept
    while not kept or text_width(kept) > cells:
        kept = text = text[: max(1, len(text) - max(1, (text_width(text) - cells) // 2))]
        if len(kept) == 1:
            break
    return as_title(kept) + ELLIPSIS


def as_title(text: str) -> str:
    """With a capital where the script has one."""
    first = text[:1].upper()
    same = len(first) == 1 and first.casefold() == text[:1].casefold()  # not so: ß, ı
    return first + text[1:] if same else text
