"""How well chapters begin where the authors of talks have headings.

    python -m benchmarks.chapters

Writes `benchmarks/results/chapters.md`. The talks in `benchmarks/talks/` were written for this, as talks
are spoken; what they claim is not to be relied on. Times are those of 150 words a minute without pauses,
which is harder than speech: people pause between topics. A chapter's start counts as found within 30 s of a
heading.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.machine import code_version
from transcribe.core.show_notes import NO_SHOW
from transcribe.core.timecode import format_duration
from transcribe.notes.extractive import write_extractive
from transcribe.notes.topics import topics_of
from transcribe.notes.writer import Material, Sentence

ROOT = Path(__file__).resolve().parent.parent
TALKS = ROOT / "benchmarks" / "talks"
TARGET = ROOT / "benchmarks" / "results" / "chapters.md"
WORD_MS = 60_000 // 150
NEAR_MS = 30_000

_SECTION = re.compile(r"^## (.+)\n\n(.+)$", re.MULTILINE)
_BETWEEN = re.compile(r"(?<=[.?!])\s+")


@dataclass(frozen=True)
class Talk:
    """A talk with the headings of its author.

    Attributes:
        headings: Title and start of each section, in ms; the first at 0.
    """

    language: str
    material: Material
    headings: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Score:
    """Starts but the first, which is at 0 for everybody.

    Attributes:
        headings: How many the author has.
        found: How many of them have a chapter's start near.
        chapters: How many starts there are.
        wrong: How many of them are near no heading.
    """

    headings: int
    found: int
    chapters: int
    wrong: int


def read_talk(file: Path) -> Talk:
    """A talk out of a Markdown file with a section under each second-level heading."""
    language = file.stem
    sentences: list[Sentence] = []
    headings: list[tuple[str, int]] = []
    at = 0
    for title, text in _SECTION.findall(file.read_text(encoding="utf-8")):
        headings.append((title, at))
        for sentence in _BETWEEN.split(text):
            end = at + WORD_MS * len(sentence.split())
            sentences.append(Sentence(sentence, at, end, (len(sentences),), None, 0.9))
            at = end
    topics = topics_of(sentences, language, at)
    return Talk(
        language, Material(tuple(sentences), topics, language, language, at, NO_SHOW), tuple(headings)
    )


def talks() -> list[Talk]:
    """Every talk, in the order of their languages."""
    return [read_talk(file) for file in sorted(TALKS.glob("*.md"))]


def score(talk: Talk) -> Score:
    """Compare where chapters begin with the author's headings."""
    theirs = [at for _, at in talk.headings[1:]]
    mine = [talk.material.sentences[first].start_ms for first in talk.material.topics[1:]]
    found = sum(any(abs(at - start) <= NEAR_MS for start in mine) for at in theirs)
    wrong = sum(all(abs(at - start) > NEAR_MS for at in theirs) for start in mine)
    return Score(len(theirs), found, len(mine), wrong)


def table(measured: list[Talk]) -> Iterator[str]:
    """A row for each talk, and one for all."""
    yield "| talk | minutes | headings | found | chapters begin elsewhere |"
    yield "|---|---|---|---|---|"
    scores = [score(talk) for talk in measured]
    for talk, each in zip(measured, scores, strict=True):
        minutes = f"{talk.material.duration_ms / 60_000:.0f}"
        yield row(talk.language, minutes, each)
    total = Score(*(sum(getattr(each, field) for each in scores) for field in Score.__dataclass_fields__))
    yield row("all", "", total)


def row(label: str, minutes: str, each: Score) -> str:
    """Counts, with the shares that matter."""
    found = f"{each.found} ({each.found / each.headings:.0%})"
    return f"| {label} | {minutes} | {each.headings} | {found} | {each.wrong} of {each.chapters} |"


def side_by_side(talk: Talk) -> Iterator[str]:
    """The author's headings beside the chapters."""
    yield f"\n## {talk.language}\n"
    yield "| heading | at | chapter | at |"
    yield "|---|---|---|---|"
    theirs = [(title, format_duration(at)) for title, at in talk.headings]
    chapters = write_extractive(talk.material).chapters
    mine = [(chapter.title, format_duration(chapter.start_ms)) for chapter in chapters]
    blank = ("", "")
    for number in range(max(len(theirs), len(mine))):
        left = theirs[number] if number < len(theirs) else blank
        right = mine[number] if number < len(mine) else blank
        yield f"| {' | '.join((*left, *right))} |"


def main() -> None:
    """Measure and write the page."""
    measured = talks()
    page = [
        "# Where chapters begin\n",
        f"transcribe {code_version(ROOT)}. Made by `python -m benchmarks.chapters`.\n",
    ]
    page += [*table(measured), *(line for talk in measured for line in side_by_side(talk))]
    TARGET.write_text("\n".join(page) + "\n", encoding="utf-8")
    print("\n".join(page))


if __name__ == "__main__":
    main()
