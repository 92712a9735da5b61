"""The shape of the transcript document: every field, with its type, its limits and what it means.

`document.py` writes and reads every field that a value of the episode has under the same name, so that a new
one needs a line here and nothing there. `docs/transcript.schema.json` is generated from these classes.

Version history: 1, the first.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from transcribe.core.episode import Placed, SpotKind
from transcribe.core.show_notes import Chapter, Show, ShowNotes

Ms = Annotated[int, Meta(ge=0, description="Milliseconds on the recording's timeline")]
Count = Annotated[int, Meta(ge=0)]
Sha256 = Annotated[str, Meta(description="SHA-256, hexadecimal")]
Probability = Annotated[float, Meta(ge=0, le=1)]


@dataclass(frozen=True)
class WordRecord:
    """One word as written, with its punctuation."""

    start_ms: Annotated[Ms, Meta(description="Where it starts, in ms")]
    end_ms: Annotated[Ms, Meta(description="Where it ends, in ms")]
    text: Annotated[str, Meta(description="The word, without spaces around it")]
    probability: Annotated[Probability, Meta(description="How sure the model was, four decimals")]
    space_before: Annotated[bool, Meta(description="Whether a space stands between it and the word before")]


@dataclass(frozen=True)
class SegmentRecord:
    """A stretch of text that belongs together, about a sentence."""

    id: Annotated[Count, Meta(description="Position in the document, from 0")]
    start_ms: Annotated[Ms, Meta(description="Start of its first word, in ms")]
    end_ms: Annotated[Ms, Meta(description="End of its last word, in ms")]
    speaker: Annotated[str | None, Meta(description="Who says it; null where speakers are not told apart")]
    language: Annotated[
        str | None, Meta(description="Language spoken in it, ISO 639-1; null where the document does not say")
    ] = field(default=None, kw_only=True)
    chunk: Annotated[Count, Meta(description="Window of the recogniser it was heard in, from 0")]
    text: Annotated[str, Meta(description="The words joined; for convenience, the words are what counts")]
    words: Annotated[tuple[WordRecord, ...], Meta(description="Its words, in order, without overlap")]


@dataclass(frozen=True)
class StreamRecord:
    """One audio stream of the recording's container."""

    index: Annotated[Count, Meta(description="Position among the audio streams, from 0")]
    codec: Annotated[str, Meta(description="Codec, as ffmpeg calls it")]
    sample_rate: Annotated[Count, Meta(description="Hz")]
    channels: Annotated[Count, Meta(description="Number of channels")]
    language: Annotated[str, Meta(description="ISO 639 code the container states, or empty")]
    title: Annotated[str, Meta(description="Title the container states, or empty")]
    default: Annotated[bool, Meta(description="Whether the container marks it as default")]
    layout: Annotated[str, Meta(description="Channel layout, as ffmpeg calls it, or empty")] = ""


@dataclass(frozen=True)
class SourceRecord:
    """The recording, by name and content, not by place."""

    name: Annotated[str, Meta(description="File name without folders")]
    sha256: Annotated[Sha256, Meta(description="SHA-256 of the file's bytes, hexadecimal")]
    bytes: Annotated[Count, Meta(description="Size of the file")]
    container: Annotated[str, Meta(description="Container format, as ffmpeg calls it")]
    duration_ms: Annotated[int | None, Meta(description="Length the container states, in ms, or null")]
    stream: Annotated[Count, Meta(description="Index of the audio stream that was transcribed")]
    streams: Annotated[tuple[StreamRecord, ...], Meta(description="Every audio stream")]
    tags: Annotated[dict[str, str], Meta(description="Metadata of the container: title, artist, ...")]


@dataclass(frozen=True)
class AudioRecord:
    """What the recogniser was given: 16 kHz mono samples."""

    start_ms: Annotated[Ms, Meta(description="Where its first sample lies, in ms (--from)")]
    samples: Annotated[Count, Meta(description="Number of samples, 16 000 a second")]
    loudness_lufs: Annotated[float | None, Meta(description="Loudness as recorded (EBU R128), or null")]
    gain_db: Annotated[float, Meta(description="Gain applied before recognition, in dB")]
    warnings: Annotated[tuple[str, ...], Meta(description="What went wrong while decoding, for people")]


@dataclass(frozen=True)
class LanguageRecord:
    """The language of the recording; of several, the one spoken most."""

    code: Annotated[str, Meta(description="ISO 639-1 code")]
    probability: Annotated[Probability, Meta(description="How sure the detection is; 1 when chosen")]
    detected: Annotated[bool, Meta(description="Whether it was detected rather than chosen")]
    share: Annotated[Probability, Meta(description="How much of the speech is in it; 1 unless multi")] = 1.0


@dataclass(frozen=True)
class ModelRecord:
    """The weights that recognised the speech."""

    name: Annotated[str, Meta(description="Name in the catalogue, or the model file's name")]
    sha256: Annotated[Sha256, Meta(description="SHA-256 of the model file, hexadecimal")]
    licence: Annotated[str, Meta(description="SPDX identifier, or empty when not known")]


Span = Annotated[tuple[Ms, Ms], Meta(description="Start and end, in ms")]


@dataclass(frozen=True)
class SpotRecord:
    """A stretch of the recording that should be checked, or was."""

    start_ms: Annotated[Ms, Meta(description="Where it starts, in ms")]
    end_ms: Annotated[Ms, Meta(description="Where it ends, in ms")]
    kind: Annotated[
        SpotKind,
        Meta(
            description="missing: speech without words; suspect: words that may be invented; redecoded: was "
            "suspect or skipped, is not any more; seam: words lie where speech was cut; "
            "uncertain: words of low probability"
        ),
    ]
    reason: Annotated[str, Meta(description="What was noticed, for people")]


@dataclass(frozen=True)
class CoverageRecord:
    """Account of every second of detected speech."""

    speech_ms: Annotated[Count, Meta(description="How much speech was detected, in ms")]
    missing_ms: Annotated[Count, Meta(description="How much of it has no words, in ms")]
    suspect_ms: Annotated[Count, Meta(description="How much has words that may be invented, in ms")]
    redecoded_ms: Annotated[Count, Meta(description="How much was only heard when decoded again, in ms")]
    spots: Annotated[tuple[SpotRecord, ...], Meta(description="What should be checked or was, in order")]
    faults: Annotated[
        tuple[str, ...],
        Meta(description="What is wrong with the sound, so that speech may be there that was not detected"),
    ] = ()


@dataclass(frozen=True)
class TrackRecord:
    """One microphone of a recording that has several."""

    name: Annotated[str, Meta(description="File name without folders")]
    sha256: Annotated[Sha256, Meta(description="SHA-256 of the file's bytes, hexadecimal")]
    speaker: Annotated[str, Meta(description="Who speaks into it")]
    channel: Annotated[int | None, Meta(description="Channel of the file, from 1, or null: all of it")]
    offset_ms: Annotated[int, Meta(description="Where its first sample lies on the timeline, in ms")]
    drift_ppm: Annotated[
        float, Meta(description="How much longer everything lasts on the timeline, in millionths")
    ]
    placed: Annotated[
        Placed,
        Meta(
            description="How that is known: reference of the others, found in the sound, chosen by the user, "
            "together (channels or tracks of one file), stated by time stamps in the files, or assumed"
        ),
    ]
    stream: Annotated[
        int | None, Meta(description="Audio stream of the file, from 0, or null: all of it")
    ] = None


@dataclass(frozen=True)
class TurnRecord:
    """A stretch in which one speaker speaks; turns may overlap."""

    start_ms: Annotated[Ms, Meta(description="Where it starts, in ms")]
    end_ms: Annotated[Ms, Meta(description="Where it ends, in ms")]
    speaker: Annotated[str, Meta(description="Who speaks; the same name as in the segments")]


@dataclass(frozen=True)
class TurnsRecord:
    """Who speaks when, whether it could be understood or not."""

    made_by: Annotated[str, Meta(description="The diariser, or the file the turns were read from")]
    turns: Annotated[tuple[TurnRecord, ...], Meta(description="Every turn, in the order of their starts")]


@dataclass(frozen=True)
class TranscriptDocument:
    """A finished transcript."""

    schema: Annotated[
        Literal["transcribe.transcript"], Meta(description="Says what kind of document this is")
    ]
    version: Annotated[Literal[1], Meta(description="Version of this schema")]
    program: Annotated[str, Meta(description="Program and version that made it")]
    engine: Annotated[str, Meta(description="The recogniser's package and version")]
    model: Annotated[ModelRecord, Meta(description="The recogniser's weights")]
    settings: Annotated[dict[str, str], Meta(description="Every option that changes the words")]
    source: Annotated[SourceRecord, Meta(description="The recording")]
    audio: Annotated[AudioRecord, Meta(description="How it was normalised")]
    language: Annotated[
        LanguageRecord | None, Meta(description="Null when nothing was said and none was chosen")
    ]
    speech: Annotated[tuple[Span, ...], Meta(description="Where somebody speaks: [start, end] in ms")]
    coverage: Annotated[CoverageRecord, Meta(description="What became of every second of speech")]
    segments: Annotated[tuple[SegmentRecord, ...], Meta(description="What was said, in order")]
    show: Annotated[
        Show | None, Meta(description="The show and this episode; null where nothing is known")
    ] = None
    notes: Annotated[ShowNotes | None, Meta(description="What was written about it, or null")] = None
    chapters: Annotated[
        tuple[Chapter, ...], Meta(description="Chapters that the recording's makers set, where they are kept")
    ] = ()
    tracks: Annotated[
        tuple[TrackRecord, ...], Meta(description="The microphones it was made of; empty where there was one")
    ] = ()
    turns: Annotated[
        TurnsRecord | None, Meta(description="Who speaks when; null where speakers were not told apart")
    ] = None


def schema() -> dict[str, Any]:
    """The document's JSON Schema (draft 2020-12)."""
    described = msgspec.json.schema(TranscriptDocument)
    for record in described["$defs"].values():
        _describe_fields(record)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Transcript", **described}


_FIELD = re.compile(r"^ {8}(\w+): (.+(?:\n {12}.+)*)", re.MULTILINE)
"""A field in the "Attributes" of a docstring."""


def _describe_fields(record: dict[str, Any]) -> None:
    """Take what the fields mean from the class's docstring, where they do not say it themselves."""
    record["description"], _, attributes = record["description"].partition("\n")
    for name, meaning in _FIELD.findall(attributes):
        record["properties"][name].setdefault("description", " ".join(meaning.split()).removesuffix("."))
