"""As much of a transcript document as an archive needs: words, times, who speaks, in which episode."""

from __future__ import annotations

from pathlib import Path, PurePath
from typing import Annotated, Literal

from msgspec import Meta, Struct

from transcribe.core.decoding import convert
from transcribe.core.recording import SAMPLES_PER_MS
from transcribe.formats.document import read_as
from transcribe.jobs.documents import open_corrected

_Ms = Annotated[int, Meta(ge=0)]


class SpokenWord(Struct, gc=False):
    """A word of a document, or a corrected one."""

    start_ms: _Ms
    end_ms: _Ms
    text: str
    space_before: bool


class SpokenSegment(Struct, gc=False):
    """Words of one speaker."""

    words: list[SpokenWord]
    speaker: str | None
    language: str | None = None


class _Recording(Struct):
    name: str
    sha256: str
    duration_ms: int | None
    tags: dict[str, str]


class _Sound(Struct):
    start_ms: _Ms
    samples: _Ms


class _Language(Struct):
    code: str


class _Show(Struct):
    title: str = ""
    episode_title: str = ""


class Talk(Struct):
    """A document, without what an archive does not hold."""

    schema: Literal["transcribe.transcript"]
    version: Literal[1]
    source: _Recording
    audio: _Sound
    language: _Language | None
    segments: list[SpokenSegment]
    show: _Show | None = None

    @property
    def duration_ms(self) -> int:
        """Length of the recording, as that of an episode."""
        return self.source.duration_ms or self.audio.start_ms + self.audio.samples // SAMPLES_PER_MS

    @property
    def name(self) -> str:
        """The recording's name, without folders that a stranger put into it."""
        name = PurePath(self.source.name).name
        return "" if name == ".." else name


def read_talk(document: Path, content: bytes, *, corrected: bool) -> Talk:
    """Read a document, with the corrections beside it if there are any.

    Raises:
        InputError: It is no transcript document, or its corrections cannot be read.
    """
    talk = read_as(Talk, content, str(document))
    if corrected:
        segments = open_corrected(document).transcript.segments
        talk.segments = convert(segments, list[SpokenSegment], from_attributes=True)
    return talk
