"""What somebody types, read: words, "phrases", beginnings*, -not, and speaker: show: lang: after: before:."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from transcribe.archive.units import units_of
from transcribe.core.errors import UsageError
from transcribe.core.text import readable

MOST_CHARS = 1000
MOST_PARTS = 32
"""Of a question. Nobody types more, and each costs time."""

_QUOTES = re.compile("[“”„‟«»＂]")
_PART = re.compile(r'(?P<not>-?)(?:(?P<name>[^\W\d]+):)?(?:"(?P<phrase>[^"]*)"|(?P<word>[^\s"]+))')
_DAY = re.compile(r"\d{4}(?:-\d\d(?:-\d\d)?)?")
_HELP = 'Ask as in: transcribe search "net profit" fund speaker:Ala after:2025-06 -tax'

NAMES = ("speaker", "show", "lang", "after", "before")
"""Of what narrows a question."""


@dataclass(frozen=True)
class Said:
    """What is looked for: units that follow each other.

    Attributes:
        inflected: Whether each is met in any inflection.
        begins: Whether the last one may go on.
    """

    units: tuple[str, ...]
    inflected: bool = True
    begins: bool = False


@dataclass(frozen=True)
class Narrowed:
    """What narrows a question to a speaker, a show or a language.

    Attributes:
        excluded: Whether it is that one which is not meant.
    """

    text: str
    excluded: bool = False


@dataclass(frozen=True)
class Query:
    """A question.

    Attributes:
        wanted: All of this is said, in one passage; never empty.
        unwanted: Nothing of this is said in it.
        after: Only episodes of this day or later, as 2025, 2025-06 or 2025-06-01; empty: of any.
        before: Only those of an earlier day.
    """

    wanted: tuple[Said, ...]
    unwanted: tuple[Said, ...] = ()
    speakers: tuple[Narrowed, ...] = ()
    shows: tuple[Narrowed, ...] = ()
    languages: tuple[Narrowed, ...] = ()
    after: str = ""
    before: str = ""


def read_query(text: str) -> Query:
    """Read a question.

    Raises:
        UsageError: It is too long, asks for nothing, or a quotation mark is not closed.
    """
    if len(text) > MOST_CHARS:
        raise UsageError(f"the question has {len(text)} characters; {MOST_CHARS} are the limit", _HELP)
    text = _QUOTES.sub('"', readable(text))
    if text.count('"') % 2:
        raise UsageError("a quotation mark in the question is not closed", _HELP)
    parts = list(_PART.finditer(text))
    if len(parts) > MOST_PARTS:
        raise UsageError(f"the question has {len(parts)} parts; {MOST_PARTS} are the limit", _HELP)
    found: dict[str, list[Narrowed]] = {name: [] for name in NAMES}
    said: dict[bool, list[Said]] = {True: [], False: []}
    for part in parts:
        excluded, name = bool(part["not"]), (part["name"] or "").casefold()
        if name in found:
            found[name].append(Narrowed(part["phrase"] or part["word"] or "", excluded))
        elif one := _said(part):
            said[not excluded].append(one)
    if not said[True]:
        raise UsageError("the question has no word to look for", _HELP)
    return Query(
        tuple(said[True]),
        tuple(said[False]),
        speakers=tuple(found["speaker"]),
        shows=tuple(found["show"]),
        languages=tuple(found["lang"]),
        after=max(map(_day, found["after"]), default=""),
        before=min(map(_day, found["before"]), default=""),
    )


def title_words(text: str) -> str:
    """What of a question may stand in a title: without marks, and without what narrows it or is not meant."""
    parts = _PART.finditer(_QUOTES.sub('"', readable(text)))
    meant = (each for each in parts if not each["not"] and (each["name"] or "").casefold() not in NAMES)
    return " ".join(each[0].replace('"', "").rstrip("*") for each in meant)


def _said(part: re.Match[str]) -> Said | None:
    """What a part looks for; None where it has neither letter nor digit."""
    phrase, word = part["phrase"], part["word"] or ""
    name = f"{part['name']} " if part["name"] else ""  # of nothing that we know: "10:30", "note:this"
    units = units_of(name + (word if phrase is None else phrase))
    if not units:
        return None
    return Said(units, inflected=phrase is None, begins=phrase is None and word.endswith("*"))


def _day(given: Narrowed) -> str:
    try:
        date.fromisoformat(f"{given.text}-01-01"[:10])
        good = _DAY.fullmatch(given.text) is not None
    except ValueError:
        good = False
    if given.excluded or not good:
        raise UsageError(f"{given.text} is no day", "Give one as 2025, 2025-06 or 2025-06-01")
    return given.text
