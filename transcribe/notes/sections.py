"""The transcript in pieces that a language model can read at a time, none of it left out."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

Count = Callable[[str], int]


@dataclass(frozen=True)
class Line:
    """What a model reads of one sentence or point.

    Attributes:
        text: One line.
        sentences: Positions of the sentences it stands for, ascending.
        speaker: Who says it, or None.
    """

    text: str
    sentences: tuple[int, ...]
    speaker: str | None = None


def cut_into_sections(
    lines: Sequence[Line], room: int, count: Count, breaks: Iterable[int] = ()
) -> list[tuple[Line, ...]]:
    """Cut lines into as few sections of about the same length as fit.

    Args:
        lines: All of them, in order. One that does not fit is cut between words.
        breaks: Sentences that begin a topic: sections rather start there.
    """
    fitting = [piece for line in lines for piece in _pieces(line, room, count)]
    costs = [line_tokens(line, count) for line in fitting]
    starts = set(breaks)
    sections: list[tuple[Line, ...]] = []
    while fitting:
        goal = sum(costs) / -(-sum(costs) // room)
        end = _end(fitting, costs, room, goal, starts)
        sections.append(tuple(fitting[:end]))
        fitting, costs = fitting[end:], costs[end:]
    return sections


def fitting(lines: Sequence[Line], room: int, count: Count) -> list[Line]:
    """All lines, or as many at equal distances as fit; never none."""
    kept = list(lines)
    while len(kept) > 1 and sum(line_tokens(line, count) for line in kept) > room:
        less = len(kept) * 9 // 10
        kept = [lines[at * len(lines) // less] for at in range(less)]
    return kept


def line_tokens(line: Line, count: Count) -> int:
    """Tokens of a line as a prompt shows it, with its number and line end."""
    return count(f"[999] {line.speaker or ''}: {line.text}\n") + 1


def _end(lines: Sequence[Line], costs: Sequence[int], room: int, goal: float, starts: set[int]) -> int:
    """How many lines make the next section: up to a topic's start near the goal, else up to the goal."""
    used, end, at_topic = 0, 0, 0
    while end < len(lines) and used + costs[end] <= room:
        if end and used >= goal:
            break
        used += costs[end]
        end += 1
        if used >= goal / 2 and end < len(lines) and lines[end].sentences[0] in starts:
            at_topic = end
    return max(1, at_topic if at_topic and end < len(lines) else end)


def _pieces(line: Line, room: int, count: Count) -> list[Line]:
    if line_tokens(line, count) <= room:
        return [line]
    middle = _middle(line.text)
    if not middle:
        return [line]  # a single character: no context is that small
    halves = (line.text[:middle].strip(), line.text[middle:].strip())
    return [
        piece
        for half in halves
        if half
        for piece in _pieces(Line(half, line.sentences, line.speaker), room, count)
    ]


def _middle(text: str) -> int:
    """The space nearest to the middle; the middle itself in scripts without spaces."""
    half = len(text) // 2
    spaces = [match.start() for match in re.finditer(r"\s", text)]
    return min(spaces, key=lambda place: abs(place - half), default=half) or half
