"""Tab-separated values (.tsv): one segment a line, times in ms, columns as OpenAI's `whisper` writes them."""

from __future__ import annotations

from transcribe.core.episode import Episode, Segment
from transcribe.core.settings import SubtitleSettings
from transcribe.formats.cells import cell


def write(episode: Episode, settings: SubtitleSettings) -> bytes:  # noqa: ARG001 - all formats are called alike
    """The segments as a table with a header; tabs and line ends become spaces; no formula is run."""
    rows = (_row(segment) for segment in episode.transcript.segments)
    return "".join(["start\tend\ttext\n", *rows]).encode()


def _row(segment: Segment) -> str:
    return f"{segment.start_ms}\t{segment.end_ms}\t{cell(segment.text)}\n"
