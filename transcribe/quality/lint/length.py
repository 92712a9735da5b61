"""How long the recording is that a file belongs to."""

from __future__ import annotations

from dataclasses import dataclass

from transcribe.core.timecode import format_timecode


@dataclass(frozen=True)
class Length:
    """The end of a recording.

    Attributes:
        ms: Its length.
        slack_ms: By how much that may be wrong.
        name: The recording, for people.
    """

    ms: int
    slack_ms: int = 0
    name: str = "the recording"

    def __str__(self) -> str:
        return f"{self.name} ends at {format_timecode(self.ms)}"


def is_past(length: Length | None, ms: float) -> bool:
    """Whether a time lies after the end of the recording, where that is known."""
    return length is not None and ms > length.ms + length.slack_ms
