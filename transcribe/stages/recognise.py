"""From chunks to words: what was said in each window, put back on the recording's timeline."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from itertools import accumulate
from math import fsum, log
from typing import TYPE_CHECKING, Protocol, TypeVar

from transcribe.episode import (
    Chunk,
    ChunkResult,
    Chunks,
    DecodingOptions,
    Heard,
    Language,
    Segment,
    SpeechSpan,
    Word,
    join_words,
)
from transcribe.progress import Progress, SegmentRecognised, StageAdvanced
from transcribe.settings import RecogniseSettings
from transcribe.waveform import Waveform
from transcribe.workspace import Workspace

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Item = TypeVar("Item")
Result = TypeVar("Result")

SHORTEST_REST_MS = 2_000
"""A decoder that stops earlier than this before the end of its window is asked about the rest."""

LOOP_RATIO = 2.4
"""Text that zlib makes this many times smaller repeats itself (Whisper's own threshold, 2022)."""

LEAST_MEAN_LOG_PROBABILITY = -1.0
"""Below this the decoder was guessing (Whisper's own threshold)."""

CAREFUL_BEAM_SIZE = 5
"""For the second attempt; the beam size of Whisper's own evaluation."""


class Recogniser(Protocol):
    """One loaded model."""

    def hear(self, windows: Sequence[NDArray[np.float32]], options: DecodingOptions) -> list[Heard]:
        """Decode windows of mono float32 samples at 16 kHz, each up to 30 s."""

    def languages(self, samples: NDArray[np.float32]) -> tuple[tuple[str, float], ...]:
        """Probability of every language the model knows, for one window."""


class Workers(Protocol):
    """Processes that each hold the model."""

    def map(self, task: Callable[[Recogniser, Item], Result], items: Sequence[Item]) -> Iterator[Result]:
        """Run `task(recogniser, item)` for every item, in whatever order they finish."""


OpenWorkers = Callable[[], AbstractContextManager[Workers]]


def recognise(
    chunks: Chunks,
    waveform: Waveform,
    settings: RecogniseSettings,
    open_workers: OpenWorkers,
    workspace: Workspace,
    progress: Progress,
) -> tuple[Language | None, tuple[ChunkResult, ...]]:
    """Recognise every chunk that an earlier run has not finished; the model is loaded only if needed.

    Each chunk's result is on the disk as soon as it exists. The results are in the plan's order.

    Raises:
        EngineError: The engine crashed or refused; what was finished is kept.
    """
    done = {result.chunk: result for result in workspace.records("results", ChunkResult)}
    language = workspace.load("language", Language)
    missing = [chunk for chunk in chunks.chunks if chunk.index not in done]
    report = _Report(chunks, done, progress)
    if missing:
        with open_workers() as workers:
            if language is None:
                language = choose_language(chunks, waveform, settings.language, workers)
                workspace.save("language", language)
            options = DecodingOptions(
                language.code, settings.translate, prompt_of(settings), settings.beam_size
            )
            for result in workers.map(Listener(waveform, options), missing):
                workspace.append("results", result)
                report.add(result)
    return language, tuple(done[chunk.index] for chunk in chunks.chunks)


def prompt_of(settings: RecogniseSettings) -> str:
    """The text that stands before every window: the user's prompt and the vocabulary's terms."""
    if settings.vocabulary is None:
        return settings.prompt
    terms = [line.strip() for line in settings.vocabulary.read_text("utf-8").splitlines() if line.strip()]
    return " ".join(part for part in (", ".join(terms) + "." if terms else "", settings.prompt) if part)


def choose_language(chunks: Chunks, waveform: Waveform, asked: str, workers: Workers) -> Language:
    """The language asked for, or the one that windows spread over the recording vote for."""
    if asked != "auto":
        return Language(asked, 1.0, detected=False)
    ballots = list(workers.map(LanguageBallot(waveform), spread(chunks.chunks)))
    votes: dict[str, list[float]] = {}
    for ballot in ballots:
        for code, probability in ballot:
            votes.setdefault(code, []).append(probability)
    totals = {code: fsum(probabilities) for code, probabilities in votes.items()}  # exact: in any order
    code = max(totals, key=lambda each: (totals[each], each))
    return Language(code, round(totals[code] / len(ballots), 4), detected=True)


def spread(chunks: Sequence[Chunk]) -> list[Chunk]:
    """One, three or five chunks from all over the recording: each costs as much as recognising one."""
    count = 1 if len(chunks) <= 2 else 3 if len(chunks) <= 12 else 5
    if count == 1:
        return [max(chunks, key=lambda chunk: (chunk.duration_ms, -chunk.index))]
    return [chunks[(2 * i + 1) * len(chunks) // (2 * count)] for i in range(count)]


@dataclass(frozen=True)
class LanguageBallot:
    """The task of telling one chunk's language; runs in a worker."""

    waveform: Waveform

    def __call__(self, recogniser: Recogniser, chunk: Chunk) -> tuple[tuple[str, float], ...]:
        """Probability of every language in this chunk."""
        return recogniser.languages(self.waveform.read_pieces(chunk.pieces))


@dataclass(frozen=True)
class Listener:
    """The task of recognising one chunk; runs in a worker.

    Attributes:
        waveform: The recording's samples.
        options: How the recogniser is asked.
    """

    waveform: Waveform
    options: DecodingOptions

    def __call__(self, recogniser: Recogniser, chunk: Chunk) -> ChunkResult:
        """What was said in the chunk; where the decoder stops early, it is asked about the rest."""
        segments: list[Segment] = []
        todo: Chunk | None = chunk
        while todo:
            heard = self._hear_carefully(recogniser, todo)
            segments += on_timeline(heard, todo)
            todo = rest_of(todo, heard.stopped_ms) if heard.words else None
        return ChunkResult(chunk.index, self.options.language, tuple(segments))

    def _hear_carefully(self, recogniser: Recogniser, chunk: Chunk) -> Heard:
        """Decode; where the text loops or the decoder was guessing, decode again with more candidates."""
        samples = self.waveform.read_pieces(chunk.pieces)
        heard = recogniser.hear([samples], self.options)[0]
        if not is_doubtful(heard):
            return heard
        careful = replace(self.options, beam_size=max(CAREFUL_BEAM_SIZE, self.options.beam_size), prompt="")
        return min(heard, recogniser.hear([samples], careful)[0], key=_doubt)


def is_doubtful(heard: Heard) -> bool:
    """Whether what was heard repeats itself or was guessed."""
    return (
        loop_ratio(heard.words) > LOOP_RATIO or mean_log_probability(heard.words) < LEAST_MEAN_LOG_PROBABILITY
    )


def _doubt(heard: Heard) -> tuple[bool, float]:
    return loop_ratio(heard.words) > LOOP_RATIO, -mean_log_probability(heard.words)


def loop_ratio(words: Sequence[Word]) -> float:
    """How many times smaller zlib makes the text; 0 for no text."""
    text = join_words(words).encode()
    return len(text) / len(zlib.compress(text)) if text else 0.0


def mean_log_probability(words: Sequence[Word]) -> float:
    """Mean natural logarithm of the words' probabilities; 0 for no words."""
    return sum(log(max(word.probability, 1e-10)) for word in words) / len(words) if words else 0.0


def rest_of(chunk: Chunk, window_ms: int) -> Chunk | None:
    """The part of a chunk from a time of its window on; None when too little is left to ask about."""
    if chunk.duration_ms - window_ms < SHORTEST_REST_MS:
        return None
    pieces = []
    for offset, piece in _placed(chunk):
        skipped = max(0, window_ms - offset)
        if skipped < piece.duration_ms:
            pieces.append(SpeechSpan(piece.start_ms + skipped, piece.end_ms))
    return Chunk(chunk.index, tuple(pieces))


def on_timeline(heard: Heard, chunk: Chunk) -> list[Segment]:
    """Move words from the window's timeline to the recording's.

    A word that seems to span a pause left out of the window belongs to the piece in which it ends.
    """
    placed = list(_placed(chunk))
    return [
        Segment(words[0].start_ms, words[-1].end_ms, words, chunk.index)
        for words in (tuple(_moved(word, placed) for word in segment) for segment in heard.segments)
    ]


def _moved(word: Word, placed: Sequence[tuple[int, SpeechSpan]]) -> Word:
    offset, piece = next(
        ((offset, piece) for offset, piece in placed if word.end_ms <= offset + piece.duration_ms), placed[-1]
    )
    end = piece.start_ms + min(max(0, word.end_ms - offset), piece.duration_ms)
    start = piece.start_ms + min(max(0, word.start_ms - offset), piece.duration_ms)
    return replace(word, start_ms=min(start, end), end_ms=end)


def _placed(chunk: Chunk) -> Iterator[tuple[int, SpeechSpan]]:
    """Each piece with where it starts in the window, in ms."""
    offsets = accumulate((piece.duration_ms for piece in chunk.pieces), initial=0)
    return zip(offsets, chunk.pieces, strict=False)


class _Report:
    """Tells progress in the recording's order, whatever the order in which chunks are finished."""

    def __init__(self, chunks: Chunks, done: dict[int, ChunkResult], progress: Progress) -> None:
        self._durations = {chunk.index: chunk.duration_ms for chunk in chunks.chunks}
        self._done = done
        self._progress = progress
        self._next = 0
        self._resumed_ms = self._done_ms()
        self._tell()

    def add(self, result: ChunkResult) -> None:
        self._done[result.chunk] = result
        self._tell()

    def _done_ms(self) -> int:
        return sum(self._durations[index] for index in self._done)

    def _tell(self) -> None:
        while self._next in self._done:
            for segment in self._done[self._next].segments:
                self._progress(SegmentRecognised(segment))
            self._next += 1
        self._progress(StageAdvanced("recognise", self._done_ms(), self._resumed_ms))
