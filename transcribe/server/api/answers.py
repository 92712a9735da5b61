"""A finished episode in the shapes of OpenAI's speech API."""

from __future__ import annotations

import math
import re
import zlib
from typing import Any

from transcribe.core.episode import Episode, Segment
from transcribe.core.settings import SubtitleSettings
from transcribe.formats.known import FORMATS
from transcribe.server.intake.asked import DIARIZED, Asked
from transcribe.server.intake.languages import NAMES

_NUMBERED = re.compile(r"S[0-9]+")
"""Speakers whose names are not known."""

LEAST_PROBABILITY = 1e-10
"""Of a word, for its logarithm."""


def text_of(episode: Episode) -> str:
    """The whole text on one line."""
    parts = ((" " if each.words[0].space_before else "") + each.text for each in episode.transcript.segments)
    return "".join(parts).strip()


def usage_of(episode: Episode) -> dict[str, Any]:
    """What was used: seconds of the recording."""
    return {"type": "duration", "seconds": math.ceil(episode.duration_ms / 1000)}


def answer_of(episode: Episode, asked: Asked, subtitles: SubtitleSettings) -> bytes | dict[str, Any]:
    """The answer: plain text or an object."""
    if asked.answer in ("srt", "vtt"):
        return FORMATS[asked.answer].write(episode, subtitles)
    text = text_of(episode)
    if asked.answer == "text":
        return f"{text}\n".encode()
    usage = {"usage": usage_of(episode)}
    said: dict[str, Any] = {"text": text}
    if asked.answer == "verbose_json":
        said = _verbose(episode, words=asked.words, translated=bool(asked.options.get("translate"))) | said
    elif asked.answer == DIARIZED:
        said = {"task": "transcribe", "duration": _seconds(episode.duration_ms)} | said
        said["segments"] = diarized_segments(episode)
    return said | usage


def _verbose(episode: Episode, *, words: bool, translated: bool) -> dict[str, Any]:
    segments = episode.transcript.segments
    language = episode.transcript.language
    code = "en" if translated else language.code if language else ""
    said: dict[str, Any] = {
        "task": "translate" if translated else "transcribe",
        "language": NAMES.get(code, code),
        "duration": _seconds(episode.duration_ms),
        "segments": [_segment(number, each) for number, each in enumerate(segments)],
    }
    if words:
        said["words"] = [
            {"word": word.text, "start": _seconds(word.start_ms), "end": _seconds(word.end_ms)}
            for segment in segments
            for word in segment.words
        ]
    return said


def _segment(number: int, segment: Segment) -> dict[str, Any]:
    """All ten keys. What this program does not keep (tokens) is empty, what it does not do is 0."""
    logs = [math.log(max(each.probability, LEAST_PROBABILITY)) for each in segment.words]
    text = segment.text.encode()
    return {
        "id": number,
        "seek": segment.start_ms // 10,
        "start": _seconds(segment.start_ms),
        "end": _seconds(segment.end_ms),
        "text": segment.text,
        "tokens": [],
        "temperature": 0.0,
        "avg_logprob": round(sum(logs) / len(logs), 4),
        "compression_ratio": round(len(text) / len(zlib.compress(text)), 4),
        "no_speech_prob": 0.0,
    }


def diarized_segments(episode: Episode) -> list[dict[str, Any]]:
    """Who says what; speakers without a name are A, B, … in the order in which they first speak."""
    letters: dict[str | None, str] = {}
    return [
        {
            "type": "transcript.text.segment",
            "id": f"seg_{number}",
            "start": _seconds(segment.start_ms),
            "end": _seconds(segment.end_ms),
            "text": segment.text,
            "speaker": segment.speaker
            if segment.speaker and not _NUMBERED.fullmatch(segment.speaker)
            else letters.setdefault(segment.speaker, _letter(len(letters))),
        }
        for number, segment in enumerate(episode.transcript.segments)
    ]


def _letter(number: int) -> str:
    more, last = divmod(number, 26)
    return (_letter(more - 1) if more else "") + chr(ord("A") + last)


def _seconds(ms: int) -> float:
    return ms / 1000
