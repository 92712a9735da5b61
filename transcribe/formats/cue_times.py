"""When each cue is shown: as long as it is spoken and needs to be read, then off."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest

from transcribe.core.settings import SubtitleSettings

CHAIN_MS = 500
"""Shorter gaps between cues flicker and are closed (Netflix, Subtitle Timing Guidelines: 12 frames)."""


@dataclass(frozen=True)
class Cue:
    """What is shown at once.

    Attributes:
        start_ms: Never before its first word, never before the end of the cue before it.
        end_ms: After its start.
        lines: Its text, one to `max_lines` lines.
    """

    start_ms: int
    end_ms: int
    lines: tuple[str, ...]
    speaker: str | None = None


@dataclass(frozen=True)
class Untimed:
    """A cue before its end is known: what it says, and when that is said."""

    start_ms: int
    spoken_end_ms: int
    width: int
    lines: tuple[str, ...]
    speaker: str | None


def reading_ms(width: int, settings: SubtitleSettings) -> int:
    """How long a cue should stay, in ms: long enough to be read, within the limits."""
    reading = math.ceil(width * 1000 / settings.max_chars_per_second)
    return min(settings.max_cue_ms, max(settings.min_cue_ms, reading))


def timed(cues: list[Untimed], until_ms: int | None, settings: SubtitleSettings) -> Iterator[Cue]:
    """Give every cue its time: as long as it is spoken and needs to be read, then off."""
    shortest = min(settings.min_cue_ms, settings.max_cue_ms)
    free_from = 0
    for cue, following in zip_longest(cues, cues[1:]):
        start = max(cue.start_ms, free_from)
        end = max(cue.spoken_end_ms, start + reading_ms(cue.width, settings))
        if following is not None:
            # Where two speak at once, the next one's words may have begun already: this one ends first.
            next_start = max(following.start_ms, cue.spoken_end_ms)
            latest = next_start - settings.min_cue_gap_ms
            chained = next_start - end < CHAIN_MS
            end = latest if chained else min(end, latest)
        elif until_ms is not None:
            end = min(end, until_ms)
        end = max(start + shortest, min(end, start + settings.max_cue_ms))
        free_from = end + settings.min_cue_gap_ms
        yield Cue(start, end, cue.lines, cue.speaker)
