"""The units that text is compared by: words between spaces; single characters of scripts without spaces."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from transcribe.core.text import is_spaceless, one_line

_SURROGATE = re.compile(r"[\ud800-\udfff]")


@dataclass(frozen=True)
class Unit:
    """One unit of a line.

    Attributes:
        start: Where in the line it begins.
        space_before: Whether a space stands before it; never before the first.
    """

    text: str
    start: int
    space_before: bool


def clean(text: str) -> str:
    """Text as it stands in a line: without control characters, with single spaces."""
    return one_line(_SURROGATE.sub("\ufffd", text))


def units_of(text: str) -> tuple[Unit, ...]:
    """The units of a text.

    What a unit is depends on no more than a character and the one before it, so that a part of a text that
    begins and ends with units has the same ones.
    """
    line = clean(text)
    units: list[Unit] = []
    start = 0
    for place in range(1, len(line) + 1):
        if place == len(line) or _begins(line[place - 1], line[place]):
            if place > start and line[start] != " ":
                units.append(Unit(line[start:place], start, start > 0 and line[start - 1] == " "))
            start = place
    return tuple(units)


def _begins(before: str, character: str) -> bool:
    if " " in (before, character):
        return True
    return is_spaceless(character) or (is_spaceless(before) and character.isalnum())


def joined_units(units: Sequence[Unit]) -> str:
    """Units as they stand in a line."""
    return "".join((" " if unit.space_before else "") + unit.text for unit in units).strip()
