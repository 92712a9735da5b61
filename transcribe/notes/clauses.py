"""Titles in a speaker's own words: a short sentence, a clause, or a phrase."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import fsum  # the same whatever the order: that of a set differs from run to run

from transcribe.formats.tokens import text_width
from transcribe.notes.fitness import is_chatter
from transcribe.notes.phrases import key_phrases, runs_of
from transcribe.notes.terms import Terms, words_of
from transcribe.notes.writer import Sentence

LONGEST_CELLS = 60
"""Podcast players cut a chapter's title after about so many letters."""

SHORTEST_CELLS = 12

_CLAUSES = re.compile(r"[,;:،؛、，；：—–]+\s*|(?<=[.!?。！？])\s+")
_EDGES = ' \t,;:.!…。，、；：،؛؟"“”„«»()[]—–-'


@dataclass(frozen=True)
class Clause:
    """A part of a sentence that can be a title.

    Attributes:
        text: As it was said, without the punctuation around it; the first letter is a capital.
    """

    text: str
    sentence: int
    value: float


def clauses_of(
    sentences: Sequence[Sentence], positions: Sequence[int], weights: Mapping[str, float], terms: Terms
) -> list[Clause]:
    """Clauses that can be titles, best first."""
    clauses = [
        Clause(as_title(text), position, value)
        for position in positions
        for text in _parts(sentences[position].text)
        if (value := _value(text, sentences[position].text, weights, terms)) > 0
    ]
    return sorted(clauses, key=lambda clause: (-clause.value, clause.sentence))


def _parts(text: str) -> list[str]:
    parts = [part.strip(_EDGES) for part in _CLAUSES.split(text)]
    return [part for part in dict.fromkeys([text.strip(_EDGES), *parts]) if part]


def _value(text: str, sentence: str, weights: Mapping[str, float], terms: Terms) -> float:
    cells, words = text_width(text), words_of(text)
    if not SHORTEST_CELLS <= cells <= LONGEST_CELLS or is_chatter(sentence) or not _is_closed(text):
        return 0.0
    content = terms.of(text)
    if len(set(content)) < 2 or terms.is_small(words[-1]):  # "what he was"
        return 0.0
    value = fsum(weights.get(term, 0.0) for term in set(content)) * len(content) / len(words)
    if terms.is_small(words[0]):
        value *= 0.8
    if len(content) == len(words):  # a name or an address: "Lieutenant Colonel Anderson"
        value *= 0.3
    return value * (1.3 if text == sentence.strip(_EDGES) else 1.0)


def _is_closed(text: str) -> bool:
    """Whether it asks nothing, and every bracket in it has its other half."""
    return not text.endswith(("?", "？", "؟")) and text.count("(") == text.count(")")


def chapter_title(
    sentences: Sequence[Sentence],
    positions: Sequence[int],
    fit: Sequence[int],
    weights: Mapping[str, float],
    terms: Terms,
    taken: frozenset[str],
) -> Clause:
    """The best title for some sentences; never empty, and not one that is taken if there is another.

    Args:
        positions: The chapter's sentences; never empty.
        fit: Those of them that can stand by themselves.
    """
    for clause in clauses_of(sentences, fit, weights, terms):
        if clause.text not in taken:
            return clause
    runs = [
        Clause(as_title(run), position, fsum(weights.get(term, 0.0) for term in set(terms.of(run))))
        for position in fit
        for run in runs_of(sentences[position].text, terms)
        if text_width(run) <= LONGEST_CELLS and as_title(run) not in taken
    ]
    if runs:
        return max(runs, key=lambda run: (run.value, -run.sentence))
    begun = [Clause(begun_title(sentences[position].text, terms), position, 0.0) for position in fit]
    begun = [clause for clause in begun if clause.text not in taken]
    if begun:
        return begun[0]
    for phrase in key_phrases([sentences[position].text for position in positions], terms, 5):
        at = next(position for position in positions if phrase.text in sentences[position].text)
        if as_title(phrase.text) not in taken:
            return Clause(as_title(phrase.text), at, 0.0)
    return Clause(shortened(sentences[positions[0]].text, LONGEST_CELLS), positions[0], 0.0)


def begun_title(text: str, terms: Terms) -> str:
    """The beginning of a sentence as a title, without small words at its end: not "He spoke of the"."""
    title = shortened(text, LONGEST_CELLS)
    words = title.split(" ")
    if title == shortened(text, 10 * LONGEST_CELLS):
        return title
    while len(words) > 3 and terms.is_small("".join(words_of(words[-1]))):
        words.pop()
    return " ".join(words).rstrip(_EDGES)


def shortened(text: str, cells: int) -> str:
    """The beginning of a text, cut between words; between characters where one word is longer."""
    text = text.strip(_EDGES) or text
    if text_width(text) <= cells:
        return as_title(text)
    kept = ""
    for word in re.findall(r"\s*\S+", text):
        if text_width(kept + word) > cells:
            break
        kept += word
    if kept:
        return as_title(kept.strip(_EDGES) or kept)
    while text_width(text) > cells:
        text = text[: max(1, len(text) - max(1, (text_width(text) - cells) // 2))]
    return as_title(text)


def as_title(text: str) -> str:
    """With a capital where the script has one."""
    first = text[:1].upper()
    same = len(first) == 1 and first.casefold() == text[:1].casefold()  # not so: ß, ı
    return first + text[1:] if same else text


def term_weights(contents: Sequence[Sequence[str]], everywhere: Counter[str], total: int) -> dict[str, float]:
    """How telling each term is for some sentences of a transcript: said often here, seldom elsewhere.

    Args:
        everywhere: In how many sentences of the transcript each term is.
    """
    here = Counter(term for content in contents for term in set(content))
    share = len(contents) / max(1, total)
    return {
        term: count / (everywhere[term] ** 0.5) * (1.0 if count > 1 else 0.5) * (1 + share)
        for term, count in here.items()
    }
