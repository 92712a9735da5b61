"""The transcript document (.json): everything known about a finished transcript, versioned and documented.

The shape is that of the dataclasses below; `docs/transcript.schema.json` is generated from them.
A document holds no path of the machine it was made on and no time of day, so the same recording,
settings and model give the same bytes. `read_document` turns it back into the episode.

Version history: 1, the first.
"""

from __future__ import annotations

import codecs
import dataclasses
import json
import re
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from transcribe.core.episode import (
    Coverage,
    Episode,
    Language,
    ModelIdentity,
    Placed,
    Provenance,
    Segment,
    Spot,
    SpotKind,
    Track,
    Transcript,
    Turn,
    Turns,
    Word,
)
from transcribe.core.errors import InputError
from transcribe.core.recording import Audio, AudioStream, Source, SpeechSpan, SpeechSpans
from transcribe.core.settings import OPTIONS, SubtitleSettings
from transcribe.core.show_notes import NO_SHOW, Chapter, Show, ShowNotes
from transcribe.formats.tokens import encodable

SCHEMA = "transcribe.transcript"
VERSION = 1

PROBABILITY_DIGITS = 4
"""More would only be noise: engines differ from one processor to the next beyond them."""

_LINE_CHARS = 200
"""A list or object of plain values is written on one line up to this length."""

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


@dataclass(frozen=True)
class _Heading:
    """As much as every version of the document has: what it is."""

    schema: str
    version: int


def from_episode(episode: Episode) -> TranscriptDocument:
    """The document of an episode, without what only names things on this machine."""
    made_by, language = episode.provenance, episode.transcript.language
    return TranscriptDocument(
        schema="transcribe.transcript",
        version=1,
        program=made_by.program,
        engine=made_by.engine,
        model=ModelRecord(made_by.model.name, made_by.model.sha256, made_by.model.licence),
        settings={name: _without_folders(name, value) for name, value in made_by.settings},
        source=_source_record(episode),
        audio=_audio_record(episode.audio),
        language=_language_record(language) if language else None,
        speech=tuple((span.start_ms, span.end_ms) for span in episode.speech.spans),
        coverage=_coverage_record(episode.coverage),
        segments=tuple(_segment_record(*numbered) for numbered in enumerate(episode.transcript.segments)),
        show=episode.show if episode.show != NO_SHOW else None,
        notes=episode.notes,
        chapters=episode.chapters,
        tracks=tuple(TrackRecord(**dataclasses.asdict(track)) for track in episode.tracks),
        turns=_turns_record(episode.turns) if episode.turns else None,
    )


def _turns_record(turns: Turns) -> TurnsRecord:
    return TurnsRecord(
        turns.made_by, tuple(TurnRecord(turn.start_ms, turn.end_ms, turn.speaker) for turn in turns.turns)
    )


def _without_folders(name: str, value: str) -> str:
    """Options that may hold a path keep the file's name only."""
    names_a_file = name == "model" or (name in OPTIONS and OPTIONS[name].kind is Path)
    return PurePath(value).name if names_a_file else value


def _source_record(episode: Episode) -> SourceRecord:
    source = episode.source
    streams = tuple(StreamRecord(**dataclasses.asdict(stream)) for stream in source.streams)
    return SourceRecord(
        name=source.name,
        sha256=source.sha256,
        bytes=source.bytes,
        container=source.container,
        duration_ms=episode.duration_ms if episode.audio.astray else source.duration_ms,
        stream=source.stream,
        streams=streams,
        tags=dict(source.tags),
    )


def _audio_record(audio: Audio) -> AudioRecord:
    return AudioRecord(audio.start_ms, audio.samples, audio.loudness_lufs, audio.gain_db, audio.warnings)


def _language_record(language: Language) -> LanguageRecord:
    return LanguageRecord(
        language.code, _rounded(language.probability), language.detected, _rounded(language.share)
    )


def _coverage_record(coverage: Coverage) -> CoverageRecord:
    spots = tuple(SpotRecord(**dataclasses.asdict(spot)) for spot in coverage.spots)
    return CoverageRecord(
        coverage.speech_ms,
        coverage.missing_ms,
        coverage.suspect_ms,
        coverage.redecoded_ms,
        spots,
        coverage.faults,
    )


def _segment_record(number: int, segment: Segment) -> SegmentRecord:
    words = tuple(
        WordRecord(word.start_ms, word.end_ms, word.text, _rounded(word.probability), word.space_before)
        for word in segment.words
    )
    return SegmentRecord(
        number,
        segment.start_ms,
        segment.end_ms,
        segment.speaker,
        segment.chunk,
        segment.text,
        words,
        language=segment.language,
    )


def _rounded(probability: float) -> float:
    return round(probability, PROBABILITY_DIGITS)


def to_episode(document: TranscriptDocument) -> Episode:
    """The episode a document was made of; its source's path is the file's name, its audio has no file."""
    model, audio, language = document.model, document.audio, document.language
    return Episode(
        source=_source(document.source),
        audio=Audio(
            "",
            audio.samples,
            audio.start_ms,
            audio.loudness_lufs,
            audio.gain_db,
            audio.warnings,
            faults=document.coverage.faults,
        ),
        speech=SpeechSpans(tuple(SpeechSpan(start, end) for start, end in document.speech)),
        transcript=Transcript(
            language=Language(**dataclasses.asdict(language)) if language else None,
            segments=tuple(_segment(record) for record in document.segments),
        ),
        coverage=_coverage(document.coverage),
        provenance=Provenance(
            program=document.program,
            engine=document.engine,
            model=ModelIdentity(model.name, model.sha256, model.licence),
            settings=tuple(document.settings.items()),
        ),
        show=document.show or NO_SHOW,
        notes=document.notes,
        chapters=document.chapters,
        tracks=tuple(Track(**dataclasses.asdict(track)) for track in document.tracks),
        turns=_turns(document.turns) if document.turns else None,
    )


def _turns(record: TurnsRecord) -> Turns:
    return Turns(
        tuple(Turn(turn.start_ms, turn.end_ms, turn.speaker) for turn in record.turns), record.made_by
    )


def _source(record: SourceRecord) -> Source:
    name = PurePath(record.name).name  # whoever wrote it may have put folders into it
    name = "" if name == ".." else name
    return Source(
        path=name,
        name=name,
        sha256=record.sha256,
        bytes=record.bytes,
        container=record.container,
        duration_ms=record.duration_ms,
        streams=tuple(AudioStream(**dataclasses.asdict(stream)) for stream in record.streams),
        stream=record.stream,
        tags=tuple(record.tags.items()),
    )


def _coverage(record: CoverageRecord) -> Coverage:
    spots = tuple(Spot(**dataclasses.asdict(spot)) for spot in record.spots)
    return Coverage(
        record.speech_ms, record.missing_ms, record.suspect_ms, record.redecoded_ms, spots, record.faults
    )


def _segment(record: SegmentRecord) -> Segment:
    words = tuple(
        Word(word.start_ms, word.end_ms, word.text, word.probability, word.space_before)
        for word in record.words
    )
    return Segment(record.start_ms, record.end_ms, words, record.chunk, record.speaker, record.language)


def write(episode: Episode, settings: SubtitleSettings) -> bytes:  # noqa: ARG001 - all formats are called alike
    """The episode as a document: indented, but each word on one line, to be read and compared by people."""
    text: list[str] = []
    _pretty(msgspec.to_builtins(from_episode(episode)), "", text)
    return ("".join(text) + "\n").encode()


_Compound = dict[str, Any] | list[Any] | tuple[Any, ...]
_COMPOUND = (dict, list, tuple)
_ENCODER = json.JSONEncoder(ensure_ascii=False)


def _pretty(value: Any, indent: str, text: list[str]) -> None:
    """Add JSON text in which lists and objects of plain values take one line where they are short."""
    if type(value) not in _COMPOUND or not value:
        text.append(_json(value))
        return
    if _is_flat(value) and len(line := _json_line(value)) <= _LINE_CHARS:
        text.append(line)
        return
    deeper = indent + "  "
    opening, closing = "{}" if isinstance(value, dict) else "[]"
    separator = opening
    for key, member in value.items() if isinstance(value, dict) else ((None, each) for each in value):
        text.append(f"{separator}\n{deeper}")
        if key is not None:
            text.append(f"{_json(key)}: ")
        _pretty(member, deeper, text)
        separator = ","
    text.append(f"\n{indent}{closing}")


def _is_flat(value: _Compound) -> bool:
    members = value.values() if isinstance(value, dict) else value
    return not any(type(member) in _COMPOUND for member in members)


def _json_line(value: _Compound) -> str:
    return encodable(_ENCODER.encode(value))  # in one go: there is a line for every word


def _json(value: object) -> str:
    return msgspec.json.encode(encodable(value) if isinstance(value, str) else value).decode()


def read_document(data: bytes, name: str = "the transcript") -> Episode:
    """Read a document back.

    Args:
        data: The bytes of a .json file.
        name: What to call it in errors.

    Raises:
        InputError: It is not such a document, is damaged, or a newer program made it.
    """
    data = data.removeprefix(codecs.BOM_UTF8)
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise InputError(f"{name} is not a transcript document: it is UTF-16", "Save it as UTF-8")
    try:
        heading = msgspec.json.decode(data, type=_Heading)
        if heading.schema == SCHEMA and heading.version == VERSION:
            return to_episode(msgspec.json.decode(data, type=TranscriptDocument))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InputError(f"{name} is not a transcript document: {error}") from error
    if heading.schema != SCHEMA:
        raise InputError(f"{name} is not a transcript document: its schema is {heading.schema!r}")
    raise InputError(
        f"{name} is a transcript document of version {heading.version}; this program reads version {VERSION}",
        "Use the version of transcribe that wrote it, or a newer one",
    )


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
