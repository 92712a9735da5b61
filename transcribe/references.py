"""Texts to compare, read from files: references that people made, and transcripts of this program.

Plain text, SubRip, WebVTT and this program's JSON; only what was said is kept, without times and markup.
"""

from __future__ import annotations

import html
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from transcribe.episode import Episode
from transcribe.errors import DependencyError, InputError, UsageError

T = TypeVar("T")

TRANSCRIPTS = (".json", ".vtt", ".srt", ".txt")
"""Endings under which the transcript of a reference is looked for, the most exact first."""

COMPANIONS = frozenset((*TRANSCRIPTS, ".tsv", ".md", ".rttm", ".ass", ".csv", ".xml", ".jpg", ".png"))
"""Endings of files beside a recording that are not the recording."""

LARGEST_BYTES = 50_000_000
"""Of a text file: a hundred hours of speech with times need less."""


@dataclass(frozen=True)
class Text:
    """What was said, according to one file.

    Attributes:
        name: The file, as the user named it.
        text: Its words.
        language: ISO 639-1 code, or empty where the file does not say.
    """

    name: str
    text: str
    language: str = ""


def read_text(path: Path) -> Text:
    """Read a file by its ending; an unknown one is read as plain text.

    Raises:
        InputError: It is missing, too large, no UTF-8 text, or not what its ending says.
        DependencyError: It holds subtitles, and the package that reads them is not installed.
    """
    data = _read(path)
    suffix = path.suffix.lower()
    if suffix == ".json":
        from transcribe.formats.document import read_document  # loads msgspec

        return text_of(read_document(data, str(path)), str(path))
    text = _decoded(data, path)
    return Text(str(path), _subtitles(text, path) if suffix in (".srt", ".vtt") else text)


def text_of(episode: Episode, name: str) -> Text:
    """The words of a transcript and the language they are in."""
    language = episode.transcript.language
    translated = dict(episode.provenance.settings).get("translate") == "true"
    code = "en" if translated else language.code if language else ""
    return Text(name, episode.transcript.text, code)


def find_transcript(reference: Path, place: Path) -> Path:
    """The transcript of a reference: `place` itself if it is a file, else that of the same name in it.

    Raises:
        InputError: There is none.
    """
    if place.is_file():
        return place
    for suffix in TRANSCRIPTS:
        path = place / (reference.stem + suffix)
        if path.is_file() and not path.samefile(reference):
            return path
    raise InputError(
        f"there is no transcript for {reference} in {place}",
        f"It is called {reference.stem} and ends in {', '.join(TRANSCRIPTS[:-1])} or {TRANSCRIPTS[-1]}",
    )


def find_recording(reference: Path, place: Path) -> Path:
    """The recording of a reference: `place` itself if it is a file, else that of the same name in it.

    Raises:
        InputError: There is none.
        UsageError: There are several.
    """
    if place.is_file():
        return place
    found = [path for path in _files(place) if path.stem == reference.stem and _is_recording(path)]
    if not found:
        raise InputError(
            f"there is no recording for {reference} in {place}",
            "Say where recordings are with --audio, or finished transcripts with --transcripts",
        )
    if len(found) > 1:
        names = ", ".join(path.name for path in found)
        raise UsageError(f"{reference} has several recordings: {names}", "Name one with --audio FILE")
    return found[0]


def check_places(references: Sequence[Path], place: Path | None) -> None:
    """Refuse one file for several references.

    Raises:
        UsageError: That is asked.
    """
    if place and len(references) > 1 and place.is_file():
        raise UsageError(
            f"{place} is one file, and there are {len(references)} references", "Name the folder instead"
        )


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in _checked(folder, lambda: list(folder.iterdir())) if path.is_file())


def _is_recording(path: Path) -> bool:
    return path.suffix.lower() not in COMPANIONS


def _read(path: Path) -> bytes:
    data = _checked(path, lambda: _beginning(path))
    if len(data) > LARGEST_BYTES:
        raise InputError(f"{path} is too large for a text ({LARGEST_BYTES / 1e6:.0f} MB are the limit)")
    return data


def _beginning(path: Path) -> bytes:
    with path.open("rb") as handle:
        return handle.read(LARGEST_BYTES + 1)


def _checked(path: Path, read: Callable[[], T]) -> T:
    try:
        return read()
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror or error}") from error


def _decoded(data: bytes, path: Path) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not UTF-8 text", "Save it as text in UTF-8") from error


def _subtitles(text: str, path: Path) -> str:
    """The lines of subtitles; an empty file has none."""
    if not text.strip():
        return ""
    try:
        import webvtt
        from webvtt.errors import MalformedFileError
    except ImportError as error:
        raise DependencyError(
            f"reading {path} needs the package webvtt-py, which is not installed",
            "Install it: pip install 'transcribe-offline[eval]'",
        ) from error
    kind = path.suffix.lower().removeprefix(".")
    try:
        captions = webvtt.from_buffer(io.StringIO(text), kind)
    except MalformedFileError as error:
        raise InputError(f"{path} holds no subtitles of the kind its name says ({kind})") from error
    lines = "\n".join(caption.text for caption in captions.captions)
    return html.unescape(lines) if kind == "vtt" else lines
