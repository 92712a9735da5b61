"""RTTM (.rttm): who speaks when, for tools that tell speakers apart or measure how well others do."""

from __future__ import annotations

from pathlib import PurePath

from transcribe.core.episode import Episode, Turn
from transcribe.core.settings import SubtitleSettings
from transcribe.rttm import rttm_lines


def write(episode: Episode, settings: SubtitleSettings) -> bytes:  # noqa: ARG001 - all formats are called alike
    """One line a turn; of the segments' speakers where nobody told turns apart."""
    turns = episode.turns.turns if episode.turns else spoken_turns(episode)
    return "".join(f"{line}\n" for line in rttm_lines(turns, PurePath(episode.source.name).stem)).encode()


def spoken_turns(episode: Episode) -> tuple[Turn, ...]:
    """A turn for every segment that has a speaker."""
    return tuple(
        Turn(segment.start_ms, segment.end_ms, segment.speaker)
        for segment in episode.transcript.segments
        if segment.speaker
    )
