"""What the pipeline needs from outside: every Protocol, the engines, and the context of a run."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from transcribe.core.diarisation import Diarisation
from transcribe.core.episode import ModelIdentity
from transcribe.core.events import Progress, silent
from transcribe.core.hearing import DecodingOptions, Heard
from transcribe.core.media import Container, Decoding, Extract, Sink, Voice
from transcribe.core.recording import Source, SpeechSpans
from transcribe.core.settings import Settings
from transcribe.core.show_notes import Chapter
from transcribe.core.waveform import Waveform
from transcribe.core.workspace import Workspace
from transcribe.notes.writer import Writer
from transcribe.pipeline.suspend import Pausing

Samples = NDArray[np.float32]

LEFT_OPEN = (
    ("engine", "whisper.cpp"),
    ("beam_size", "1"),
    ("compute_type", "int8"),
    ("batch_size", "4"),
)
"""What `auto` and 0 stand for with whisper.cpp, which does not use the last two."""

Item = TypeVar("Item")
Result = TypeVar("Result")
Answer_co = TypeVar("Answer_co", covariant=True)


class Prober(Protocol):
    """Reads what a media file holds."""

    def probe(self, path: Path) -> Container:
        """Read a file's headers.

        Raises:
            InputError: The file is not media.
        """


class Decoder(Protocol):
    """Turns a media file into samples."""

    def decode(self, extract: Extract, sink: Sink) -> Decoding:
        """Hand mono float32 little-endian bytes at 16 kHz to `sink`, in blocks of any size.

        Raises:
            TranscribeError: The decoder is missing, hangs or crashes.
        """


class SpeechDetector(Protocol):
    """Tells how likely it is that somebody speaks."""

    def probabilities(self, blocks: Iterable[Samples]) -> Iterator[Samples]:
        """The probability of speech in each window of 512 samples (32 ms), one array per block.

        Args:
            blocks: Consecutive mono samples at 16 kHz; whole windows, except at the very end.
        """


class Recogniser(Protocol):
    """One loaded model."""

    def hear(self, windows: Sequence[Samples], options: DecodingOptions) -> list[Heard]:
        """Decode windows of mono float32 samples at 16 kHz, each up to 30 s."""

    def languages(self, samples: Samples) -> tuple[tuple[str, float], ...]:
        """Probability of every language the model knows, for one window."""

    def count_tokens(self, text: str) -> int:
        """How many tokens a prompt has."""


class Workers(Protocol):
    """Processes that each hold the model.

    Attributes:
        batch: How many windows the recogniser decodes at a time.
        on_idle: Asked when there is less work than processes; orders more, and says whether it did.
        on_warning: Told what people should know, such as that a graphics card failed.
    """

    batch: int
    on_idle: Callable[[], bool]
    on_warning: Callable[[str], None]

    @property
    def count(self) -> int:
        """How many processes there are."""

    def map(self, task: Callable[[Recogniser, Item], Result], items: Sequence[Item]) -> Answers[Result]:
        """Order `task(recogniser, item)` for every item; answers come in whatever order they finish."""


class Answers(Protocol[Answer_co]):
    """Results that arrive while they are waited for; closed, the rest is dropped."""

    def __iter__(self) -> Iterator[Answer_co]:
        """The same."""

    def __next__(self) -> Answer_co:
        """The next one that is finished."""

    def close(self) -> None:
        """Wait for nothing more."""


OpenWorkers = Callable[[], AbstractContextManager[Workers]]


class Diariser(Protocol):
    """Tells speakers apart.

    Attributes:
        identity: Its name, version and weights.
    """

    identity: str

    def diarise(
        self,
        waveform: Waveform,
        speech: SpeechSpans,
        fewest: int,
        most: int | None,
        tell: Callable[[int], None],
    ) -> Diarisation:
        """Who speaks when, on the recording's timeline; what speakers are called does not matter.

        Args:
            waveform: The recording: mono samples at 16 kHz.
            speech: Where somebody speaks; the rest need not be looked at.
            fewest: Speakers there are at the least.
            most: At the most; None: as many as are found.
            tell: Told how many ms are gone through.

        Raises:
            TranscribeError: It failed.
        """


class Editor(Protocol):
    """Writes media files."""

    def mix(self, voices: Sequence[Voice], target: Path) -> None:
        """Write tracks on top of each other as one M4A, each at its time.

        Raises:
            TranscribeError: One cannot be read or written.
        """

    def add_chapters(self, path: Path, chapters: Sequence[Chapter], target: Path) -> None:
        """Copy an M4A with these chapters; sound, cover and tags are not touched.

        Raises:
            TranscribeError: It cannot be read or written.
        """

    def cut(self, extracts: Sequence[Extract], title: str, target: Path) -> None:
        """Write one stretch of a recording, of one or several of its audio streams, as an MP3 of its own.

        Raises:
            TranscribeError: It cannot be read or written.
        """

    def mask(self, source: Source, spans: Sequence[tuple[int, int]], target: Path, *, bleep: bool) -> None:
        """Write a copy of a recording, with the tags and chapters of `source`, of the same length.

        Args:
            spans: Start and end, in ms, of what is a tone (`bleep`) or silence in it; in order, no overlap.

        Raises:
            TranscribeError: It cannot be read or written.
        """


@dataclass(frozen=True)
class Engines:
    """What the stages work with, chosen by a command.

    Attributes:
        program: Name and version of this program.
        engine: The recogniser's package and version.
        model: The recogniser's weights.
        editor: Writes sound files for `--publish`; None: none are written.
        open_diariser: Opens what tells speakers apart, telling what has to be made first; None: nothing.
        diariser: What that is, with the digests of its weights.
        summary: What recognises, for people.
        chosen: What was chosen where settings leave it open (`auto`, 0), by their names; for provenance.
    """

    program: str
    prober: Prober
    decoder: Decoder
    open_detector: Callable[[], SpeechDetector]
    open_workers: OpenWorkers
    engine: str
    model: ModelIdentity
    summary: str = ""
    editor: Editor | None = None
    open_diariser: Callable[[Progress], Diariser] | None = None
    diariser: str = ""
    chosen: tuple[tuple[str, str], ...] = LEFT_OPEN


OpenWriter = Callable[[], Writer]
"""Gets a language model ready; called only when there is something to write."""

WaitsFor = Callable[[Path], str]
"""Says what the results of a transcript document wait for before they may be published; empty: nothing."""


Elsewhere = Callable[["Run", Workspace, Source, str], Pausing[None]]
"""Fills a locked work directory with what another machine has made of a recording, which people know by that
name; others can go on."""


@dataclass(frozen=True)
class Run:
    """What recordings are transcribed with; handed down from a command to every stage.

    Attributes:
        progress: Called with every event.
        open_writer: Gets the language model ready that writes notes; None: none does.
        waits_for: Says what the results of a transcript wait for; None: where approval is required, nothing
            is published.
        elsewhere: Where recordings are recognised; None: here.
    """

    settings: Settings
    engines: Engines
    progress: Progress = silent
    open_writer: OpenWriter | None = None
    waits_for: WaitsFor | None = None
    elsewhere: Elsewhere | None = None
