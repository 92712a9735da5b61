"""SubRip in the profile of Podcasting 2.0 (.podcast.srt): two lines of 32 characters, `Name: ` at a turn.

https://github.com/Podcastindex-org/podcast-namespace/blob/main/docs/examples/transcripts/transcripts.md
"""

from __future__ import annotations

from dataclasses import replace

from transcribe.core.episode import Episode
from transcribe.core.settings import SubtitleSettings
from transcribe.formats import srt

LINES = 2
LINE_CHARS = 32


def write(episode: Episode, settings: SubtitleSettings) -> bytes:
    """The transcript as SubRip within the profile's limits; empty where nothing was said."""
    return srt.write(episode, replace(settings, max_lines=LINES, max_line_chars=LINE_CHARS))
