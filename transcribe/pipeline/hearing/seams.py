"""Where speech had to be cut: two windows hear the same moment, and every word of it belongs to one of them.

Both windows reach over the cut (`plan.OVERLAP_MS`). Where they agree on words near it, the transcript goes
over from one to the other there. Where they do not, a word belongs to the side on which its middle lies.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

from transcribe.core.episode import Segment, Word
from transcribe.core.hearing import Chunk, ChunkResult
from transcribe.pipeline.hearing.doubt import bare
from transcribe.pipeline.hearing.repeats import shared

REACH_MS = 2_000
"""Words this near to a cut are compared: the overlap, and what their times may be wrong by."""

NEAR_MS = 700
"""Words that both windows heard are one word only if their middles are no further apart."""

LEAST_DOUBLED = 2
"""Single words are compared by their times (`stitch.is_same`): people do say a word twice."""


def at_seams(chunks: Sequence[Chunk], results: Sequence[ChunkResult]) -> list[tuple[Segment, ...]]:
    """The segments of each chunk, without the words that the chunk before or after it has."""
    segments = [result.segments for result in results]
    for index in range(1, len(chunks)):
        keeps = chunks[index].keeps
        if keeps is None or keeps.start_ms == chunks[index].start_ms:
            continue
        before, after = words_of(segments[index - 1]), words_of(segments[index])
        first, last = go_over(before, after, keeps.start_ms)
        last += doubled(before[:first], after[last:], keeps.start_ms)
        segments[index - 1] = tuple(words_between(segments[index - 1], 0, first))
        segments[index] = tuple(words_between(segments[index], last, len(after)))
    return segments


def doubled(before: Sequence[Word], after: Sequence[Word], cut_ms: int) -> int:
    """How many words after a cut stand before it already, though their times say otherwise."""
    tail = [word for word in before if middle(word) >= cut_ms - REACH_MS]
    head = [word for word in after if middle(word) <= cut_ms + REACH_MS]
    count = shared(tail, head)
    return count if count >= LEAST_DOUBLED else 0


def words_of(segments: Sequence[Segment]) -> list[Word]:
    """Every word of some segments."""
    return [word for segment in segments for word in segment.words]


def words_between(segments: Sequence[Segment], first: int, last: int) -> Iterator[Segment]:
    """The segments with only their words from number `first` to before `last`, counted through."""
    position = 0
    for segment in segments:
        words = segment.words[max(0, first - position) : max(0, last - position)]
        position += len(segment.words)
        if words:
            yield segment.of(words)


def go_over(before: Sequence[Word], after: Sequence[Word], cut_ms: int) -> tuple[int, int]:
    """How many words stay of the window before a cut, and how many go of the one after it."""
    first = next((i for i, word in enumerate(before) if middle(word) >= cut_ms - REACH_MS), len(before))
    last = next((i for i, word in enumerate(after) if middle(word) > cut_ms + REACH_MS), len(after))
    tail, head = before[first:], after[:last]
    agreed = [
        match
        for match in SequenceMatcher(None, _texts(tail), _texts(head), autojunk=False).get_matching_blocks()
        if match.size and abs(middle(tail[match.a]) - middle(head[match.b])) <= NEAR_MS
    ]
    if agreed:
        best = max(agreed, key=lambda match: (match.size, -abs(middle(tail[match.a]) - cut_ms)))
        return first + best.a + best.size, best.b + best.size
    return by_their_middles(before, after, cut_ms)


def by_their_middles(before: Sequence[Word], after: Sequence[Word], cut_ms: int) -> tuple[int, int]:
    """The same, by the midpoint rule; what only one window heard is nobody else's, and stays."""
    stay = sum(middle(word) < cut_ms for word in before)
    go = sum(middle(word) < cut_ms for word in after)
    while stay < len(before) and (go == len(after) or before[stay].end_ms <= after[go].start_ms):
        stay += 1
    while go and (not stay or after[go - 1].start_ms >= before[stay - 1].end_ms):
        go -= 1
    return stay, go


def middle(word: Word) -> float:
    """The middle of a word, in ms."""
    return (word.start_ms + word.end_ms) / 2


def _texts(words: Sequence[Word]) -> list[str]:
    return [bare(word.text) for word in words]
