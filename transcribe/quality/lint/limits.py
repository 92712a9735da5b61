"""What a file is held against: the length of its recording, and how long and fast cues may be."""

from __future__ import annotations

from dataclasses import dataclass, replace

from transcribe.core.timecode import format_timecode


@dataclass(frozen=True)
class Length:
    """The end of a recording.

    Attributes:
        slack_ms: By how much that may be wrong.
    """

    ms: int
    slack_ms: int = 0
    name: str = "the recording"

    def __str__(self) -> str:
        return f"{self.name} ends at {format_timecode(self.ms)}"


def is_past(length: Length | None, ms: float) -> bool:
    """Whether a time lies after the end of the recording, where that is known."""
    return length is not None and ms > length.ms + length.slack_ms


@dataclass(frozen=True)
class Limits:
    """Limits of a cue; None where a guide has none.

    Attributes:
        line_cells: Width of a line in character cells (`formats.tokens.text_width`).
        asked: Whether somebody asked for them: else wide lines are its maker's choice, and a note is enough.
    """

    line_cells: int
    lines: int | None = None
    cells_per_second: float | None = None
    shortest_ms: int | None = None
    longest_ms: int | None = None
    asked: bool = False


SUBTITLE = Limits(42, 2, 20.0, 833, 7000)
"""Netflix, English Timed Text Style Guide: adult programmes; the shortest duration is 5/6 s."""

PODCAST_SRT = Limits(32, 2)
PODCAST_VTT = Limits(65)
"""Both: podcast-namespace, docs/examples/transcripts/transcripts.md."""


def limits_of(profile: str | None, kind: str) -> Limits:
    """The limits for files of a kind (`vtt`, `srt`); None stands for what the kind is mostly made for.

    SubRip comes from video, so its own profile is `subtitle`; WebVTT has the wider one, `podcast`.
    """
    if profile is None:
        return PODCAST_VTT if kind == "vtt" else SUBTITLE
    podcast = PODCAST_VTT if kind == "vtt" else PODCAST_SRT
    return replace(SUBTITLE if profile == "subtitle" else podcast, asked=True)
