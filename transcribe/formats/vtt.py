"""WebVTT (.vtt): subtitles for the web and for podcast feeds (W3C Candidate Recommendation).

Speakers are voice spans, `<v Name>`, the only form Apple Podcasts takes names from. Where people talk at
the same time, their cues overlap, as the standard allows; players show one above the other.
"""

from __future__ import annotations

from transcribe.core.episode import Episode
from transcribe.core.settings import SubtitleSettings
from transcribe.core.timecode import format_timecode
from transcribe.formats.cue_times import Cue
from transcribe.formats.cues import lay_out
from transcribe.formats.tokens import plain


def write(episode: Episode, settings: SubtitleSettings) -> bytes:
    """The transcript as WebVTT: a header, a note on what made it, and the cues."""
    cues = lay_out(episode.transcript, settings, until_ms=episode.audio.end_ms, overlap=True)
    return "\n".join([_header(episode), *(_block(cue) for cue in cues)]).encode()


def _header(episode: Episode) -> str:
    made_by, source = episode.provenance, episode.source
    return (
        "WEBVTT\n\nNOTE\n"
        f"Made by {_safe(made_by.program)} with {_safe(made_by.engine)}\n"
        f"Model {_safe(made_by.model.name)}, SHA-256 {_safe(made_by.model.sha256)}\n"
        f"Recording {_safe(source.name)}, SHA-256 {_safe(source.sha256)}\n"
    )


def _block(cue: Cue) -> str:
    start, end = format_timecode(cue.start_ms), format_timecode(cue.end_ms)
    voice = f"<v {_safe(cue.speaker)}>" if cue.speaker else ""
    text = "\n".join(_safe(line) for line in cue.lines)
    return f"{start} --> {end}\n{voice}{text}\n"


def _safe(text: str) -> str:
    """One line of text in which nothing is markup; the escaped `>` also keeps `-->` out."""
    return plain(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
