"""The lines of a transcript that an item is about, and what a reviewer makes of them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from transcribe.control.review.items import Item
from transcribe.core.corrections.apply import RowLine, row_lines
from transcribe.core.corrections.edit import Line
from transcribe.core.corrections.units import clean
from transcribe.core.errors import UsageError
from transcribe.core.text import plain_name
from transcribe.jobs.correct import Opened
from transcribe.jobs.edit_lines import Edit


def lines_at(of: Opened, item: Item) -> tuple[RowLine, ...]:
    """The lines in which an item lies, or the nearest one; all, where it is about the whole recording."""
    lines = row_lines(of.layer)
    if not item.spans or not lines:
        return lines
    inside = [
        line
        for line in lines
        if any(start < line.segment.end_ms and line.segment.start_ms < end for start, end in item.spans)
    ]
    return tuple(inside) or (min(lines, key=lambda line: _distance(line, item)),)


def edits_of(of: Opened, lines: Sequence[RowLine], wanted: Sequence[str]) -> list[Edit]:
    """What makes lines those that a reviewer wants; nothing where they are the same.

    Args:
        of: The transcript that the lines are of.
        wanted: As many as there are lines, each in the place of one; where one speaker says all of them and
            they follow each other, more or fewer.

    Raises:
        UsageError: There are more or fewer, and it is not known who says which.
    """
    texts = [clean(text) for text in wanted]
    if len(texts) == len(lines):
        return [
            Edit(
                line.first,
                line.end,
                (Line(text, _speaker(line)),) if text else (),
                _seen(of, line.first, line.end),
            )
            for line, text in zip(lines, texts, strict=True)
            if text != clean(line.segment.text)
        ]
    speakers = {_speaker(line) for line in lines}
    if len(speakers) > 1 or any(left.end != right.first for left, right in pairwise(lines)):
        raise UsageError(
            "lines of several speakers can be neither divided nor joined here", "Keep their number"
        )
    first, end, (speaker,) = lines[0].first, lines[-1].end, speakers
    return [Edit(first, end, tuple(Line(text, speaker) for text in texts if text), _seen(of, first, end))]


def _distance(line: RowLine, item: Item) -> int:
    start, end = item.spans[0][0], item.spans[-1][1]
    return max(line.segment.start_ms - end, start - line.segment.end_ms)


def _speaker(line: RowLine) -> str | None:
    return plain_name(line.segment.speaker or "") or None


def _seen(of: Opened, first: int, end: int) -> tuple[str, ...]:
    """Ids of the corrections of some words."""
    return tuple(
        each.correction.id
        for each in of.layer.placed
        if each.covered.start < end and each.covered.stop > first
    )
