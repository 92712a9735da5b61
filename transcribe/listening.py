"""How one chunk is listened to: decoded, doubted, asked again, and put on the recording's timeline.

This runs inside the recogniser's workers and knows no engine. Everything in it is deterministic,
and a chunk's result depends on that chunk alone: so it does not matter which worker took it, in
which order, or in which run.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import TYPE_CHECKING, Protocol

from transcribe.doubt import doubts, mean_log_probability
from transcribe.episode import (
    SAMPLE_RATE,
    SAMPLES_PER_MS,
    Chunk,
    ChunkResult,
    DecodingOptions,
    Heard,
    Segment,
    SpeechSpan,
    Spot,
    Word,
    join_words,
)
from transcribe.waveform import Waveform

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Window = NDArray[np.float32]

SHORTEST_HOLE_MS = 2_000
"""Speech for which there are no words is listened to again from this length on; each time costs
as much as a whole window, because Whisper always encodes 30 s."""

LONGEST_WORD_MS = 700
MS_PER_CHARACTER = 120
"""A word takes at most the first plus the second for each of its characters; a decoder that skips
a sentence gives the sentence's time to the word before it."""

MOST_LAYERS = 3
"""How often a hole in what was heard in a hole is listened to."""

SHORTEST_SPLIT_SAMPLES = 4 * SAMPLE_RATE
"""Shorter windows are not cut in two."""

CAREFUL_BEAM_SIZE = 5
"""For the second attempt; the beam size of Whisper's own evaluation."""


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
        windows = [self.waveform.read_pieces(chunk.pieces) for chunk in chunks]
        heard = recogniser.hear(windows, self.options)
        return [
            self._result(chunk, self._understand(recogniser, chunk, window, first))
            for chunk, window, first in zip(chunks, windows, heard, strict=True)
        ]

    def _result(self, chunk: Chunk, understood: Understood) -> ChunkResult:
        segments = sorted(understood.segments, key=lambda segment: segment.start_ms)
        kept = [part for segment in segments if (part := kept_part(segment, chunk.keeps))]
        return ChunkResult(chunk.index, self.options.language, tuple(kept), tuple(understood.spots))

    def _understand(
        self, recogniser: Recogniser, chunk: Chunk, window: Window, first: Heard, layer: int = 1
    ) -> Understood:
        """Doubt what was heard; where there is speech but no words, listen again."""
        heard, reasons = self._with_care(recogniser, chunk, window, first)
        if not heard.words:
            return Understood([], [missing(chunk, "no words were recognised")])
        if layer > 1 and reasons:
            text = f"no words but doubtful ones ({', '.join(reasons)}): {join_words(heard.words)}"
            return Understood([], [missing(chunk, text)])
        stretches = split_at_holes(heard)
        understood = Understood(on_timeline(stretches, chunk), [])
        if reasons or heard is not first:
            understood.spots.append(_doubted(chunk, reasons))
        for start_ms, end_ms in holes(stretches, chunk.duration_ms):
            understood += self._fill(recogniser, part_of(chunk, start_ms, end_ms), layer + 1)
        return understood

    def _fill(self, recogniser: Recogniser, hole: Chunk, layer: int) -> Understood:
        """Listen to speech for which there are no words yet."""
        if layer > MOST_LAYERS:
            return Understood([], [missing(hole, "no words were recognised")])
        window = self.waveform.read_pieces(hole.pieces)
        return self._understand(recogniser, hole, window, recogniser.hear([window], self.options)[0], layer)

    def _with_care(
        self, recogniser: Recogniser, chunk: Chunk, window: Window, first: Heard
    ) -> tuple[Heard, tuple[str, ...]]:
        """Where what was heard is doubtful, decode again in other ways; the least doubtful stays.

        The ladder: no prompt and more candidates, then in two halves. Higher temperatures, which
        Whisper tries, draw random numbers.
        """
        attempts: list[tuple[int, float, int, Heard, tuple[str, ...]]] = []
        for heard in self._attempts(recogniser, window, first):
            reasons = doubts(heard.words, chunk.duration_ms, self.options)
            if not reasons:
                return heard, ()
            attempts.append((len(reasons), -mean_log_probability(heard.words), len(attempts), heard, reasons))
        *_, heard, reasons = min(attempts, key=lambda attempt: attempt[:3])
        return heard, reasons

    def _attempts(self, recogniser: Recogniser, window: Window, first: Heard) -> Iterator[Heard]:
        careful = replace(self.options, beam_size=max(CAREFUL_BEAM_SIZE, self.options.beam_size), prompt="")
        yield first
        yield recogniser.hear([window], careful)[0]
        if len(window) >= SHORTEST_SPLIT_SAMPLES:
            cut = quietest_sample(window)
            halves = recogniser.hear([window[:cut], window[cut:]], careful)
            yield joined(halves[0], halves[1], cut // SAMPLES_PER_MS)


@dataclass
class Understood:
    """What became of a chunk while it is being listened to."""

    segments: list[Segment]
    spots: list[Spot]

    def __iadd__(self, other: Understood) -> Understood:
        self.segments += other.segments
        self.spots += other.spots
        return self


def missing(chunk: Chunk, reason: str) -> Spot:
    """The spot of speech without words."""
    return Spot(chunk.start_ms, chunk.end_ms, "missing", reason)


def _doubted(chunk: Chunk, reasons: Sequence[str]) -> Spot:
    if reasons:
        return Spot(chunk.start_ms, chunk.end_ms, "suspect", ", ".join(reasons))
    return Spot(chunk.start_ms, chunk.end_ms, "redecoded", "the first attempt was doubtful")


def quietest_sample(window: Window) -> int:
    """Where to cut a window in two: the quietest 100 ms of its middle half."""
    import numpy as np

    hop = 100 * SAMPLES_PER_MS
    hops = window[: len(window) // hop * hop].reshape(-1, hop)
    first, last = len(hops) // 4, max(len(hops) // 4 + 1, len(hops) * 3 // 4)
    return (first + int(np.argmin((hops[first:last] ** 2).mean(axis=1)))) * hop + hop // 2


def joined(before: Heard, after: Heard, offset_ms: int) -> Heard:
    """Two halves of a window as one."""
    moved = tuple(
        tuple(replace(w, start_ms=w.start_ms + offset_ms, end_ms=w.end_ms + offset_ms) for w in segment)
        for segment in after.segments
    )
    return Heard(before.segments + moved)


def kept_part(segment: Segment, keeps: SpeechSpan | None) -> Segment | None:
    """The words of a segment that lie, by their middle, in the stretch a chunk keeps."""
    if keeps is None:
        return segment
    words = tuple(
        word for word in segment.words if keeps.start_ms <= (word.start_ms + word.end_ms) / 2 < keeps.end_ms
    )
    return (
        replace(segment, start_ms=words[0].start_ms, end_ms=words[-1].end_ms, words=words) if words else None
    )


def split_at_holes(heard: Heard) -> list[tuple[Word, ...]]:
    """The segments, cut where speech was skipped; words that swallowed it get a plausible length."""
    stretches: list[tuple[Word, ...]] = []
    for segment in heard.segments:
        words = [_plausible(word) for word in segment]
        cuts = [
            index
            for index in range(1, len(words))
            if words[index].start_ms - words[index - 1].end_ms >= SHORTEST_HOLE_MS
        ]
        stretches += [tuple(words[a:b]) for a, b in zip([0, *cuts], [*cuts, len(words)], strict=True)]
    return stretches


def _plausible(word: Word) -> Word:
    longest = LONGEST_WORD_MS + MS_PER_CHARACTER * len(word.text)
    if word.end_ms - word.start_ms < longest + SHORTEST_HOLE_MS:
        return word
    return replace(word, end_ms=word.start_ms + longest)


def holes(stretches: Sequence[tuple[Word, ...]], duration_ms: int) -> list[tuple[int, int]]:
    """Where a window has speech but no words, in ms from its start.

    A window is packed so that no pause in it is longer than about a second, so any longer
    stretch without words is speech that the decoder skipped.
    """
    ends = [0, *(words[-1].end_ms for words in stretches)]
    starts = [*(words[0].start_ms for words in stretches), duration_ms]
    return [(end, start) for end, start in zip(ends, starts, strict=True) if start - end >= SHORTEST_HOLE_MS]


def part_of(chunk: Chunk, start_ms: int, end_ms: int) -> Chunk:
    """The part of a chunk between two times of its window."""
    pieces = []
    for offset, piece in _placed(chunk):
        first = max(0, start_ms - offset)
        last = min(piece.duration_ms, end_ms - offset)
        if first < last:
            pieces.append(SpeechSpan(piece.start_ms + first, piece.start_ms + last))
    return Chunk(chunk.index, tuple(pieces))


def on_timeline(stretches: Sequence[tuple[Word, ...]], chunk: Chunk) -> list[Segment]:
    """Move words from the window's timeline to the recording's.

    A word that seems to span a pause left out of the window belongs to the piece in which it ends.
    """
    placed = list(_placed(chunk))
    return [
        Segment(words[0].start_ms, words[-1].end_ms, words, chunk.index)
        for words in (tuple(_moved(word, placed) for word in stretch) for stretch in stretches)
    ]


def _moved(word: Word, placed: Sequence[tuple[int, SpeechSpan]]) -> Word:
    offset, piece = next(
        ((offset, piece) for offset, piece in placed if word.end_ms <= offset + piece.duration_ms),
        placed[-1],
    )
    end = piece.start_ms + min(max(0, word.end_ms - offset), piece.duration_ms)
    start = piece.start_ms + min(max(0, word.start_ms - offset), piece.duration_ms)
    return replace(word, start_ms=min(start, end), end_ms=end)


def _placed(chunk: Chunk) -> Iterator[tuple[int, SpeechSpan]]:
    """Each piece with where it starts in the window, in ms."""
    offsets = accumulate((piece.duration_ms for piece in chunk.pieces), initial=0)
    return zip(offsets, chunk.pieces, strict=False)
