"""Audacity labels (.labels.txt): start, end, text, with tabs between; a region a segment.

https://manual.audacityteam.org/man/importing_and_exporting_labels.html
"""

from __future__ import annotations

from transcribe.core.episode import Episode
from transcribe.core.settings import SubtitleSettings
from transcribe.formats.outline import Line, lines_of


def write(episode: Episode, settings: SubtitleSettings) -> bytes:  # noqa: ARG001 - all formats are called alike
    """The segments as labels, times in seconds; empty where nothing was said."""
    return "".join(_label(line) for line in lines_of(episode.transcript)).encode()


def _label(line: Line) -> str:
    name = f"{line.speaker}: " if line.speaker else ""
    # A line that begins with a backslash is a range of frequencies; ours begin with a digit.
    return f"{line.start_ms / 1000:.6f}\t{line.end_ms / 1000:.6f}\t{name}{line.text}\n"
