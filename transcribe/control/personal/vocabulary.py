"""Words for signs, letters and numbers in each language: `spoken.toml`, read."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from transcribe.core.reading import read_regular


@dataclass(frozen=True)
class Words:
    """The words of a language.

    Attributes:
        skip: That say nothing between numbers and signs.
        joins: Inside a number: "two hundred and five".
        stands_for: Between a letter and a word that begins with it.
        times: Between a count and a digit that is repeated.
        repeats: How often they repeat the digit after them.
        zeros: That are zero beside numbers only.
        many: Digits in the plural, after a count.
        letters: Letters by their names.
    """

    skip: frozenset[str] = frozenset()
    joins: frozenset[str] = frozenset()
    stands_for: tuple[str, ...] = ()
    times: frozenset[str] = frozenset()
    repeats: Mapping[str, int] = field(default_factory=dict)
    zeros: frozenset[str] = frozenset()
    hundred: frozenset[str] = frozenset()
    thousand: frozenset[str] = frozenset()
    million: frozenset[str] = frozenset()
    numbers: Mapping[str, int] = field(default_factory=dict)
    many: Mapping[str, int] = field(default_factory=dict)
    letters: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def telling(self) -> frozenset[str]:
        """Words that something other than themselves may begin with."""
        numbers = self.numbers.keys() | self.repeats.keys() | self.hundred | self.thousand | self.million
        begin = {phrase.split()[0] for phrase in signs()}
        return frozenset(numbers | self.zeros | self.skip | self.letters.keys() | begin)


def known_languages() -> frozenset[str]:
    """The languages whose numbers are read."""
    return frozenset(_tables()) - {"signs"}


@cache
def _tables() -> Mapping[str, Any]:
    return tomllib.loads(read_regular(Path(__file__).with_name("spoken.toml")).decode())


@cache
def signs() -> Mapping[str, str]:
    """The signs by the words for them, of all languages; two words are one text."""
    own = {sign: sign for sign in ("@", "_", "-", "+", "/")}
    return {**own, **{word: sign for sign, words in _tables()["signs"].items() for word in words}}


@cache
def is_number_word(word: str) -> bool:
    """Whether a word is a part of a number in any language."""
    return any(
        word in each.get(name, ())
        for each in _tables().values()
        for name in ("numbers", "hundred", "repeats", "zero_among_digits")
    )


@cache
def words_in(language: str) -> Words:
    """The words of a language; none where nothing is known."""
    table = _tables().get(language)
    if table is None or language not in known_languages():
        return Words()
    return Words(
        skip=frozenset(table["skip"]),
        joins=frozenset(table["and"]),
        stands_for=tuple(table["stands_for"]),
        times=frozenset(table["times"]),
        repeats=table["repeats"],
        zeros=frozenset(table["zero_among_digits"]),
        hundred=frozenset(table["hundred"]),
        thousand=frozenset(table["thousand"]),
        million=frozenset(table["million"]),
        numbers=table["numbers"],
        many=table["many"],
        letters={name: letter for letter, names in table["letters"].items() for name in names},
    )
