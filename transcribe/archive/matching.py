"""Whether what is looked for is said in a passage, and where: decided on the words as they are stored.

The index only proposes passages. It knows neither accents nor how far two words stand apart.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field

from transcribe.archive.forms import BARE, lemmas_of
from transcribe.archive.pieces import SHARED
from transcribe.archive.query import Said
from transcribe.archive.reader import Reader
from transcribe.archive.units import tokens_of, without_marks
from transcribe.notes.lemmas import commonness
from transcribe.notes.terms import is_unspaced

MOST_FORMS = 400
"""Of one word; more are only of words that say nothing."""

TOO_COMMON = 6.3
"""Zipf, twice in a thousand words. The German "ist" is a form of "war", and nobody looks for it by that."""


@dataclass(frozen=True)
class Wanted:
    """A unit that is looked for.

    Attributes:
        unit: As it was typed; with accents, those have to stand there.
        begins: Whether a longer unit will do.
        forms: What it may be said as, by language.
    """

    unit: str
    begins: bool = False
    forms: dict[str, frozenset[str]] = field(default_factory=dict)

    def met_by(self, unit: str, language: str) -> bool:
        """Whether a unit that is said is one of these."""
        if unit == self.unit or unit in self.forms.get(language, ()):
            return True
        bare = without_marks(unit) if self.unit == without_marks(self.unit) else unit
        return bare.startswith(self.unit) if self.begins else bare == self.unit

    @property
    def spelled(self) -> tuple[str, ...]:
        """A statement, with its values, for all words of the archive that have the tokens of this one."""
        select = "select language, word, bare from words where bare"
        if self.begins:
            return f"{select} >= ? and bare < ?", self._bare, self._bare + "\U0010ffff"
        tokens = {without_marks(each) for each in {self.unit}.union(*self.forms.values())}
        return f"{select} in (select value from json_each(?))", json.dumps(sorted(tokens))  # noqa: S608

    @property
    def _bare(self) -> str:
        return without_marks(self.unit)

    @property
    def expression(self) -> str:
        """The question to the index for it; nothing in it is the language of FTS5."""
        said = {self.unit}.union(*self.forms.values())
        star = "*" if self.begins or is_unspaced(self.unit) else ""
        tokens = sorted({without_marks(each) for each in said})
        return "(" + " OR ".join(f'"{token}" {star}' for token in tokens) + ")"


class _Met(dict[str, bool]):
    """Whether units are met by what is looked for: the same ones are asked thousands of times."""

    def __init__(self, wanted: Wanted, language: str) -> None:
        self._wanted, self._language = wanted, language

    def __missing__(self, unit: str) -> bool:
        self[unit] = met = self._wanted.met_by(unit, self._language)
        return met


@dataclass(frozen=True)
class Sought:
    """Units that are looked for one after the other."""

    units: tuple[Wanted, ...]
    _met: dict[str, _Met] = field(default_factory=dict, compare=False, repr=False)

    def places(self, said: Sequence[str], language: str) -> list[int]:
        """The numbers of the units with which it begins in a passage.

        A phrase that goes on in the next passage counts where as much of it is here as both share.
        """
        first, *rest = self.units
        met = self._met.setdefault(language, _Met(first, language))
        found = []
        for start in [start for start, unit in enumerate(said) if met[unit]]:
            here = said[start + 1 : start + 1 + len(rest)]
            whole = len(here) == len(rest) or len(here) >= SHARED
            if whole and all(want.met_by(each, language) for want, each in zip(rest, here, strict=False)):
                found.append(start)
        return found

    @property
    def expression(self) -> str:
        """The question to the index that proposes at least every passage in which it is."""
        if len(self.units) == 1:
            return self.units[0].expression
        if any(each.forms for each in self.units):
            return " AND ".join(each.expression for each in self.units)
        part = self.units[:SHARED]
        return _phrase([each.unit for each in part], begins=part[-1].begins)

    @property
    def certain(self) -> str:
        """A question to the index for passages that have it for certain; empty where there is none."""
        one = self.units[0]
        if len(self.units) > 1 or is_unspaced(one.unit) or one.unit != without_marks(one.unit):
            return ""
        return f'"{one.unit}" {"*" if one.begins else ""}'


def sought(reader: Reader, said: Said) -> Sought:
    """What is looked for, with every form in which the archive has it."""
    last = len(said.units) - 1
    return Sought(
        tuple(
            Wanted(
                unit,
                begins=said.begins and number == last,
                forms={} if not said.inflected or said.begins else _forms(reader, unit),
            )
            for number, unit in enumerate(said.units)
        )
    )


def _forms(reader: Reader, unit: str) -> dict[str, frozenset[str]]:
    """The words of the archive that share a dictionary form with a unit, by language."""
    if is_unspaced(unit) or not unit.isalpha():
        return {}
    found: dict[str, frozenset[str]] = {}
    for language, lemmas in _lemmas(reader, unit).items():
        forms = reader.rows(
            "select distinct word from lemmas where language = ? "
            "and lemma in (select value from json_each(?)) limit ?",
            language, json.dumps(sorted(lemmas)), MOST_FORMS,
        )  # fmt: skip
        alone = frozenset(word for (word,) in forms if commonness(word, language) < TOO_COMMON)
        if alone - {unit}:
            found[language] = alone
    return found


def _lemmas(reader: Reader, unit: str) -> dict[str, set[str]]:
    """The dictionary forms of a unit in each language; without accents, of all that it may be."""
    found: dict[str, set[str]] = {}
    bare = without_marks(unit)
    for language, word, lemmas in reader.rows(
        "select language, word, lemmas from words where bare = ?", bare
    ):
        if unit in (bare, word):
            found.setdefault(language, set()).update(lemmas.split())
    for language in filter(None, languages(reader)):
        if language not in found:  # nobody has said it so: a dictionary says what it is a form of
            found[language] = set(lemmas_of(unit, language))
        if unit == bare:
            found[language].add(BARE + unit)
    return found


def languages(reader: Reader) -> list[str]:
    """What is spoken in the archive: one step in the index of `lemmas` for each language."""
    return [
        language
        for (language,) in reader.rows(
            "with recursive spoken (code) as (select min(language) from lemmas union all "
            "select (select min(language) from lemmas where language > code) from spoken "
            "where code is not null) select code from spoken where code is not null"
        )
    ]


def _phrase(units: Sequence[str], *, begins: bool) -> str:
    """Units as one phrase of tokens, of which the last may go on."""
    tokens = tokens_of(units)
    if is_unspaced(units[-1]):
        if len(units) > 1 and is_unspaced(units[-2]):
            tokens.pop()  # it is the end of the token before
        else:
            begins = True
    return f'"{" ".join(tokens)}" {"*" if begins else ""}'
