"""Where topics begin: gaps between sentences over which few words are shared.

TextTiling (Hearst 1997, "TextTiling: segmenting text into multi-paragraph subtopic passages") with
blocks measured in time, because a chapter is something people listen to.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from transcribe.notes.terms import Terms
from transcribe.notes.writer import Sentence

SHORTEST_MS = 60_000
"""No chapter is shorter; players list chapters, and nobody skips by less."""

USUAL_MS = 5 * 60_000
"""Show notes have a line for every three to five minutes; this one splits at a clear shift."""

LONGEST_MS = 8 * 60_000
"""A longer chapter is split at its best gap, however faint the shift."""

ONE_CHAPTER_MS = 4 * 60_000
"""A shorter recording is one chapter."""

BLOCK_MS = 75_000
"""How much speech before a gap is compared with how much after it; about 200 words."""

CLEAR = 0.5
"""Standard deviations above the mean from which a gap is clear (Hearst uses a cut-off of this kind)."""


@dataclass(frozen=True)
class _Gap:
    """Before sentence `first`; `depth` tells how far the cohesion falls there."""

    first: int
    start_ms: int
    depth: float


def topics_of(sentences: Sequence[Sentence], language: str, duration_ms: int) -> tuple[int, ...]:
    """The first sentence of each topic, ascending positions; the first is 0.

    A topic never begins inside a segment. Empty where nothing was said.
    """
    if not sentences:
        return ()
    gaps = _gaps(sentences, language) if duration_ms >= ONE_CHAPTER_MS else []
    chosen = _clear_ones(gaps, duration_ms)
    chosen = _split_long_ones(gaps, chosen, duration_ms)
    return (0, *(gap.first for gap in sorted(chosen, key=lambda gap: gap.first)))


def _clear_ones(gaps: list[_Gap], duration_ms: int) -> list[_Gap]:
    if not gaps:
        return []
    mean = sum(gap.depth for gap in gaps) / len(gaps)
    spread = math.sqrt(sum((gap.depth - mean) ** 2 for gap in gaps) / len(gaps))
    chosen: list[_Gap] = []
    for gap in sorted(gaps, key=lambda gap: (-gap.depth, gap.first)):
        if gap.depth < mean + CLEAR * spread or len(chosen) + 1 >= duration_ms / USUAL_MS:
            break
        if _fits(gap, chosen, duration_ms):
            chosen.append(gap)
    return chosen


def _fits(gap: _Gap, chosen: Sequence[_Gap], duration_ms: int) -> bool:
    edges = [0, duration_ms, *(other.start_ms for other in chosen)]
    return all(abs(gap.start_ms - edge) >= SHORTEST_MS for edge in edges)


def _split_long_ones(gaps: list[_Gap], chosen: list[_Gap], duration_ms: int) -> list[_Gap]:
    edges = [0, *sorted(gap.start_ms for gap in chosen), duration_ms]
    waiting = list(pairwise(edges))
    chosen = list(chosen)
    while waiting:
        start, end = waiting.pop()
        if end - start <= LONGEST_MS:
            continue
        inside = [gap for gap in gaps if start + SHORTEST_MS <= gap.start_ms <= end - SHORTEST_MS]
        if inside:
            best = max(inside, key=lambda gap: (gap.depth - _off_centre(gap, start, end), -gap.first))
            chosen.append(best)
            waiting += [(start, best.start_ms), (best.start_ms, end)]
    return chosen


def _off_centre(gap: _Gap, start: int, end: int) -> float:
    """A little against chapters of a minute beside chapters of eight, where no shift is clear."""
    return 0.2 * abs(2 * (gap.start_ms - start) / (end - start) - 1)


def _gaps(sentences: Sequence[Sentence], language: str) -> list[_Gap]:
    terms = Terms(language)
    contents = [Counter(terms.of(sentence.text)) for sentence in sentences]
    rarity = _rarity(contents)
    places = [index for index in range(1, len(sentences)) if begins_segment(sentences, index)]
    cohesion = _cohesion(sentences, contents, rarity, places)
    depths = _depths(cohesion)
    return [
        _Gap(place, sentences[place].start_ms, depth + _bonus(sentences, place))
        for place, depth in zip(places, depths, strict=True)
    ]


def begins_segment(sentences: Sequence[Sentence], index: int) -> bool:
    """Whether a sentence begins where its first segment begins."""
    return index == 0 or sentences[index].segments[0] != sentences[index - 1].segments[-1]


def _bonus(sentences: Sequence[Sentence], place: int) -> float:
    """Topics change after a pause, and where somebody else begins, more often than elsewhere."""
    pause = sentences[place].start_ms - sentences[place - 1].end_ms
    turn = sentences[place].speaker != sentences[place - 1].speaker
    return 0.05 * min(pause, 3000) / 1000 + 0.05 * turn


def _rarity(contents: Sequence[Counter[str]]) -> dict[str, float]:
    seen = Counter(term for content in contents for term in content)
    return {term: math.log(1 + len(contents) / count) for term, count in seen.items()}


def _cohesion(
    sentences: Sequence[Sentence],
    contents: Sequence[Counter[str]],
    rarity: dict[str, float],
    places: Sequence[int],
) -> list[float]:
    """Cosine of the words before and after each place; both blocks move along with it."""
    left, right = _Block(contents, rarity), _Block(contents, rarity)
    values = []
    for place in places:
        at = sentences[place].start_ms
        left.move_to(_first_after(sentences, at - BLOCK_MS, left.start), place)
        right.move_to(place, _first_after(sentences, at + BLOCK_MS, max(right.end, place)))
        values.append(left.cosine(right))
    return values


def _first_after(sentences: Sequence[Sentence], at_ms: int, index: int) -> int:
    while index < len(sentences) and sentences[index].start_ms < at_ms:
        index += 1
    return index


class _Block:
    """The words of a stretch of sentences, kept up to date while its ends move on."""

    def __init__(self, contents: Sequence[Counter[str]], rarity: dict[str, float]) -> None:
        self._contents, self._rarity = contents, rarity
        self.start = self.end = 0
        self._counts: Counter[str] = Counter()

    def move_to(self, start: int, end: int) -> None:
        for index in range(self.end, end):
            self._counts.update(self._contents[index])
        for index in range(self.start, start):
            self._counts.subtract(self._contents[index])
        self.start, self.end = start, end
        self._counts = +self._counts

    def cosine(self, other: _Block) -> float:
        mine, theirs = self._weights(), other._weights()
        dot = sum(weight * theirs.get(term, 0.0) for term, weight in mine.items())
        length = math.hypot(*mine.values()) * math.hypot(*theirs.values())
        return dot / length if length else 0.0

    def _weights(self) -> dict[str, float]:
        return {term: (1 + math.log(count)) * self._rarity[term] for term, count in self._counts.items()}


def _depths(cohesion: Sequence[float]) -> list[float]:
    """How far the cohesion falls below the nearest peak on each side (Hearst 1997, section 5.3)."""
    smooth = [
        sum(cohesion[max(0, index - 1) : index + 2]) / len(cohesion[max(0, index - 1) : index + 2])
        for index in range(len(cohesion))
    ]
    before = _peaks(smooth)
    after = _peaks(smooth[::-1])[::-1]
    return [left + right - 2 * here for left, right, here in zip(before, after, smooth, strict=True)]


def _peaks(values: Sequence[float]) -> list[float]:
    """For each value the height reached by climbing backwards from it."""
    peaks: list[float] = []
    for index, value in enumerate(values):
        climbs = index > 0 and values[index - 1] >= value
        peaks.append(peaks[-1] if climbs else value)
    return peaks
