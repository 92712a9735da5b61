"""Stage 7: from chunk results and the transcript to Coverage: what became of every second of speech."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from transcribe.episode import (
    ChunkResult,
    Chunks,
    Coverage,
    SpeechSpan,
    SpeechSpans,
    Spot,
    Transcript,
    Word,
    join_words,
)

LOW_PROBABILITY = 0.4
"""A run of words under this is listed: about the least certain twentieth of correct words (base)."""

SHORTEST_RUN = 3
"""Single words of low probability are everywhere, and mostly right."""

LONGEST_SPOT_TEXT = 80


def check(
    speech: SpeechSpans, chunks: Chunks, results: Iterable[ChunkResult], transcript: Transcript
) -> Coverage:
    """Account for the detected speech: transcribed, decoded again, suspect or missing.

    Args:
        speech: Where somebody speaks.
        chunks: The plan.
        results: One for each chunk.
        transcript: What they were stitched into.
    """
    spots = [spot for result in results for spot in result.spots]
    missing = [SpeechSpan(spot.start_ms, spot.end_ms) for spot in spots if spot.kind == "missing"]
    spots += [*seams(speech, chunks), *uncertain(transcript.words)]
    return Coverage(
        speech_ms=speech.duration_ms,
        missing_ms=overlap_ms(speech.spans, missing),
        spots=tuple(sorted(spots, key=lambda spot: (spot.start_ms, spot.end_ms, spot.kind))),
    )


def seams(speech: SpeechSpans, chunks: Chunks) -> Iterator[Spot]:
    """Where a window ends in the middle of speech, because nobody paused for half a minute."""
    for chunk in chunks.chunks[1:]:
        cut_ms = chunk.keeps.start_ms if chunk.keeps else chunk.start_ms
        if any(span.start_ms < cut_ms < span.end_ms for span in speech.spans):
            yield Spot(cut_ms, cut_ms, "seam", "nobody paused, so speech was cut here")


def uncertain(words: Iterable[Word]) -> Iterator[Spot]:
    """Runs of words of low probability."""
    run: list[Word] = []
    for word in words:
        if word.probability < LOW_PROBABILITY:
            run.append(word)
            continue
        yield from _run(run)
        run = []
    yield from _run(run)


def _run(words: list[Word]) -> Iterator[Spot]:
    if len(words) >= SHORTEST_RUN:
        text = join_words(words)
        shown = text if len(text) <= LONGEST_SPOT_TEXT else text[: LONGEST_SPOT_TEXT - 1] + "…"
        yield Spot(words[0].start_ms, words[-1].end_ms, "uncertain", f"words of low probability: {shown}")


def overlap_ms(spans: Iterable[SpeechSpan], others: Iterable[SpeechSpan]) -> int:
    """How much of the spans lies in any of the others, in ms."""
    merged: list[SpeechSpan] = []
    for other in sorted(others, key=lambda each: each.start_ms):
        if merged and other.start_ms <= merged[-1].end_ms:
            merged[-1] = SpeechSpan(merged[-1].start_ms, max(merged[-1].end_ms, other.end_ms))
        else:
            merged.append(other)
    return sum(
        max(0, min(span.end_ms, other.end_ms) - max(span.start_ms, other.start_ms))
        for span in spans
        for other in merged
    )
