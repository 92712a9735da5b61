"""Sentences that lean on what came before, and what stands alone of those that are only led into."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from transcribe.formats.tokens import text_width
from transcribe.notes.lemmas import readings
from transcribe.notes.terms import Terms, folded, matches
from transcribe.notes.words import Sentences, in_any, in_language, leading, meets, opening

CUT = "… "
"""Stands for the words that were left out at the beginning."""

SHORTEST_CELLS = 25
"""What is left after a cut has to be a sentence still."""

_APART = 0.85
"""A whole sentence is better than one with a cut, but hardly."""

_POINTS = 0.6
"""A sentence about "these astronauts" is about some that were named before."""

_DANGLES = 0.3
"""A pronoun in the middle may mean something in the sentence itself; with so few words before it, seldom."""

_CLAUSE_END = re.compile(r",|[;:.!?…]\s")

_BEFORE = 2
"""Words with content before a pronoun, so that it can mean one of them; of known nouns one will do."""


@dataclass(frozen=True)
class Standing:
    """A sentence as it can be printed by itself.

    Attributes:
        text: As it was said, or what is left of it behind `CUT`.
        worth: 1 where it stands alone, 0 where it leans on what came before.
    """

    text: str
    worth: float

    @property
    def rest(self) -> str:
        """What was said, without the mark of a cut."""
        return self.text.removeprefix(CUT)

    @property
    def leans(self) -> bool:
        """Whether it says nothing to whoever has not heard what came before."""
        return self.worth <= _DANGLES


@lru_cache(maxsize=4096)
def standing(text: str, terms: Terms) -> Standing:
    """How well a sentence stands alone, once words that only lead into it are cut off.

    Of a language whose words are not known everything stands alone.
    """
    known = sentences_in(terms.language)
    rest = _without_leads(text, known)
    if terms.language == "de" and rest != text and _first_part(rest, "de") == "verb":
        return Standing(text, 0.0)  # the word was the first part of the sentence: "Also kaufte er"
    shown = text if rest == text else CUT + rest
    if _leans(rest, known, terms):
        return Standing(shown, 0.0)
    worth = _APART if rest != text else 1.0
    if known.pointers and _points(rest, known):
        worth *= _POINTS
    if _dangles(rest, terms) or _connects(rest, known):
        worth *= _DANGLES
    return Standing(shown, worth)


def sentences_in(language: str) -> Sentences:
    """What is known of sentences in a language; of all where it is not known which one is spoken."""
    return in_language(language).sentences if language else in_any().sentences


def _without_leads(text: str, known: Sentences) -> str:
    rest = text
    while known.leads and (lead := leading(known.leads).match(rest)) and lead.end() < len(rest):
        rest = rest[lead.end() :]
    return rest if text_width(rest) >= SHORTEST_CELLS else text


def _leans(text: str, known: Sentences, terms: Terms) -> bool:
    if known.leans and opening(known.leans).match(folded(text)):
        return True
    words = [match.group() for match in matches(text)][:2]
    return len(words) == 2 and folded(words[0]) in known.pointers and not _is_named(words[1], terms)


def _points(text: str, known: Sentences) -> bool:
    word = next((folded(match.group()) for match in matches(text)), "")
    return word in known.pointers and word not in known.articles


def _is_named(word: str, terms: Terms) -> bool:
    """Whether a word after "this" can be what is pointed at: "this bread", not "this is"."""
    if word[0].isdigit():
        return True
    found = readings(word, terms.language)
    part, small = found[0].part, terms.is_small(folded(word))
    if small and any(reading.part == "verb" for reading in found):
        return False  # "that means"
    return part in ("noun", "name", "adjective") if part else not small


def _first_part(text: str, language: str) -> str:
    word = next((match.group() for match in matches(text)), "")
    return readings(word, language)[0].part if word else ""


def _dangles(text: str, terms: Terms) -> bool:
    """Whether a pronoun comes before anything in the sentence that it could mean."""
    pronouns = sentences_in(terms.language).pronouns
    before = 0
    for match in matches(text) if pronouns else ():
        word = match.group()
        if folded(word) in pronouns:
            return before < _BEFORE
        if not terms.is_small(folded(word)) and not word[0].isdigit():
            part = readings(word, terms.language)[0].part
            before += _BEFORE if part in ("noun", "name") else not part
        if before >= _BEFORE:
            return False
    return False


def _connects(text: str, known: Sentences) -> bool:
    """Whether its first clause is connected with something that is not in it."""
    text = folded(text)
    found = meets(known.connects).search(text) if known.connects else None
    return found is not None and not _CLAUSE_END.search(text, 0, found.start())


def reasons_in(text: str, language: str) -> bool:
    """Whether it says why or on what condition."""
    known = sentences_in(language).reasons
    return bool(known and meets(known).search(folded(text)))


def is_own(text: str, language: str) -> bool:
    """Whether people speak of themselves in it, as in stories."""
    known = sentences_in(language).own
    return bool(known and meets(known).search(folded(text)))


_INSIDE_NAME = re.compile(r"(?<=[\w,;:] )[^\W\d_a-z][\w'’-]+")


def has_name(text: str, language: str) -> bool:
    """Whether a word inside has a capital; never where all nouns do."""
    known = in_language(language)
    return not known.capital_nouns and any(
        match.group()[0].isupper() and folded(match.group()) not in known.names.never
        for match in _INSIDE_NAME.finditer(text)
    )
