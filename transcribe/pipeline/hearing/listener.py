"""One chunk: decoded, doubted, decoded again, and put on the recording's timeline.

This runs inside the recogniser's workers and knows no engine. Everything in it is deterministic,
and a chunk's result depends on that chunk alone: so it does not matter which worker took it, in
which order, or in which run.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import groupby
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from transcribe.core.episode import Segment, Spot, join_words
from transcribe.core.events import Progress, Warned
from transcribe.core.hearing import LONGEST_WINDOW_MS, Ballot, Chunk, ChunkResult, DecodingOptions, Heard
from transcribe.core.recording import SAMPLE_RATE, SAMPLES_PER_MS
from transcribe.core.waveform import Waveform
from transcribe.pipeline.hearing.doubt import LEAKED, doubts, mean_log_probability
from transcribe.pipeline.hearing.repeats import without_repeats
from transcribe.pipeline.hearing.vocabulary import fitting, likely, written
from transcribe.pipeline.hearing.window import (
    holes,
    joined,
    kept_spot,
    on_timeline,
    part_of,
    quietest_sample,
    split_at_holes,
)
from transcribe.pipeline.ports import OpenWorkers, Recogniser, Workers

Window = NDArray[np.float32]

Item = TypeVar("Item")
Result = TypeVar("Result")

MOST_LAYERS = 3
"""How often a hole in what was heard in a hole is listened to."""

SHORTEST_SPLIT_SAMPLES = 4 * SAMPLE_RATE
"""Shorter windows are not cut in two."""

BREATH_MS = 2_000
"""Doubtful words in a shorter window are not taken: music and breath that the detector took for speech are
that short, and a decoder likes to invent there. They are reported as missing, with what was heard."""

CAREFUL_BEAM_SIZE = 5
"""At least so many candidates for further attempts; the beam size of Whisper's own evaluation."""


@contextmanager
def opened(open_workers: OpenWorkers, progress: Progress) -> Iterator[Workers]:
    """Open the workers, whose warnings are told to whoever watches this work."""
    with open_workers() as workers:
        workers.on_warning = lambda told: progress(Warned(told))
        yield workers


LEAST_KEPT = 0.9
"""Of a window's words, a second hearing keeps at least so many: names of several words are heard as more or
fewer, but a clause that is gone was skipped."""

BALLOT_MS = 10_000
"""Longest stretch whose language is told, from a window's beginning: in shorter ones Whisper is less sure,
and more of it costs more."""


@dataclass(frozen=True)
class LanguageBallot:
    """The task of telling one chunk's language."""

    waveform: Waveform

    def __call__(self, recogniser: Recogniser, chunk: Chunk) -> Ballot:
        """Probability of every language in this chunk."""
        samples = self.waveform.read_pieces(chunk.pieces)
        return Ballot(chunk.index, recogniser.languages(samples[: BALLOT_MS * SAMPLES_PER_MS]))


def count_tokens(recogniser: Recogniser, text: str) -> int:
    """The task of counting a prompt's tokens."""
    return recogniser.count_tokens(text)


@dataclass(frozen=True)
class Listener:
    """The task of recognising some chunks: as many as the recogniser takes at a time.

    Attributes:
        terms: Names and terms to expect, of which each window gets those that resemble what is heard in
            it; empty where all of them stand in the prompt.
    """

    waveform: Waveform
    options: DecodingOptions
    terms: tuple[str, ...] = ()

    def __call__(self, recogniser: Recogniser, chunks: Sequence[Chunk]) -> list[ChunkResult]:
        """What was said in each of the chunks."""
        return [
            result
            for code, group in groupby(chunks, lambda chunk: chunk.language)
            for result in self._of_language(code).results(recogniser, list(group))
        ]

    def results(self, recogniser: Recogniser, chunks: Sequence[Chunk]) -> list[ChunkResult]:
        """What was said in each of several chunks that are in the language of the options.

        Speech without words is listened to again: all such stretches of all chunks at a time.
        """
        understood = [Understood([], []) for _ in chunks]
        parts = list(enumerate(chunks))
        for layer in range(1, MOST_LAYERS + 1):
            windows = [self.waveform.read_pieces(part.pieces) for _, part in parts]
            heard = recogniser.hear(windows, self.options) if windows else []
            skipped: list[tuple[int, Chunk]] = []
            for (owner, part), window, without in zip(parts, windows, heard, strict=True):
                listener, first = self._with_terms(recogniser, part, window, without)
                found, holes_left = listener._understand(recogniser, part, window, first, layer)
                if layer > 1:
                    found = unrepeated(found, understood[owner].segments)
                understood[owner] += found
                skipped += ((owner, hole) for hole in holes_left)
            parts = skipped
        for owner, hole in parts:
            understood[owner].spots += missing(hole, "no words were recognised")
        return [self._result(chunk, each) for chunk, each in zip(chunks, understood, strict=True)]

    def _with_terms(
        self, recogniser: Recogniser, chunk: Chunk, window: Window, without: Heard
    ) -> tuple[Listener, Heard]:
        """Hear a window again with the terms that resemble something in it, if there are any.

        The second hearing is taken only where it has terms that the first one had not, has lost none nor
        other words to speak of, and raises no doubts: a prompt may also spoil what was right.
        """
        chosen = likely(self.terms, join_words(without.words)) if self.terms else []
        prompt = fitting(chosen, self.options.prompt, recogniser.count_tokens)
        if prompt == self.options.prompt or doubts(without.words, chunk.duration_ms, self.options):
            return self, without
        options = replace(self.options, prompt=prompt)
        heard = recogniser.hear([window], options)[0]
        before, after = (written(chosen, join_words(each.words)) for each in (without, heard))
        shorter = len(heard.words) < LEAST_KEPT * len(without.words)
        if not before < after or shorter or doubts(heard.words, chunk.duration_ms, options):
            return self, without
        return replace(self, options=options), heard

    def _of_language(self, code: str) -> Listener:
        """This listener for chunks whose language the plan tells; itself where it does not."""
        return replace(self, options=replace(self.options, language=code)) if code else self

    def _result(self, chunk: Chunk, understood: Understood) -> ChunkResult:
        segments = sorted(understood.segments, key=lambda segment: segment.start_ms)
        spots = tuple(spot for each in understood.spots if (spot := kept_spot(each, chunk)))
        language = self.options.language
        told = tuple(replace(segment, language=language) for segment in segments)
        return ChunkResult(chunk.index, language, told, spots)

    def _understand(
        self, recogniser: Recogniser, chunk: Chunk, window: Window, first: Heard, layer: int
    ) -> tuple[Understood, list[Chunk]]:
        """Doubt what was heard; what is believed, and where there is speech but no words yet."""
        judged = self._with_care(recogniser, chunk, window, first)
        if not judged.heard.words:
            return Understood([], missing(chunk, "no words were recognised")), []
        if judged.doubts and (layer > 1 or chunk.duration_ms < BREATH_MS):
            text = join_words(judged.heard.words)
            reason = f"only doubtful words ({', '.join(judged.doubts)}): {text}"
            return Understood([], missing(chunk, reason)), []
        stretches = split_at_holes(judged.heard)
        segments = on_timeline(stretches, chunk)
        skipped = [part_of(chunk, *hole) for hole in holes(stretches, chunk.duration_ms)]
        return Understood(segments, [*_noticed(segments, judged, layer)]), skipped

    def _with_care(self, recogniser: Recogniser, chunk: Chunk, window: Window, first: Heard) -> Judged:
        """Where what was heard is doubtful, decode again in other ways; the least doubtful stays.

        The ladder: no prompt, more candidates and Whisper's full 30 s, then the same in two halves.
        Higher temperatures, which Whisper tries, draw random numbers. An attempt without words
        replaces none, but where the only words were read from the prompt: then nobody spoke.
        """
        attempts: list[Judged] = []
        noticed: tuple[str, ...] = ()
        for heard, options in self._attempts(recogniser, window, first):
            found = heard.doubts + doubts(heard.words, chunk.duration_ms, options)
            noticed = noticed or found
            if not found and (heard.words or all(LEAKED in tried.doubts for tried in attempts)):
                return Judged(heard, (), noticed)
            if heard.words:
                attempts.append(Judged(heard, found, noticed))
        return min(attempts, key=_badness, default=Judged(first, (), ()))

    def _attempts(
        self, recogniser: Recogniser, window: Window, first: Heard
    ) -> Iterator[tuple[Heard, DecodingOptions]]:
        """What is heard at each step of the ladder, and how it was asked for."""
        yield first, self.options
        beam_size = max(CAREFUL_BEAM_SIZE, self.options.beam_size)
        careful = replace(self.options, beam_size=beam_size, prompt="", margin_ms=LONGEST_WINDOW_MS)
        if careful != self.options:
            yield recogniser.hear([window], careful)[0], careful
        if len(window) >= SHORTEST_SPLIT_SAMPLES:
            cut = quietest_sample(window)
            halves = recogniser.hear([window[:cut], window[cut:]], careful)
            yield joined(halves[0], halves[1], cut // SAMPLES_PER_MS), careful


@dataclass(frozen=True)
class Judged:
    """One attempt at a window.

    Attributes:
        heard: What was heard.
        doubts: Why it is doubtful; empty when it is not.
        noticed: Why the first attempt was.
    """

    heard: Heard
    doubts: tuple[str, ...]
    noticed: tuple[str, ...]


def _badness(tried: Judged) -> tuple[bool, int, float]:
    """Words from the prompt are the worst, then more doubts, then less probability."""
    return LEAKED in tried.doubts, len(tried.doubts), -mean_log_probability(tried.heard.words)


@dataclass
class Understood:
    """What became of a chunk while it is being listened to."""

    segments: list[Segment]
    spots: list[Spot]

    def __iadd__(self, other: Understood) -> Understood:
        self.segments += other.segments
        self.spots += other.spots
        return self


def unrepeated(found: Understood, known: Sequence[Segment]) -> Understood:
    """What was heard where words were missing, without what stands beside it already.

    Where the times of words are wrong, the words that seem to be missing are their neighbours.

    Args:
        found: What was heard in a hole.
        known: The segments of the same chunk so far.
    """
    words = [word for segment in known for word in segment.words]
    kept: list[Segment] = []
    spots = list(found.spots)
    for segment in found.segments:
        before = [word for word in words if word.start_ms < segment.start_ms]
        after = [word for word in words if word.start_ms >= segment.start_ms]
        own = without_repeats(before, segment.words, after)
        if len(own) < len(segment.words):
            reason = f"heard again what stands beside it: {join_words(segment.words)}"
            spots.append(Spot(segment.start_ms, segment.end_ms, "suspect", reason))
        if own:
            kept.append(segment.of(own))
    return Understood(kept, spots)


def missing(chunk: Chunk, reason: str) -> list[Spot]:
    """The spots of speech without words: one for each piece, because between them nobody speaks."""
    return [Spot(piece.start_ms, piece.end_ms, "missing", reason) for piece in chunk.pieces]


def _noticed(segments: Sequence[Segment], judged: Judged, layer: int) -> Iterator[Spot]:
    """What should be known about the words of a window."""
    start_ms, end_ms = segments[0].start_ms, segments[-1].end_ms
    if judged.doubts:
        yield Spot(start_ms, end_ms, "suspect", ", ".join(judged.doubts))
    elif judged.noticed:
        yield Spot(start_ms, end_ms, "redecoded", f"the first attempt: {', '.join(judged.noticed)}")
    elif layer > 1:
        yield Spot(start_ms, end_ms, "redecoded", "skipped by the first attempt")
