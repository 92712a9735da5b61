"""Dictionary forms by which words meet in any inflection: cheap ones, since an archive has every word.

Polish by Morfeusz, about forty languages by what simplemma lists, others by Snowball. What simplemma and the
Hanover Tagger guess takes milliseconds a word, and is left out.
"""

from __future__ import annotations

from functools import lru_cache

from transcribe.archive.units import units_of, without_marks
from transcribe.notes.lemmas import listed, polish_analyser, readings
from transcribe.notes.terms import Terms, is_unspaced
from transcribe.notes.words import in_language

BARE = "~"
"""Before a dictionary form that has lost its accents; no unit has it."""


@lru_cache(maxsize=131_072)
def lemmas_of(unit: str, language: str) -> frozenset[str]:
    """The dictionary forms that a unit may have; never empty, and of an unknown language the unit itself.

    Args:
        language: Whisper's code; empty where it is not known.
    """
    if not language or is_unspaced(unit) or not unit.isalpha():
        return frozenset((unit,))
    found = _listed(unit, language)
    if not found or in_language(language).capital_nouns:
        found = [*found, *_listed(unit.capitalize(), language)]  # names are listed with a capital
    if found:
        return frozenset(lemma for each in found for lemma in units_of(each))
    return frozenset((Terms(language).stem(unit),))


def keys_of(unit: str, language: str) -> frozenset[str]:
    """Under what a unit is found: its dictionary forms, and these as they are typed without accents."""
    lemmas = lemmas_of(unit, language)
    return lemmas | {BARE + bare for each in lemmas if (bare := without_marks(each)) != each}


def _listed(word: str, language: str) -> list[str]:
    if language == "pl" and polish_analyser():
        return [each.lemma for each in readings(word, language) if each.part]
    return [found] if (found := listed(word, language)) else []
