"""What is compared when an archive is searched: the units of a text, and the tokens of the index.

A unit is a run of letters and digits, or one letter of a script without spaces, so that neither "Wi-Fi" nor
"音声認識" is missed because somebody divided it otherwise. A token is a unit without accents; of a script
without spaces it is two letters that follow each other (bigrams: Nie and Ren 1999).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from functools import lru_cache

import regex

from transcribe.notes.terms import UNSPACED, is_unspaced

VERSION = f"1, Unicode {unicodedata.unidata_version}"
"""Of the tokens. What is taken out of the index has to be made into the same tokens again."""

LONGEST = 64
"""Characters of a unit; a longer one is cut."""

_EDGES = ".,;:!?…-–—\"'()„”“«»"
_RUN = regex.compile(r"[\p{L}\p{N}][\p{L}\p{N}\p{M}]*")
_MARKS = regex.compile("[\u0300-\u036f\u0591-\u05c7\u064b-\u0652\u0670]")
"""Accents, and the points of Hebrew and Arabic; not the vowels of Indic scripts, which are letters."""
_LETTERS = str.maketrans({"ł": "l", "đ": "d", "ð": "d", "ø": "o", "ħ": "h", "ı": "i", "ŧ": "t", "þ": "th",
                          "æ": "ae", "œ": "oe"})  # fmt: skip
"""Letters that Unicode does not take apart into a letter and a mark."""


@lru_cache(maxsize=262_144)
def units_of(text: str) -> tuple[str, ...]:
    """The units of a text, in order; of one that is written without spaces, each letter."""
    plain = folded(text.strip(_EDGES))
    if plain.isalnum() and not is_unspaced(plain):  # one run, and nearly every word; the rest is slow
        return (plain[:LONGEST],)
    found: list[str] = []
    for run in _RUN.findall(folded(text)):
        found += [each[:LONGEST] for each in UNSPACED.split(run) if each]
    return tuple(found)


def folded(text: str) -> str:
    """A text of which units are parts."""
    return unicodedata.normalize("NFKC", text).casefold()


@lru_cache(maxsize=262_144)
def without_marks(unit: str) -> str:
    """A unit as it is written where there are no accents: łódź → lodz."""
    if unit.isascii():
        return unit
    bare = _MARKS.sub("", unicodedata.normalize("NFKD", unit)).translate(_LETTERS)
    return unicodedata.normalize("NFC", bare) or unit


def tokens_of(units: Sequence[str]) -> list[str]:
    """The tokens of units that follow each other: one a unit, so that places are the same in both."""
    if all(map(str.isascii, units)):
        return list(units)
    if not is_unspaced("".join(units)):
        return list(map(without_marks, units))
    tokens = []
    for at, unit in enumerate(units):
        token = without_marks(unit)
        after = units[at + 1] if at + 1 < len(units) else ""
        joined = is_unspaced(unit) and is_unspaced(after)
        tokens.append(token + without_marks(after) if joined else token)
    return tokens
