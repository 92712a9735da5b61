"""Dictionary forms by which words meet in any inflection: cheap ones, since an archive has every word.

Polish by Morfeusz, about forty languages by what simplemma lists, others by Snowball. What simplemma and the
Hanover Tagger guess takes milliseconds a word, and is left out.
"""

from __future__ import annotations

from transcribe.archive.units import units_of, without_marks
from transcribe.notes.lemmas import listed, polish_analyser, polish_lemmas
from transcribe.notes.terms import Terms, is_unspaced
from transcribe.notes.words import in_language

BARE = "~"
"""Before a dictionary form that has lost its accents; no unit has it."""


def lemmas_of(unit: str, language: str, *, quick: bool = False) -> frozenset[str]:
    """The dictionary forms that a unit may have; never empty, and of an unknown language the unit itself.

    Args:
        language: Whisper's code; empty where it is not known.
        quick: For many words: lists are held in memory (see `listed`).
    """
    if not language or is_unspaced(unit) or not unit.isalpha():
        return frozenset((unit,))
    if language == "pl" and polish_analyser():
        found = [*polish_lemmas(unit)]  # it takes a small letter for a capital one where it has to
    else:
        found = _listed(unit, language, quick=quick)
    if found:
        return frozenset(lemma for each in found for lemma in units_of(each))
    return frozenset((Terms(language).stem(unit),))


def keys_of(unit: str, language: str, *, quick: bool = False) -> frozenset[str]:
    """Under what a unit is found: its dictionary forms, and these as they are typed without accents."""
    lemmas = lemmas_of(unit, language, quick=quick)
    return lemmas | {BARE + bare for each in lemmas if (bare := without_marks(each)) != each}


def _listed(unit: str, language: str, *, quick: bool) -> list[str]:
    found = listed(unit, language, quick=quick)
    if found and not in_language(language).capital_nouns:
        return [found]
    named = listed(unit.capitalize(), language, quick=quick)  # names are listed with a capital
    return [each for each in (found, named) if each]
