"""Where things lie in a window: cutting it, its words on the recording's timeline, what it has no words for.

A window is a chunk's pieces laid end to end; its timeline starts at 0. Nothing here listens.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from transcribe.core.episode import Segment, Spot, Word
from transcribe.core.hearing import Chunk, Heard
from transcribe.core.recording import SAMPLES_PER_MS, SpeechSpan
from transcribe.core.sequences import parted

Window = NDArray[np.float32]

SHORTEST_HOLE_MS = 2_000
"""Speech for which there are no words is listened to again from this length on; each time costs
as much as ten seconds, because no less is encoded."""

LONGEST_WORD_MS = 700
MS_PER_CHARACTER = 120
"""A word takes at most the first plus the second for each of its characters; a decoder that skips
a sentence gives the sentence's time to the word before it."""


def quietest_sample(window: Window) -> int:
    """Where to cut a window in two: the quietest 100 ms of its middle half."""
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
    return Heard(before.segments + moved, tuple(dict.fromkeys(before.doubts + after.doubts)))


def kept_part(segment: Segment, chunk: Chunk) -> Segment | None:
    """The words of a segment that lie, by their middle, on this chunk's side of the cuts in speech."""
    words = tuple(word for word in segment.words if _is_kept(word, chunk))
    return segment.of(words) if words else None


def _is_kept(word: Word, chunk: Chunk) -> bool:
    """At an end without overlap everything is kept: nobody else hears it."""
    keeps, middle = chunk.keeps, (word.start_ms + word.end_ms) / 2
    if keeps is None:
        return True
    after_the_first_cut = keeps.start_ms == chunk.start_ms or keeps.start_ms <= middle
    return after_the_first_cut and (keeps.end_ms == chunk.end_ms or middle < keeps.end_ms)


def kept_spot(spot: Spot, chunk: Chunk) -> Spot | None:
    """The part of a spot that lies in the stretch a chunk keeps."""
    if chunk.keeps is None:
        return spot
    start_ms, end_ms = max(spot.start_ms, chunk.keeps.start_ms), min(spot.end_ms, chunk.keeps.end_ms)
    return replace(spot, start_ms=start_ms, end_ms=end_ms) if start_ms < end_ms else None


def split_at_holes(heard: Heard) -> list[tuple[Word, ...]]:
    """The segments, cut where speech was skipped; words that swallowed it get a plausible length."""
    plausible = ([_plausible(word) for word in segment] for segment in heard.segments)
    return [tuple(part) for words in plausible for part in parted(words, _is_hole)]


def _is_hole(before: Word, after: Word) -> bool:
    return after.start_ms - before.end_ms >= SHORTEST_HOLE_MS


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
    return replace(chunk, pieces=tuple(pieces), keeps=None)


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
