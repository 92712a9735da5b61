"""Numbers in a text, taken apart: digits that may be one number, and every part of such a run."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate, groupby, pairwise
from operator import itemgetter

from transcribe.control.personal.cues import cue_before
from transcribe.control.personal.datum import Kind

FEWEST, MOST = 7, 40
"""Digits that a number of a person has: a phone's without its area, and an account's with some said twice."""

MOST_ALIKE = 19
"""The same digits more often in a row are no number: recognisers repeat themselves where nothing is heard."""

_CHUNK = re.compile(r"(?:(?<![^\W_])|(?<=\bpl))\+?\d+(?![^\W_])")
"""Digits that are no part of a word, but for the country's letters before a Polish number."""

_BETWEEN = re.compile(r"[ \-–.,()/]{0,4}")
"""Between two parts of one number."""

_PAUSE = re.compile(r"[.,]\s|[.,]$")
_NO_NUMBER = re.compile(
    r"\d{1,2}[./-]\d{1,2}[./-](?:\d{2}|\d{4})"  # a date
    r"|\d{4}[./-]\d{1,2}[./-]\d{1,2}|(?:1[5-9]|20)\d\d(?:\D+(?:1[5-9]|20)?\d\d)+"  # years
    r"|\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d{1,3}(?:\.\d{1,3}){3}|\d+[.,]\d{1,2}"  # an amount, a host's number
)
_UNIT = re.compile(
    r"[^\w]{0,2}(?:[$€£%]|eur|usd|pln|z[łl]|dol|pound|percent|proc|tys|mln|mld|mil|bil|lat|rok|year|met|kilo|km|kg"
    r"|godz|hour|minut|osób|ludzi|people|mieszk|ton|copies|egzempl)"
)
_TIME = re.compile(r"(?:[01]\d|2[0-3])[0-5]\d")
_CURRENCY = re.compile(r"[$€£] ?$")


@dataclass(frozen=True)
class Window:
    """Parts of a number that follow each other.

    Attributes:
        run: All parts of the number.
        begin: The first of these, from 0.
        end: The last of these, which is one of them.
    """

    text: str
    run: Sequence[re.Match[str]]
    begin: int
    end: int

    @property
    def start(self) -> int:
        """Where it begins in the text."""
        return self.run[self.begin].start()

    @property
    def stop(self) -> int:
        """Where it ends in the text."""
        return self.run[self.end].end()

    @cached_property
    def parts(self) -> tuple[str, ...]:
        """The digits of each part."""
        return tuple(each[0].lstrip("+") for each in self.run[self.begin : self.end + 1])

    @cached_property
    def digits(self) -> str:
        """All its digits."""
        return "".join(self.parts)

    @property
    def is_foreign(self) -> bool:
        """Whether a plus stands before it."""
        return self.run[self.begin][0][0] == "+"

    @property
    def is_alone(self) -> bool:
        """Whether nothing of the number stands before or after it, or a pause between."""
        return (self.begin == 0 or self._pause_before(self.begin)) and (
            self.end == len(self.run) - 1 or self._pause_before(self.end + 1)
        )

    @cached_property
    def cue(self) -> Kind | None:
        """What the words before say it is."""
        return cue_before(self.text, self.start)

    @property
    def is_plain(self) -> bool:
        """Whether it is an amount, a date, years, times of day or somebody counting."""
        values = [int(part) for part in self.parts]
        steps = {second - first for first, second in pairwise(values)}
        counting = len(values) > 3 and len(steps) == 1 and steps <= {1, -1, 2, 5, 10}
        unit = _UNIT.match(self.text, self.stop) or _CURRENCY.search(
            self.text, max(0, self.start - 2), self.start
        )
        times = len(values) > 2 and values == sorted(values) and all(map(_TIME.fullmatch, self.parts))
        return bool(counting or times or unit or _NO_NUMBER.fullmatch(self.text, self.start, self.stop))

    def falls_into(self, groups: Sequence[int]) -> bool:
        """Whether it is said in these groups of digits, with no pause inside one; or digit by digit."""
        ends = [*accumulate(map(len, self.parts))]
        if sum(groups) != ends[-1]:
            return False
        bounds = set(accumulate(groups))
        inside = (number for number, end in enumerate(ends) if end not in bounds)
        paused = any(self._pause_before(self.begin + number + 1) for number in inside)
        return len(ends) == ends[-1] or (bounds <= set(ends) and not paused)

    def _pause_before(self, part: int) -> bool:
        between = self.run[part - 1].end(), self.run[part].start()
        return _PAUSE.search(self.text, *between) is not None


def windows(text: str) -> Iterator[Window]:
    """Every part of every number that may be somebody's."""
    for run in _runs(text):
        if any(len([*alike]) > MOST_ALIKE for _, alike in groupby(run, key=itemgetter(0))):
            continue
        for begin in range(len(run)):
            digits = 0
            for end in range(begin, len(run)):
                digits += len(run[end][0].lstrip("+"))
                if digits > MOST:
                    break
                if digits >= FEWEST:
                    yield Window(text, run, begin, end)


def _runs(text: str) -> Iterator[list[re.Match[str]]]:
    """Digits that may be one number, with little between them."""
    run: list[re.Match[str]] = []
    for chunk in _CHUNK.finditer(text):
        if run and (chunk[0][0] == "+" or not _BETWEEN.fullmatch(text, run[-1].end(), chunk.start())):
            yield run
            run = []
        run.append(chunk)
    if run:
        yield run
