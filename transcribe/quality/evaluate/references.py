"""Texts to compare, read from files: references that people made, and transcripts of this program.

Plain text, SubRip, WebVTT, STM and this program's JSON; only what was said is kept, without times and
markup, and who says it where a file tells. RTTM tells only who speaks when.
"""

from __future__ import annotations

import html
import io
import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from transcribe.core.episode import Episode, Turns
from transcribe.core.errors import InputError, UsageError
from transcribe.core.events import silent
from transcribe.core.reading import decoded, read_bounded
from transcribe.formats.rttm import read_rttm_text
from transcribe.jobs.corrections import read_sidecar, sidecar_of
from transcribe.pipeline.corrected import with_corrections
from transcribe.quality.evaluate import missing_package

TRANSCRIPTS = (".json", ".vtt", ".srt", ".txt")
"""Endings under which the transcript of a reference is looked for, the most exact first."""

WITH_TURNS = (".json", ".rttm")
"""The same for a reference that tells only who speaks when."""

WITH_SPEAKERS = (".rttm", ".stm")
"""Endings of references that tell speakers apart."""

COMPANIONS = frozenset((*TRANSCRIPTS, ".tsv", ".md", ".rttm", ".stm", ".ass", ".csv", ".xml", ".jpg", ".png"))
"""Endings of files beside a recording that are not the recording."""

LARGEST_BYTES = 50_000_000
"""Of a text file: a hundred hours of speech with times need less."""


@dataclass(frozen=True)
class Text:
    """What was said, according to one file.

    Attributes:
        language: ISO 639-1 code, or empty where the file does not say.
        turns: Who speaks when; None where the file does not say.
        spoken: Everything each speaker says, by name; None where the file does not say.
    """

    name: str
    text: str
    language: str = ""
    turns: Turns | None = None
    spoken: dict[str, str] | None = None


def read_text(path: Path) -> Text:
    """Read a file by its ending; an unknown one is read as plain text. Transcripts are read as corrected.

    Raises:
        InputError: It is missing, too large, no UTF-8 text, or not what its ending says.
        DependencyError: It holds subtitles, and the package that reads them is not installed.
    """
    data = read_bounded(path, LARGEST_BYTES, "a text")
    suffix = path.suffix.lower()
    if suffix == ".json":
        from transcribe.formats.document import read_document  # loads msgspec

        corrections = read_sidecar(sidecar_of(path))
        return text_of(with_corrections(read_document(data, str(path)), corrections, silent), str(path))
    text = decoded(data, path)
    if suffix == ".rttm":
        return Text(str(path), "", turns=_only_recording(text, path))
    if suffix == ".stm":
        spoken = read_stm(text, str(path))
        return Text(str(path), " ".join(words for _, words in spoken), spoken=_by_speaker(spoken))
    return Text(str(path), _subtitles(text, path) if suffix in (".srt", ".vtt") else text)


def text_of(episode: Episode, name: str) -> Text:
    """The words of a transcript and the language they are in."""
    language = episode.transcript.language
    translated = dict(episode.provenance.settings).get("translate") == "true"
    code = "en" if translated else language.code if language else ""
    segments = [(segment.speaker, segment.text) for segment in episode.transcript.segments]
    told = any(speaker for speaker, _ in segments)
    spoken = _by_speaker((speaker or "", text) for speaker, text in segments) if told else None
    return Text(name, episode.transcript.text, code, episode.turns, spoken)


def _by_speaker(spoken: Iterable[tuple[str, str]]) -> dict[str, str]:
    texts: dict[str, list[str]] = {}
    for speaker, text in spoken:
        texts.setdefault(speaker, []).append(text)
    return {speaker: " ".join(parts) for speaker, parts in texts.items()}


def _only_recording(text: str, path: Path) -> Turns:
    found = read_rttm_text(text, str(path))
    if len(found) > 1:
        raise InputError(f"{path} tells of {len(found)} recordings", "Give a file for each recording")
    (turns,) = found.values()
    return Turns(turns, path.name)


def read_stm(text: str, name: str) -> list[tuple[str, str]]:
    """Who says what, in order, by the lines of an STM file: `FILE CHANNEL SPEAKER START END [<LABEL>] WORDS`.

    Source: NIST's Scoring Toolkit (SCTK), `doc/infmts.htm`. Lines of `inter_segment_gap` and of
    `ignore_time_segment_in_scoring` have no words that count.

    Raises:
        InputError: A line is none of STM; the message names it.
    """
    spoken: list[tuple[float, str, str]] = []
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip() or line.lstrip().startswith(";;"):
            continue
        fields = line.split(maxsplit=5)
        try:
            start, end = float(fields[3]), float(fields[4])
        except (IndexError, ValueError):
            start, end = math.nan, math.nan
        if not 0 <= start <= end < math.inf:
            raise InputError(
                f"{name}, line {number}: no line of STM", "It reads: FILE 1 SPEAKER START END <LABEL> WORDS"
            )
        words = re.sub(r"^<[^>]*>", "", fields[5] if len(fields) > 5 else "").strip()
        if fields[2] != "inter_segment_gap" and words.lower() != "ignore_time_segment_in_scoring":
            spoken.append((start, fields[2], words))
    return [(speaker, words) for _, speaker, words in sorted(spoken, key=lambda each: each[0])]


def find_transcript(reference: Path, place: Path) -> Path:
    """The transcript of a reference: `place` itself if it is a file, else that of the same name in it.

    Raises:
        InputError: There is none.
    """
    if place.is_file():
        return place
    endings = WITH_TURNS if reference.suffix.lower() == ".rttm" else TRANSCRIPTS
    for suffix in endings:
        path = place / (reference.stem + suffix)
        if path.is_file() and not path.samefile(reference):
            return path
    raise InputError(
        f"there is no transcript for {reference} in {place}",
        f"It is called {reference.stem} and ends in {', '.join(endings[:-1])} or {endings[-1]}",
    )


def find_recording(reference: Path, place: Path) -> Path:
    """The recording of a reference: `place` itself if it is a file, else that of the same name in it.

    Raises:
        InputError: There is none.
        UsageError: There are several.
    """
    if place.is_file():
        return place
    found = [path for path in _files(place) if path.stem == reference.stem]
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
    try:
        return sorted(
            path for path in folder.iterdir() if path.is_file() and path.suffix.lower() not in COMPANIONS
        )
    except OSError as error:
        raise InputError(f"{folder} cannot be read: {error.strerror or error}") from error


def _subtitles(text: str, path: Path) -> str:
    """The lines of subtitles; an empty file has none."""
    if not text.strip():
        return ""
    try:
        import webvtt
        from webvtt.errors import MalformedFileError
    except ImportError as error:
        raise missing_package(f"reading {path}", "webvtt-py") from error
    kind = path.suffix.lower().removeprefix(".")
    try:
        captions = webvtt.from_buffer(io.StringIO(text), kind)
    except MalformedFileError as error:
        raise InputError(f"{path} holds no subtitles of the kind its name says ({kind})") from error
    lines = "\n".join(caption.text for caption in captions.captions)
    return html.unescape(lines) if kind == "vtt" else lines
