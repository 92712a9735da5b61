"""The transcript in pieces that a language model can read at a time, none of it left out."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

Count = Callable[[str], int]
Item = TypeVar("Item")


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


def cut_into_sections(lines: Sequence[Line], room: int, count: Count) -> list[tuple[Line, ...]]:
    """Cut lines into as few sections of about the same length as fit.

    Args:
        lines: All of them, in order. One that does not fit is cut between words.
        room: Tokens of a section.
    """
    left = [piece for line in lines for piece in _pieces(line, room, count)]
    costs = [line_tokens(line, count) for line in left]
    sections: list[tuple[Line, ...]] = []
    while left:
        goal = sum(costs) / -(-sum(costs) // room)
        end = _end(costs, room, goal)
        sections.append(tuple(left[:end]))
        left, costs = left[end:], costs[end:]
    return sections


def fitting(lines: Sequence[Line], room: int, count: Count) -> list[Line]:
    """All lines, or as many at equal distances as fit; never none."""
    kept = list(lines)
    while len(kept) > 1 and sum(line_tokens(line, count) for line in kept) > room:
        kept = evenly(lines, len(kept) * 9 // 10)
    return kept


def evenly(items: Sequence[Item], most: int) -> list[Item]:
    """All items, or as many as are wanted at equal distances, the first among them."""
    count = min(most, len(items))
    return [items[at * len(items) // count] for at in range(count)]


def line_tokens(line: Line, count: Count) -> int:
    """Tokens of a line as a prompt shows it at the most, with its speaker and line end."""
    return count(f"{line.speaker or ''}:\n{line.text}\n") + 1


def _end(costs: Sequence[int], room: int, goal: float) -> int:
    """How many lines make the next section: up to the goal."""
    used = end = 0
    while end < len(costs) and used < goal and used + costs[end] <= room:
        used += costs[end]
        end += 1
    return max(1, end)


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
