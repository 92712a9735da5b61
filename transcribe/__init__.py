"""Recordings into transcripts and subtitles on your own machine, with nothing sent anywhere.

    import transcribe

    episode = transcribe.transcribe_file("episode.mp3", model="base")
    print(episode.transcript.text)

The same recipe as the command line; see docs/api.md. What is listed here stays; what lies behind it may move.
"""

from __future__ import annotations

import importlib
import os
from typing import TYPE_CHECKING

from transcribe.core import telemetry

if TYPE_CHECKING:
    from transcribe.core.episode import (
        Coverage,
        Episode,
        Language,
        ModelIdentity,
        Provenance,
        Recognition,
        Segment,
        Spot,
        Track,
        Transcript,
        Turn,
        Turns,
        Word,
    )
    from transcribe.core.errors import (
        DependencyError,
        EngineError,
        InputError,
        ModelError,
        NetworkError,
        OutputError,
        TranscribeError,
        UsageError,
    )
    from transcribe.core.events import (
        Event,
        LanguageDetected,
        Progress,
        SegmentRecognised,
        SpeakersTold,
        StageAdvanced,
        StageFinished,
        StageStarted,
        Warned,
        WriterAdvanced,
    )
    from transcribe.core.recording import Audio, AudioStream, Piece, Source, SpeechSpan, SpeechSpans
    from transcribe.core.show_notes import (
        Authorship,
        Chapter,
        Link,
        Mention,
        Quote,
        Show,
        ShowNotes,
        SoundBite,
        Statement,
    )
    from transcribe.core.typed_options import Options
    from transcribe.jobs.api import read_transcript, render_episode, transcribe_file, transcribe_tracks

__all__ = [
    "Audio", "AudioStream", "Authorship", "Chapter", "Coverage", "DependencyError", "EngineError",
    "Episode", "Event", "InputError", "Language", "LanguageDetected", "Link", "Mention",
    "ModelError", "ModelIdentity", "NetworkError", "Options", "OutputError", "Piece", "Progress",
    "Provenance", "Quote", "Recognition", "Segment", "SegmentRecognised", "Show", "ShowNotes", "SoundBite",
    "Source", "SpeakersTold", "SpeechSpan", "SpeechSpans", "Spot", "StageAdvanced", "StageFinished",
    "StageStarted", "Statement", "Track", "TranscribeError", "Transcript", "Turn", "Turns",
    "UsageError", "Warned", "Word", "WriterAdvanced", "read_transcript", "render_episode",
    "transcribe_file", "transcribe_tracks",
]  # fmt: skip

_HOMES = (
    "core.errors",
    "core.events",
    "core.episode",
    "core.recording",
    "core.show_notes",
    "core.typed_options",
    "jobs.api",
)
"""Where the names are, the cheapest first: a module is imported when a name of it is asked for."""

telemetry.turn_off()  # before anything of `transcribe` imports a dependency, in every process that does

if os.environ.get("TRANSCRIBE_SEAL", "").startswith("audit-hook:"):  # as whoever started this process has it
    importlib.import_module("transcribe.core.seal.take").inherit()

if not TYPE_CHECKING:  # or every name would be one

    def __getattr__(name: str) -> object:
        if name in __all__:
            for home in _HOMES:
                found = getattr(importlib.import_module(f"transcribe.{home}"), name, None)
                if found is not None:
                    return found
        raise AttributeError(f"module 'transcribe' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
