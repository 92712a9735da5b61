"""Words and phrases of rules, found in a passage in any inflection: "fajny zysk" in "fajnego zysku"."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from functools import lru_cache

from transcribe.core.passages import Passage
from transcribe.notes.lemmas import every_lemma
from transcribe.notes.terms import UNSPACED, folded, matches
from transcribe.notes.words import in_language


class Phrases:
    """A passage in which phrases are found.

    Args:
        language: Whisper's code of the language as which it is read.
    """

    def __init__(self, passage: Passage, language: str) -> None:
        self._language = language
        hesitations = in_language(language).sentences.hesitations
        pieces = [(number, each) for number, word in enumerate(passage.words) for each in _pieces(word.text)]
        self._numbers: list[int] = []
        same: dict[frozenset[str], list[int]] = defaultdict(list)
        for number, piece in pieces:
            if folded(piece) not in hesitations:
                same[_forms(piece, language)].append(len(self._numbers))
                self._numbers.append(number)
        self._places: dict[str, list[int]] = defaultdict(list)
        for forms, places in same.items():
            for form in forms:
                self._places[form] += places

    def find(self, phrase: str) -> Iterator[tuple[int, int]]:
        """Where a phrase stands: the numbers of its first and last word in the passage."""
        wanted = [_forms(piece, self._language) for piece in _pieces(phrase)]
        starts = set.intersection(
            *(
                {place - offset for form in forms for place in self._places.get(form, ())}
                for offset, forms in enumerate(wanted)
            )
        )
        for start in sorted(starts):
            yield self._numbers[start], self._numbers[start + len(wanted) - 1]


@lru_cache(maxsize=65_536)
def _pieces(text: str) -> tuple[str, ...]:
    """The words of a text as written, without punctuation; a script without spaces has one a letter."""
    return tuple(piece for match in matches(text) for piece in UNSPACED.split(match.group()) if piece)


@lru_cache(maxsize=65_536)
def _forms(word: str, language: str) -> frozenset[str]:
    """A word folded, and in each form that a dictionary may have it in."""
    known = in_language(language)
    spellings = {word, word.lower()} if known.capital_nouns or known.inflects_names else {word.lower()}
    lemmas = set[str]().union(*(every_lemma(each, language) for each in spellings))
    return frozenset(map(folded, spellings | lemmas))
