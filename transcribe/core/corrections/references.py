"""The positions of segments that notes rest on, where a transcript is divided into other segments."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import replace
from itertools import accumulate
from typing import TypeVar

from transcribe.core.episode import Segment
from transcribe.core.show_notes import Chapter, Mention, Quote, ShowNotes, SoundBite, Statement

Resting = TypeVar("Resting", Statement, Chapter, Quote, Mention, SoundBite)


def moved(notes: ShowNotes, before: Sequence[Segment], after: Sequence[Segment]) -> ShowNotes:
    """Notes that rest on segments of one transcript, resting on those of another of the same time.

    Args:
        before: The segments that the notes rest on, in the order of their starts.
        after: Those that they are to rest on, likewise.
    """
    starts = [segment.start_ms for segment in after]
    ends = list(accumulate((segment.end_ms for segment in after), max))

    def at_the_time_of(position: int) -> list[int]:
        if position >= len(before) or not after:
            return []
        segment = before[position]
        if position < len(after) and after[position] == segment:
            return [position]
        first = bisect_right(ends, segment.start_ms)
        found = range(first, bisect_left(starts, segment.end_ms))
        exact = [each for each in found if after[each].end_ms > segment.start_ms]
        return exact or [min(first, len(after) - 1)]

    def rest(each: Resting) -> Resting:
        positions = tuple(sorted({new for place in each.segments for new in at_the_time_of(place)}))
        return each if positions == each.segments else replace(each, segments=positions)

    return replace(
        notes,
        chapters=tuple(map(rest, notes.chapters)),
        summary=tuple(map(rest, notes.summary)),
        long_summary=tuple(map(rest, notes.long_summary)),
        takeaways=tuple(map(rest, notes.takeaways)),
        quotes=tuple(map(rest, notes.quotes)),
        mentions=tuple(map(rest, notes.mentions)),
        titles=tuple(map(rest, notes.titles)),
        social_post=tuple(map(rest, notes.social_post)),
        sound_bites=tuple(map(rest, notes.sound_bites)),
    )
