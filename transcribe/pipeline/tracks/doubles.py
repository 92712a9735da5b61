"""Words that were heard on two microphones, told apart from two people who say the same word.

Cutting out bleed before recognition leaves little to do here: words at the edges of what was cut, and those
where an own voice and the bleed of another one lie close together.
"""

from __future__ import annotations

import bisect
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from transcribe.core.episode import Segment, Word
from transcribe.core.recording import SpeechSpan
from transcribe.pipeline.hearing.doubt import bare

NEAR_MS = 300
"""Times of words are a recogniser's estimate: whisper.cpp's alignment is off by up to this much."""

ALIKE = 75.0
"""`rapidfuzz.fuzz.ratio` from which two words may be one, heard twice: bleed is misheard more often. Two
unrelated words of six letters reach about 40."""

SHORT = 3
"""Words of so few letters have to be equal: at 75 of 100, `tak` would be `jak`."""

OWN_SHARE = 0.5
"""A word belongs to a track if the track's own voice stands out in half of it."""


@dataclass(frozen=True)
class Spoken:
    """What was recognised on one track, on the common timeline.

    Attributes:
        segments: In order.
        voice: Where the track's own voice stands out; None where it has no bleed.
    """

    segments: tuple[Segment, ...]
    voice: tuple[SpeechSpan, ...] | None


def undoubled(tracks: Sequence[Spoken]) -> list[tuple[Segment, ...]]:
    """The segments of each track without the words of another one's speaker; the louder track's stay."""
    heard = [(_Timeline(track.segments), _Voice(track.voice)) for track in tracks]
    return [
        tuple(_undoubled(track.segments, heard[here][1], [*heard[:here], *heard[here + 1 :]]))
        for here, track in enumerate(tracks)
    ]


class _Voice:
    """Where an own voice stands out."""

    def __init__(self, spans: tuple[SpeechSpan, ...] | None) -> None:
        self.everywhere = spans is None
        self._spans = spans or ()
        self._ends = [span.end_ms for span in self._spans]

    def share(self, start_ms: int, end_ms: int) -> float:
        """How much of a stretch is in it, 0 to 1."""
        if self.everywhere:
            return 1.0
        length, inside = max(1, end_ms - start_ms), 0
        for span in self._spans[bisect.bisect_right(self._ends, start_ms) :]:
            if span.start_ms >= end_ms:
                break
            inside += min(end_ms, span.end_ms) - max(start_ms, span.start_ms)
        return inside / length


class _Timeline:
    """Words that can be found by time."""

    def __init__(self, segments: Iterable[Segment]) -> None:
        self._words = [word for segment in segments for word in segment.words]
        self._starts = [word.start_ms for word in self._words]
        self._longest = max((word.end_ms - word.start_ms for word in self._words), default=0)

    def near(self, word: Word, ms: int) -> list[Word]:
        """Those that lie within so much of a word."""
        first = bisect.bisect_left(self._starts, word.start_ms - ms - self._longest)
        last = bisect.bisect_right(self._starts, word.end_ms + ms)
        return [each for each in self._words[first:last] if each.end_ms >= word.start_ms - ms]


def _undoubled(
    segments: Iterable[Segment], voice: _Voice, others: Sequence[tuple[_Timeline, _Voice]]
) -> Iterator[Segment]:
    for segment in segments:
        words = [
            word
            for word in segment.words
            if voice.everywhere or not (_is_strange(word, voice, others) or _is_doubled(word, voice, others))
        ]
        if words:
            yield segment.of(words) if len(words) < len(segment.words) else segment


def _is_strange(word: Word, voice: _Voice, others: Sequence[tuple[_Timeline, _Voice]]) -> bool:
    """Whether nobody speaks into this microphone around a word, but somebody into another one."""
    if voice.share(word.start_ms - NEAR_MS, word.end_ms + NEAR_MS) > 0:
        return False
    return any(timeline.near(word, 0) for timeline, _ in others)


def _is_doubled(word: Word, voice: _Voice, others: Sequence[tuple[_Timeline, _Voice]]) -> bool:
    share = voice.share(word.start_ms, word.end_ms)
    if share >= OWN_SHARE:
        return False
    return any(
        _alike(word, other) and theirs.share(other.start_ms, other.end_ms) > share
        for timeline, theirs in others
        for other in timeline.near(word, NEAR_MS)
    )


def _alike(one: Word, other: Word) -> bool:
    from rapidfuzz import fuzz

    left, right = bare(one.text), bare(other.text)
    if min(len(left), len(right)) <= SHORT:
        return left == right
    return fuzz.ratio(left, right) >= ALIKE
