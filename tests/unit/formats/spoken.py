"""Transcripts for tests, written as text: times are made up evenly unless given."""

from __future__ import annotations

from transcribe.core.episode import (
    Coverage,
    Episode,
    Language,
    ModelIdentity,
    Provenance,
    Segment,
    Spot,
    Transcript,
    Word,
)
from transcribe.core.recording import Audio, AudioStream, Source, SpeechSpan, SpeechSpans

MS_PER_CHARACTER = 70


def segment(text: str, start_ms: int = 0, *, speaker: str | None = None, spaces: bool = True) -> Segment:
    """Words between the spaces of `text`, spoken one right after the other."""
    words: list[Word] = []
    for part in text.split(" "):
        end_ms = start_ms + MS_PER_CHARACTER * len(part)
        words.append(Word(start_ms, end_ms, part, 0.9, spaces))
        start_ms = end_ms
    return Segment(words[0].start_ms, words[-1].end_ms, tuple(words), 0, speaker)


def transcript(*segments: Segment, language: str = "en") -> Transcript:
    return Transcript(Language(language, 0.97, detected=True), segments)


def episode(
    *segments: Segment,
    language: str = "en",
    tags: tuple[tuple[str, str], ...] = (),
    spots: tuple[Spot, ...] = (),
) -> Episode:
    return Episode(
        source=Source(
            path="/home/anna/talk.mp3",
            name="talk.mp3",
            sha256="ab" * 32,
            bytes=1234,
            container="mp3",
            duration_ms=65_000,
            streams=(AudioStream(0, "mp3", 44_100, 2, default=True),),
            stream=0,
            tags=tags,
        ),
        audio=Audio("audio.f32", 1_040_000, 0, -19.5, 2.5),
        speech=SpeechSpans((SpeechSpan(0, 60_000),)),
        transcript=transcript(*segments, language=language),
        coverage=Coverage(60_000, 0, 0, 0, spots),
        provenance=Provenance(
            "transcribe 0.1.0", "pywhispercpp 1.5.1", ModelIdentity("base", "cd" * 32, "MIT"), ()
        ),
    )
