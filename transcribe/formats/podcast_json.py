"""Podcasting 2.0 transcript JSON 1.0.0 (.podcast.json): segments with times in seconds.

https://github.com/Podcastindex-org/podcast-namespace/blob/main/docs/examples/transcripts/transcripts.md
"""

from __future__ import annotations

import json

from transcribe.core.episode import Episode
from transcribe.core.settings import SubtitleSettings
from transcribe.formats.outline import Line, lines_of

VERSION = "1.0.0"


def write(episode: Episode, settings: SubtitleSettings) -> bytes:  # noqa: ARG001 - all formats are called alike
    """The transcript, a segment about a sentence long; one without a known speaker has no `speaker`."""
    document = {"version": VERSION, "segments": [_segment(line) for line in lines_of(episode.transcript)]}
    return (json.dumps(document, ensure_ascii=False, indent=1) + "\n").encode()


def _segment(line: Line) -> dict[str, str | float]:
    speaker = {"speaker": line.speaker} if line.speaker else {}
    times = {"startTime": line.start_ms / 1000, "endTime": line.end_ms / 1000}
    return {**speaker, **times, "body": line.text}
