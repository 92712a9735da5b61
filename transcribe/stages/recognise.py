"""From chunks to words: what was said in each window, put back on the recording's timeline."""

from __future__ import annotations

from collections.abc import Sequence
from math import fsum
from pathlib import Path

from transcribe.episode import Chunk, ChunkResult, Chunks, DecodingOptions, Language
from transcribe.errors import UsageError
from transcribe.listening import LanguageBallot, Listener, OpenWorkers, Workers
from transcribe.progress import LanguageDetected, Progress, SegmentRecognised, StageAdvanced
from transcribe.settings import RecogniseSettings
from transcribe.waveform import Waveform
from transcribe.workspace import Workspace


def recognise(
    chunks: Chunks,
    waveform: Waveform,
    settings: RecogniseSettings,
    open_workers: OpenWorkers,
    workspace: Workspace,
    progress: Progress,
    told: Language | None = None,
) -> tuple[Language | None, tuple[ChunkResult, ...]]:
    """Recognise every chunk that an earlier run has not finished; the model is loaded only if needed.

    Each chunk's result is on the disk as soon as it exists. The results are in the plan's order.
    The language is `told`, else that of an earlier run, else chosen now. A chunk is decoded in its own
    language where the plan has it, else in the recording's.

    Raises:
        EngineError: The engine crashed or refused; what was finished is kept.
    """
    done = {result.chunk: result for result in workspace.records("results", ChunkResult)}
    language = told or workspace.load("language", Language)
    missing = [chunk for chunk in chunks.chunks if chunk.index not in done]
    if language is not None:
        tell(language, progress)
    report = _Report(chunks, done, progress)
    if missing:
        with open_workers() as workers:
            if language is None:
                language = choose_language(chunks, waveform, settings.language, workers)
                workspace.save("language", language)
                tell(language, progress)
            options = DecodingOptions(
                language.code, settings.translate, prompt_of(settings), settings.beam_size
            )
            for results in workers.map(Listener(waveform, options), batches(chunks, missing, workers.batch)):
                for result in results:
                    workspace.append("results", result)
                    report.add(result)
    return language, tuple(done[chunk.index] for chunk in chunks.chunks)


def batches(chunks: Chunks, missing: Sequence[Chunk], size: int) -> list[tuple[Chunk, ...]]:
    """The plan in groups of `size`, without those that are finished.

    The groups are the same in every run, because what stands beside a window in a batch may have a
    say in its last bits: a group that was finished in part is done again.
    """
    groups = [chunks.chunks[i : i + size] for i in range(0, len(chunks.chunks), size)]
    unfinished = {chunk.index for chunk in missing}
    return [group for group in groups if any(chunk.index in unfinished for chunk in group)]


def prompt_of(settings: RecogniseSettings) -> str:
    """The text that stands before every window: the user's prompt and the vocabulary's terms.

    Raises:
        UsageError: The vocabulary cannot be read, or is not text.
    """
    if settings.vocabulary is None:
        return settings.prompt
    terms = [line.strip() for line in _read_text(settings.vocabulary).splitlines() if line.strip()]
    return " ".join(part for part in (", ".join(terms) + "." if terms else "", settings.prompt) if part)


def _read_text(vocabulary: Path) -> str:
    try:
        return vocabulary.read_text("utf-8-sig")
    except UnicodeDecodeError:
        raise UsageError(f"the vocabulary {vocabulary} is not UTF-8 text", "Save it as UTF-8") from None
    except OSError as error:
        raise UsageError(
            f"the vocabulary {vocabulary} cannot be read: {error.strerror}", "Check what --vocabulary names"
        ) from error


def choose_language(chunks: Chunks, waveform: Waveform, asked: str, workers: Workers) -> Language:
    """The language asked for, or the one that windows spread over the recording vote for."""
    if asked != "auto":
        return Language(asked, 1.0, detected=False)
    ballots = list(workers.map(LanguageBallot(waveform), spread(chunks.chunks)))
    votes: dict[str, list[float]] = {}
    for ballot in ballots:
        for code, probability in ballot.probabilities:
            votes.setdefault(code, []).append(probability)
    totals = {code: fsum(probabilities) for code, probabilities in votes.items()}  # exact: in any order
    code = max(totals, key=lambda each: (totals[each], each))
    return Language(code, round(totals[code] / len(ballots), 4), detected=True)


def tell(language: Language, progress: Progress) -> None:
    """Say which language was detected; nobody needs to be told what they chose."""
    if language.detected:
        progress(LanguageDetected(language.code, language.probability, language.share, language.summary()))


def spread(chunks: Sequence[Chunk]) -> list[Chunk]:
    """One, three or five chunks from all over the recording: each costs as much as recognising one."""
    count = 1 if len(chunks) <= 2 else 3 if len(chunks) <= 12 else 5
    if count == 1:
        return [max(chunks, key=lambda chunk: (chunk.duration_ms, -chunk.index))]
    return [chunks[(2 * i + 1) * len(chunks) // (2 * count)] for i in range(count)]


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
