"""Layers of corrections for tests, made as people make them: of edited lines."""

from __future__ import annotations

from collections.abc import Sequence

from transcribe.core.corrections.apply import corrected_segments
from transcribe.core.corrections.edit import Line, edited
from transcribe.core.corrections.place import lay
from transcribe.core.corrections.record import Corrections
from transcribe.core.corrections.units import clean
from transcribe.core.episode import Segment, Transcript


def lines_of(segments: Sequence[Segment]) -> list[Line]:
    """The segments as lines, as an export has them."""
    return [Line(text, each.speaker) for each in segments if (text := clean(each.text))]


def of_lines(said: Transcript, *lines: str | Line) -> Corrections:
    """What makes these lines of a transcript; those of plain text are said by nobody with a name."""
    made = [line if isinstance(line, Line) else Line(line) for line in lines]
    return Corrections(edited(said, made))


def laid(said: Transcript, corrections: Corrections) -> tuple[Segment, ...]:
    """The corrected segments; every correction has to fit."""
    layer = lay(said, corrections)
    assert layer.unfit == ()
    return corrected_segments(layer)
