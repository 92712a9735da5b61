"""How well the truth check tells true statements from false ones: the table of confusion.

    python -m benchmarks.truth

Prints the tables of `docs/notes.md`. The transcripts and the statements about them lie in
`tests/unit/notes/truth`, written for this; one half of the statements was looked at while the check was made,
the other was held back.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Literal

from transcribe.core.show_notes import NO_SHOW
from transcribe.notes.topics import topics_of
from transcribe.notes.truth import check_drafts
from transcribe.notes.writer import Draft, Material, Sentence

FOLDER = Path(__file__).resolve().parent.parent / "tests" / "unit" / "notes" / "truth"
WORD_MS = 350
_SENTENCE_END = re.compile(r"(?<=[.?!])\s+")

Outcome = Literal["kept", "marked", "dropped"]


@dataclass(frozen=True)
class Case:
    """A statement about one of the transcripts.

    Attributes:
        half: `tuned` or `held`: whether it was looked at while the check was made.
        true: Whether the transcript says so.
        kind: How it was made: `passive`, `negated`, ...
    """

    language: str
    transcript: str
    half: str
    true: bool
    kind: str
    text: str


def read_cases() -> list[Case]:
    """Every statement of the set."""
    with (FOLDER / "statements.tsv").open(encoding="utf-8", newline="") as file:
        rows = csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        next(rows)
        return [
            Case(language, transcript, half, truth == "true", kind, text)
            for language, transcript, half, truth, kind, text in rows
        ]


@cache
def material(transcript: str, language: str) -> Material:
    """A transcript of the set, one turn on a line: `S1: What was said. And more.`"""
    sentences: list[Sentence] = []
    at = 0
    for line in (FOLDER / f"{transcript}.{language}.txt").read_text(encoding="utf-8").splitlines():
        speaker, said = line.split(": ", 1)
        for text in _SENTENCE_END.split(said):
            end = at + WORD_MS * len(text.split())
            sentences.append(Sentence(text, at, end, (len(sentences),), speaker, 0.9))
            at = end
    found = tuple(sentences)
    return Material(found, topics_of(found, language, at), language, language, at, NO_SHOW)


@cache
def outcomes() -> dict[Case, Outcome]:
    """What the check makes of each statement; as many are checked at once as it keeps."""
    found: dict[Case, Outcome] = {}
    cases = sorted(read_cases(), key=lambda case: case.transcript)
    for (transcript, language), group in groupby(cases, lambda case: (case.transcript, case.language)):
        waiting = list(group)
        while waiting:
            part, waiting = waiting[:8], waiting[8:]
            drafts = [Draft("takeaways", case.text, ()) for case in part]
            checked = check_drafts(drafts, material(transcript, language)).statements.get("takeaways", ())
            doubts = {statement.text: statement.doubt for statement in checked}
            for case in part:
                doubt = doubts.get(case.text)
                found[case] = "dropped" if doubt is None else "marked" if doubt else "kept"
    return found


def rate(cases: Iterable[Case]) -> float:
    """Share of some statements that is kept and not marked, 0 to 1."""
    kept = [outcomes()[case] == "kept" for case in cases]
    return sum(kept) / len(kept)


def tables() -> Iterator[str]:
    """The confusion by half, by language and by kind, in Markdown."""
    cases = read_cases()
    yield from _table("half", cases, lambda case: case.half)
    yield ""
    yield from _table("language", cases, lambda case: case.language)
    yield ""
    yield from _table("kind", cases, lambda case: case.kind, totals=False)


def _table(name: str, cases: list[Case], key: Callable[[Case], str], *, totals: bool = True) -> Iterator[str]:
    yield f"| {name} | true: kept | marked | dropped | false: kept | marked | dropped |"
    yield "|---|---|---|---|---|---|---|"
    groups: dict[str, list[Case]] = {}
    for case in cases:
        groups.setdefault(key(case), []).append(case)
    for label, group in [*groups.items(), *([("all", cases)] if totals else [])]:
        yield f"| {label} | {_cells(group, true=True)} | {_cells(group, true=False)} |"


def _cells(cases: list[Case], *, true: bool) -> str:
    counts = Counter(outcomes()[case] for case in cases if case.true is true)
    total = counts.total()
    if not total:
        return " | | "
    kept = f"{counts['kept']} of {total} ({counts['kept'] / total:.0%})"
    return f"{kept} | {counts['marked']} | {counts['dropped']}"


if __name__ == "__main__":
    print("\n".join(tables()))
