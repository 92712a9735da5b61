"""The transcript document (.json): everything known about a finished transcript, versioned and documented.

Its shape is that of `document_shape.py`. A document holds no path of the machine it was made on and no time
of day, so the same recording, settings and model give the same bytes.
"""

from __future__ import annotations

import codecs
import json
from dataclasses import dataclass, replace
from pathlib import Path, PurePath
from typing import Any, TypeVar

import msgspec

from transcribe.core.corrections.references import moved
from transcribe.core.decoding import convert, decode
from transcribe.core.episode import Episode
from transcribe.core.errors import InputError
from transcribe.core.settings import OPTIONS, SubtitleSettings
from transcribe.core.show_notes import NO_SHOW
from transcribe.formats.document_shape import TranscriptDocument
from transcribe.formats.tokens import encodable

T = TypeVar("T")

SCHEMA = "transcribe.transcript"
VERSION = 1

PROBABILITY_DIGITS = 4
"""More would only be noise: engines differ from one processor to the next beyond them."""

_LINE_CHARS = 200
"""A list or object of plain values is written on one line up to this length."""


@dataclass(frozen=True)
class _Heading:
    """As much as every version of the document has: what it is."""

    schema: str
    version: int


def from_episode(episode: Episode) -> TranscriptDocument:
    """The document of an episode as it was recognised, without what only names things on this machine."""
    episode = _as_recognised(episode)
    source, transcript, made_by = episode.source, episode.transcript, episode.provenance
    stated_ms = episode.duration_ms if episode.audio.astray else source.duration_ms
    return _shaped(
        TranscriptDocument,
        vars(episode) | vars(made_by),
        schema=SCHEMA,
        version=VERSION,
        settings={name: _without_folders(name, value) for name, value in made_by.settings},
        source=vars(source) | {"duration_ms": stated_ms, "tags": dict(source.tags)},
        language=transcript.language and _rounded(transcript.language, "probability", "share"),
        speech=[(span.start_ms, span.end_ms) for span in episode.speech.spans],
        segments=[
            vars(segment)
            | {"id": number, "text": segment.text}
            | {"words": [_rounded(word, "probability") for word in segment.words]}
            for number, segment in enumerate(transcript.segments)
        ],
        show=None if episode.show == NO_SHOW else episode.show,
    )


def _as_recognised(episode: Episode) -> Episode:
    """The episode without its corrections: they lie beside the document."""
    own = episode.recognised
    if own is None:
        return episode
    notes = episode.notes and moved(episode.notes, episode.transcript.segments, own.transcript.segments)
    return replace(episode, transcript=own.transcript, turns=own.turns, notes=notes, recognised=None)


def to_episode(document: TranscriptDocument) -> Episode:
    """The episode a document was made of; its source's path is the file's name, its audio has no file."""
    source = document.source
    name = PurePath(source.name).name  # whoever wrote it may have put folders into it
    name = "" if name == ".." else name
    return _shaped(
        Episode,
        vars(document),
        source=vars(source) | {"path": name, "name": name, "tags": list(source.tags.items())},
        audio=vars(document.audio) | {"file": "", "faults": document.coverage.faults},
        speech={"spans": [{"start_ms": start, "end_ms": end} for start, end in document.speech]},
        transcript=document,
        provenance=vars(document) | {"settings": list(document.settings.items())},
        show=document.show or NO_SHOW,
    )


def _shaped(kind: type[T], same: dict[str, Any], **differing: Any) -> T:
    """A value of this kind made of what has the same names, at every depth, and of what differs."""
    return convert(same | differing, kind, from_attributes=True)


def _rounded(value: object, *names: str) -> dict[str, Any]:
    """The fields of a value, these probabilities rounded."""
    fields = vars(value)
    return fields | {name: round(fields[name], PROBABILITY_DIGITS) for name in names}


def _without_folders(name: str, value: str) -> str:
    """Options that may hold a path keep the file's name only."""
    names_a_file = name == "model" or (name in OPTIONS and OPTIONS[name].kind is Path)
    return PurePath(value).name if names_a_file else value


def write(episode: Episode, settings: SubtitleSettings) -> bytes:  # noqa: ARG001 - all formats are called alike
    """The episode as a document: indented, but each word on one line, to be read and compared by people."""
    return indented(msgspec.to_builtins(from_episode(episode)))


def indented(value: Any) -> bytes:
    """A value as JSON for people: lists and objects of plain values on one line where they are short."""
    return (indented_part(value, "") + "\n").encode()


def indented_part(value: Any, indent: str) -> str:
    """The same as a part of a larger value, whose line begins with these spaces."""
    text: list[str] = []
    _pretty(value, indent, text)
    return "".join(text)


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

    Raises:
        InputError: It is not such a document, is damaged, or a newer program made it.
    """
    document = read_as(TranscriptDocument, data, name)
    try:
        return to_episode(document)
    except msgspec.ValidationError as error:
        raise _no_document(data, name, error) from error


def read_as(kind: type[T], data: bytes, name: str) -> T:
    """As much of a document as a type has fields for; it says itself which schema and version it reads.

    Raises:
        InputError: As above.
    """
    data = data.removeprefix(codecs.BOM_UTF8)
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise InputError(f"{name} is not a transcript document: it is UTF-16", "Save it as UTF-8")
    try:
        return decode(data, kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _no_document(data, name, error) from error


def _no_document(data: bytes, name: str, error: Exception) -> InputError:
    """Why something is no document; of another kind or version, that."""
    try:
        heading = decode(data, _Heading)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as other:
        return InputError(f"{name} is not a transcript document: {other}")
    if heading.schema == SCHEMA and heading.version == VERSION:
        return InputError(f"{name} is not a transcript document: {error}")
    if heading.schema != SCHEMA:
        return InputError(f"{name} is not a transcript document: its schema is {heading.schema!r}")
    return InputError(
        f"{name} is a transcript document of version {heading.version}; this program reads version {VERSION}",
        "Use the version of transcribe that wrote it, or a newer one",
    )
