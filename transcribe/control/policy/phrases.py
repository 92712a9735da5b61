"""Words and phrases of rules, found in a passage in any inflection: "fajny zysk" in "fajnego zysku"."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from functools import lru_cache

from transcribe.core.passages import Passage
from transcribe.notes.lemmas import readings
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
        self._words = [
            (number, _forms(each, language)) for number, each in pieces if folded(each) not in hesitations
        ]
        same: dict[frozenset[str], list[int]] = defaultdict(list)
        for place, (_, forms) in enumerate(self._words):
            same[forms].append(place)
        self._places: dict[str, list[int]] = defaultdict(list)
        for forms, places in same.items():
            for form in forms:
                self._places[form] += places

    def find(self, phrase: str) -> Iterator[tuple[int, int]]:
        """Where a phrase stands: the numbers of its first and last word in the passage."""
        wanted = [_forms(piece, self._language) for piece in _pieces(phrase)]
        starts = {place for form in wanted[0] for place in self._places.get(form, ())}
        for start in sorted(starts):
            said = self._words[start : start + len(wanted)]
            if len(said) == len(wanted) and all(
                not forms.isdisjoint(want) for (_, forms), want in zip(said, wanted, strict=True)
            ):
                yield said[0][0], said[-1][0]


@lru_cache(maxsize=65_536)
def _pieces(text: str) -> tuple[str, ...]:
    """The words of a text as written, without punctuation; a script without spaces has one a letter."""
    return tuple(piece for match in matches(text) for piece in UNSPACED.split(match.group()) if piece)


@lru_cache(maxsize=65_536)
def _forms(word: str, language: str) -> frozenset[str]:
    """A word folded, and in each form that a dictionary may have it in."""
    known = in_language(language)
    spellings = {word, word.lower()} if known.capital_nouns or known.inflects_names else {word.lower()}
    lemmas = (reading.lemma for each in spellings for reading in readings(each, language))
    return frozenset(map(folded, (*spellings, *lemmas)))
