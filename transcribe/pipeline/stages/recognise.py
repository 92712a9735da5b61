"""Stage 5: from Chunks to ChunkResults: what was said in each window, on the recording's timeline."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from itertools import chain
from math import fsum

from transcribe.core.episode import Language
from transcribe.core.errors import UsageError
from transcribe.core.events import LanguageDetected, Progress, SegmentRecognised, StageAdvanced
from transcribe.core.hearing import MOST_PROMPT_TOKENS, Ballot, Chunk, ChunkResult, Chunks, DecodingOptions
from transcribe.core.settings import RecogniseSettings
from transcribe.core.waveform import Waveform
from transcribe.core.workspace import Workspace
from transcribe.pipeline.hearing.listener import LanguageBallot, Listener, count_tokens, opened
from transcribe.pipeline.hearing.vocabulary import terms_of
from transcribe.pipeline.hearing.window import kept_part
from transcribe.pipeline.ports import OpenWorkers, Workers
from transcribe.pipeline.suspend import Pause, Pausing

SECTION_CHUNKS = 32
"""About ten minutes of speech."""


def recognise(
    chunks: Chunks,
    waveform: Waveform,
    settings: RecogniseSettings,
    open_workers: OpenWorkers,
    workspace: Workspace,
    progress: Progress,
    told: Language | None = None,
) -> Pausing[tuple[Language | None, tuple[ChunkResult, ...]]]:
    """Recognise every chunk that an earlier run has not finished; the model is loaded only if needed.

    Pauses when all of them wait for the recogniser. Each chunk's result is on the disk as soon as it
    exists. The results are in the plan's order.
    The language is `told`, else that of an earlier run, else chosen now. A chunk is decoded in its own
    language where the plan has it, else in the recording's.

    Raises:
        EngineError: The engine crashed or refused; what was finished is kept.
        UsageError: The prompt is too long.
    """
    done = {result.chunk: result for result in workspace.records("results", ChunkResult)}
    language = told or workspace.load("language", Language)
    missing = [chunk for chunk in chunks.chunks if chunk.index not in done]
    if language is not None:
        tell(language, progress)
    report = _Report(chunks, done, progress)
    if missing:
        with opened(open_workers, progress) as workers:
            if language is None:
                language = choose_language(chunks, waveform, settings.language, workers)
                workspace.save("language", language)
                tell(language, progress)
            listener = listener_of(waveform, language.code, settings, workers)
            groups = batches(chunks, missing, workers.batch, workers.count)
            with closing(workers.map(listener, groups)) as answers:
                yield Pause.RECOGNISER
                for result in chain.from_iterable(answers):
                    workspace.append("results", result)
                    report.add(result)
    return language, tuple(done[chunk.index] for chunk in chunks.chunks)


def batches(chunks: Chunks, missing: Sequence[Chunk], size: int, workers: int) -> list[tuple[Chunk, ...]]:
    """The plan in groups of at most `size`, without those that are finished; long ones first.

    The last groups are smaller, so that all workers have work to the end.
    In sections, so that people who watch get the beginning first: inside a section the longest chunks
    come first, so that no worker has a long one left when the others are through, and groups are of
    about the same length. They are the same in every run, because what stands beside a window in a
    batch may change its last bits: a group that was finished in part is done again.
    """
    sections = (chunks.chunks[i : i + SECTION_CHUNKS] for i in range(0, len(chunks.chunks), SECTION_CHUNKS))
    ordered = [sorted(section, key=lambda chunk: (-chunk.duration_ms, chunk.index)) for section in sections]
    rest = list(chain.from_iterable(ordered))
    groups: list[tuple[Chunk, ...]] = []
    while rest:
        count = min(size, -(-len(rest) // workers))
        groups.append(tuple(rest[:count]))
        del rest[:count]
    unfinished = {chunk.index for chunk in missing}
    return [group for group in groups if any(chunk.index in unfinished for chunk in group)]


def listener_of(waveform: Waveform, code: str, settings: RecogniseSettings, workers: Workers) -> Listener:
    """How every chunk is listened to; each window gets those of the terms that resemble something in it.

    Raises:
        UsageError: The prompt alone is longer than the recogniser takes; or the vocabulary cannot be read.
    """
    terms = terms_of(settings)
    options = DecodingOptions(
        code, settings.translate, settings.prompt.strip(), settings.beam_size, settings.window_margin_ms
    )
    length = _count(options.prompt, workers)
    if length > MOST_PROMPT_TOKENS:
        raise UsageError(
            f"the prompt is too long: it has {length} tokens, and the model takes {MOST_PROMPT_TOKENS}",
            "Shorten --prompt; names belong into --vocabulary, which may have any length",
        )
    return Listener(waveform, options, terms)


def _count(text: str, workers: Workers) -> int:
    return next(iter(workers.map(count_tokens, [text]))) if text else 0


def choose_language(chunks: Chunks, waveform: Waveform, asked: str, workers: Workers) -> Language:
    """The language asked for, or the one that windows spread over the recording vote for.

    More than half of them are asked first; the others only if they could still change the outcome.
    """
    if asked != "auto":
        return Language(asked, 1.0, detected=False)
    voters = spread(chunks.chunks)
    first = len(voters) // 2 + 1
    ballots = list(workers.map(LanguageBallot(waveform), voters[:first]))
    if first < len(voters) and not is_decided(ballots, len(voters) - first):
        ballots += workers.map(LanguageBallot(waveform), voters[first:])
    totals = sums_of(ballots)
    code = max(totals, key=lambda each: (totals[each], each))
    return Language(code, round(totals[code] / len(ballots), 4), detected=True)


def is_decided(ballots: Sequence[Ballot], open_votes: int) -> bool:
    """Whether no other language can win any more, whatever the windows say that were not asked yet."""
    totals = sorted(sums_of(ballots).values(), reverse=True)
    return len(totals) < 2 or totals[0] - totals[1] > open_votes


def sums_of(ballots: Sequence[Ballot]) -> dict[str, float]:
    """The probabilities of each language, added up."""
    votes: dict[str, list[float]] = {}
    for ballot in ballots:
        for code, probability in ballot.probabilities:
            votes.setdefault(code, []).append(probability)
    return {code: fsum(probabilities) for code, probabilities in votes.items()}  # exact: in any order


def tell(language: Language, progress: Progress) -> None:
    """Say which language was detected; nobody needs to be told what they chose."""
    if language.detected:
        progress(LanguageDetected(language.code, language.probability, language.share, language.summary()))


def spread(chunks: Sequence[Chunk]) -> list[Chunk]:
    """One, three or five chunks from all over the recording; the first half of them is so as well."""
    count = 1 if len(chunks) <= 2 else 3 if len(chunks) <= 12 else 5
    if count == 1:
        return [max(chunks, key=lambda chunk: (chunk.duration_ms, -chunk.index))]
    inwards = sorted(range(count), key=lambda i: (i % 2, i))  # first every second one: from all over it, too
    return [chunks[(2 * i + 1) * len(chunks) // (2 * count)] for i in inwards]


class _Report:
    """Tells progress in the recording's order, whatever the order in which chunks are finished."""

    def __init__(self, chunks: Chunks, done: dict[int, ChunkResult], progress: Progress) -> None:
        self._chunks = {chunk.index: chunk for chunk in chunks.chunks}
        self._done = done
        self._progress = progress
        self._next = 0
        self._resumed_ms = self._done_ms()
        self._tell()

    def add(self, result: ChunkResult) -> None:
        self._done[result.chunk] = result
        self._tell()

    def _done_ms(self) -> int:
        return sum(self._chunks[index].duration_ms for index in self._done)

    def _tell(self) -> None:
        while self._next in self._done:
            for segment in self._done[self._next].segments:
                if part := kept_part(segment, self._chunks[self._next]):
                    self._progress(SegmentRecognised(part))
            self._next += 1
        self._progress(StageAdvanced("recognise", self._done_ms(), self._resumed_ms))
