"""SubRip (.srt): numbered subtitles, understood by nearly every player.

There is no standard; this keeps to what all readers share: LF line ends, no byte order mark, one
empty line between cues, no cue before the end of another (players show one at a time): who talks over
somebody else stands after them. The format has no field for speakers, so a turn begins with `Name: ` (as
Podcasting 2.0 asks), and no way to escape, so the arrow of its time line is written as → in text.
"""

from __future__ import annotations

from dataclasses import replace

from transcribe.core.episode import Episode
from transcribe.core.settings import SubtitleSettings
from transcribe.core.timecode import format_timecode
from transcribe.formats.cue_times import Cue
from transcribe.formats.cues import lay_out


def write(episode: Episode, settings: SubtitleSettings) -> bytes:
    """The transcript as SubRip; empty where nothing was said."""
    cues = lay_out(episode.transcript, settings, names=True, until_ms=episode.audio.end_ms)
    return "\n".join(_block(number, cue) for number, cue in enumerate(cues, 1)).encode()


def write_podcast(episode: Episode, settings: SubtitleSettings) -> bytes:
    """The same in the profile of Podcasting 2.0 (.podcast.srt): two lines of 32 characters.

    https://github.com/Podcastindex-org/podcast-namespace/blob/main/docs/examples/transcripts/transcripts.md
    """
    return write(episode, replace(settings, max_lines=2, max_line_chars=32))


def _block(number: int, cue: Cue) -> str:
    start, end = (format_timecode(ms, decimal=",") for ms in (cue.start_ms, cue.end_ms))
    text = "\n".join(line.replace("-->", "→") for line in cue.lines)
    return f"{number}\n{start} --> {end}\n{text}\n"
