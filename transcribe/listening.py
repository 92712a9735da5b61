"""How one chunk is listened to: decoded, doubted, asked again, and put on the recording's timeline.

This runs inside the recogniser's workers and knows no engine. Everything in it is deterministic,
and a chunk's result depends on that chunk alone: so it does not matter which worker took it, in
which order, or in which run.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from transcribe.doubt import doubts, mean_log_probability
from transcribe.episode import (
    LONGEST_WINDOW_MS,
    SAMPLE_RATE,
    SAMPLES_PER_MS,
    Chunk,
    ChunkResult,
    DecodingOptions,
    Heard,
    Segment,
    Spot,
    join_words,
)
from transcribe.waveform import Waveform
from transcribe.window import (
    holes,
    joined,
    kept_spot,
    on_timeline,
    part_of,
    quietest_sample,
    split_at_holes,
)

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Window = NDArray[np.float32]

MOST_LAYERS = 3
"""How often a hole in what was heard in a hole is listened to."""

SHORTEST_SPLIT_SAMPLES = 4 * SAMPLE_RATE
"""Shorter windows are not cut in two."""

BREATH_MS = 2_000
"""Doubtful words in a shorter window are not taken: music and breath that the detector took for speech are
that short, and a decoder likes to invent there. They are reported as missing, with what was heard."""

CAREFUL_BEAM_SIZE = 5
"""At least so many candidates for further attempts; the beam size of Whisper's own evaluation."""


class Recogniser(Protocol):
    """One loaded model."""

    def hear(self, windows: Sequence[Window], options: DecodingOptions) -> list[Heard]:
        """Decode windows of mono float32 samples at 16 kHz, each up to 30 s."""

    def languages(self, samples: Window) -> tuple[tuple[str, float], ...]:
        """Probability of every language the model knows, for one window."""


@dataclass(frozen=True)
class LanguageBallot:
    """The task of telling one chunk's language."""

    waveform: Waveform

    def __call__(self, recogniser: Recogniser, chunk: Chunk) -> tuple[tuple[str, float], ...]:
        """Probability of every language in this chunk."""
        return recogniser.languages(self.waveform.read_pieces(chunk.pieces))


@dataclass(frozen=True)
class Listener:
    """The task of recognising some chunks: as many as the recogniser takes at a time.

    Attributes:
        waveform: The recording's samples.
        options: How the recogniser is asked.
    """

    waveform: Waveform
    options: DecodingOptions

    def __call__(self, recogniser: Recogniser, chunks: Sequence[Chunk]) -> list[ChunkResult]:
        """What was said in each of the chunks."""
        understood = [Understood([], [], []) for _ in chunks]
        parts = list(enumerate(chunks))
        for layer in range(1, MOST_LAYERS + 1):
            windows = [self.waveform.read_pieces(part.pieces) for _, part in parts]
            heard = recogniser.hear(windows, self.options) if windows else []
            for (owner, part), window, first in zip(parts, windows, heard, strict=True):
                understood[owner] += self._understand(recogniser, part, window, first, layer)
            parts = [(owner, hole) for owner, each in enumerate(understood) for hole in each.taken_holes()]
        for owner, hole in parts:
            understood[owner].spots += missing(hole, "no words were recognised")
        return [self._result(chunk, each) for chunk, each in zip(chunks, understood, strict=True)]

    def _result(self, chunk: Chunk, understood: Understood) -> ChunkResult:
        segments = sorted(understood.segments, key=lambda segment: segment.start_ms)
        spots = tuple(spot for each in understood.spots if (spot := kept_spot(each, chunk)))
        return ChunkResult(chunk.index, self.options.language, tuple(segments), spots)

    def _understand(
        self, recogniser: Recogniser, chunk: Chunk, window: Window, first: Heard, layer: int
    ) -> Understood:
        """Doubt what was heard; tell where there is speech but no words, so that it is listened to again."""
        judged = self._with_care(recogniser, chunk, window, first)
        if not judged.heard.words:
            return Understood([], missing(chunk, "no words were recognised"), [])
        if judged.doubts and (layer > 1 or chunk.duration_ms < BREATH_MS):
            text = join_words(judged.heard.words)
            reason = f"only doubtful words ({', '.join(judged.doubts)}): {text}"
            return Understood([], missing(chunk, reason), [])
        stretches = split_at_holes(judged.heard)
        segments = on_timeline(stretches, chunk)
        skipped = [part_of(chunk, *hole) for hole in holes(stretches, chunk.duration_ms)]
        return Understood(segments, [*_noticed(segments, judged, layer)], skipped)

    def _with_care(self, recogniser: Recogniser, chunk: Chunk, window: Window, first: Heard) -> Judged:
        """Where what was heard is doubtful, decode again in other ways; the least doubtful stays.

        The ladder: no prompt, more candidates and Whisper's full 30 s, then the same in two halves.
        Higher temperatures, which Whisper tries, draw random numbers. An attempt without words
        replaces none.
        """
        attempts: list[Judged] = []
        for heard, options in self._attempts(recogniser, window, first):
            found = doubts(heard.words, chunk.duration_ms, options)
            noticed = attempts[0].doubts if attempts else found
            if not found and (heard.words or not attempts):
                return Judged(heard, (), noticed)
            if heard.words:
                attempts.append(Judged(heard, found, noticed))
        return min(attempts, key=lambda tried: (len(tried.doubts), -mean_log_probability(tried.heard.words)))

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


@dataclass
class Understood:
    """What became of a chunk while it is being listened to, and where it has speech without words."""

    segments: list[Segment]
    spots: list[Spot]
    holes: list[Chunk]

    def __iadd__(self, other: Understood) -> Understood:
        self.segments += other.segments
        self.spots += other.spots
        self.holes += other.holes
        return self

    def taken_holes(self) -> list[Chunk]:
        """The holes, which are somebody else's task from now on."""
        holes, self.holes = self.holes, []
        return holes


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
