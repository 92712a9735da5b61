"""How one chunk is listened to: decoded, doubted, asked again, and put on the recording's timeline.

This runs inside the recogniser's workers and knows no engine. Everything in it is deterministic,
and a chunk's result depends on that chunk alone: so it does not matter which worker took it, in
which order, or in which run.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from math import log
from typing import TYPE_CHECKING, Protocol

from transcribe.episode import (
    Chunk,
    ChunkResult,
    DecodingOptions,
    Heard,
    Segment,
    SpeechSpan,
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

LOOP_RATIO = 2.4
"""Text that zlib makes this many times smaller repeats itself (Whisper's own threshold, 2022)."""

LEAST_MEAN_LOG_PROBABILITY = -1.0
"""Below this the decoder was guessing (Whisper's own threshold)."""

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
            ChunkResult(chunk.index, self.options.language, tuple(self._understand(recogniser, *each)))
            for chunk, each in zip(chunks, zip(chunks, windows, heard, strict=True), strict=True)
        ]

    def _understand(
        self, recogniser: Recogniser, chunk: Chunk, window: Window, heard: Heard, layer: int = 1
    ) -> list[Segment]:
        """Doubt what was heard; where there is speech but no words, listen again."""
        heard = self._with_care(recogniser, window, heard)
        if not heard.words or (layer > 1 and is_doubtful(heard)):
            return []
        stretches = split_at_holes(heard)
        segments = on_timeline(stretches, chunk)
        if layer <= MOST_LAYERS:
            for start_ms, end_ms in holes(stretches, chunk.duration_ms):
                hole = part_of(chunk, start_ms, end_ms)
                part = self.waveform.read_pieces(hole.pieces)
                again = recogniser.hear([part], self.options)[0]
                segments += self._understand(recogniser, hole, part, again, layer + 1)
        return sorted(segments, key=lambda segment: segment.start_ms)

    def _with_care(self, recogniser: Recogniser, window: Window, heard: Heard) -> Heard:
        """Where the text loops or the decoder was guessing, decode again with more candidates."""
        if not is_doubtful(heard) or (
            self.options.beam_size >= CAREFUL_BEAM_SIZE and not self.options.prompt
        ):
            return heard
        careful = replace(self.options, beam_size=max(CAREFUL_BEAM_SIZE, self.options.beam_size), prompt="")
        return min(heard, recogniser.hear([window], careful)[0], key=_doubt)


def is_doubtful(heard: Heard) -> bool:
    """Whether what was heard repeats itself or was guessed."""
    guessed = mean_log_probability(heard.words) < LEAST_MEAN_LOG_PROBABILITY
    return guessed or loop_ratio(heard.words) > LOOP_RATIO


def _doubt(heard: Heard) -> tuple[bool, float]:
    return loop_ratio(heard.words) > LOOP_RATIO, -mean_log_probability(heard.words)


def loop_ratio(words: Sequence[Word]) -> float:
    """How many times smaller zlib makes the text; 0 for no text."""
    text = join_words(words).encode()
    return len(text) / len(zlib.compress(text)) if text else 0.0


def mean_log_probability(words: Sequence[Word]) -> float:
    """Mean natural logarithm of the words' probabilities; 0 for no words."""
    return sum(log(max(word.probability, 1e-10)) for word in words) / len(words) if words else 0.0


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
