"""From chunk results to one transcript: one timeline, nothing doubled, nothing overlapping."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from transcribe.episode import ChunkResult, Language, Segment, Transcript, Word


def stitch(language: Language | None, results: Iterable[ChunkResult]) -> Transcript:
    """Lay the chunks' segments end to end.

    Chunks do not overlap, so no text is doubled; word times are only moved where an engine's
    estimate runs into the word before. Pauses between words stay as they are.

    Args:
        language: The recording's language.
        results: One for each chunk, in the plan's order.
    """
    segments: list[Segment] = []
    clock_ms = 0
    for result in results:
        for segment in result.segments:
            words = tuple(_not_before(clock_ms, segment.words))
            clock_ms = words[-1].end_ms
            segments.append(
                replace(segment, start_ms=words[0].start_ms, end_ms=words[-1].end_ms, words=words)
            )
    return Transcript(language, tuple(segments))


def _not_before(clock_ms: int, words: Iterable[Word]) -> Iterable[Word]:
    for word in words:
        start = max(clock_ms, word.start_ms)
        clock_ms = max(start, word.end_ms)
        yield replace(word, start_ms=start, end_ms=clock_ms)
