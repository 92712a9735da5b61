"""Stage 7: from ChunkResults and Transcript to Coverage: what became of every second of speech."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from math import log

from transcribe.core.episode import Coverage, Spot, Transcript, Word
from transcribe.core.hearing import ChunkResult, Chunks
from transcribe.core.recording import SpeechSpan, SpeechSpans, joined
from transcribe.core.sequences import parted
from transcribe.pipeline.hearing.doubt import mean_log_probability

Stretch = SpeechSpan | Spot

LOW_PROBABILITY = 0.5
PASSAGE = 6
"""So many words in a row are listed when the geometric mean of their probabilities is lower. Single
words of low probability are everywhere, and mostly right. Measured with base: nowhere in two minutes of
clear Polish with a mistake in every seventh word, over half of a minute of radio nobody understands.
"""

SHORTEST_PASSAGE = 3
LEAST_LETTERS = 6
"""Fewer words between two pauses say little, and scripts without spaces count a character as a word."""

LONGEST_GAP_MS = 2_000
"""Words further apart are no passage."""

LEAST_MISSING_MS = 500
"""Less speech without words is not listed: the detector adds 200 ms to each end of what it finds."""

NOT_DETECTED = "the speech detector failed here: all of it was taken for speech, so words may be invented"

SEAM_MS = 100
"""A cut in speech is listed where words come this near on both sides: elsewhere it fell into a pause."""


def check(
    speech: SpeechSpans,
    chunks: Chunks,
    results: Iterable[ChunkResult],
    transcript: Transcript,
    unheard: Sequence[Spot] = (),
    assumed: Sequence[SpeechSpan] = (),
    faults: tuple[str, ...] = (),
) -> Coverage:
    """Account for the detected speech: transcribed, decoded again, suspect or missing.

    Args:
        unheard: Where no speech was detected although it sounds like speech; counted as missing.
        assumed: Where everything was taken for speech, because the detector failed; suspect.
    """
    found = (spot for result in results for spot in result.spots)
    heard = [spot for spot in found if spot.kind != "missing" or is_speech(spot, speech)]
    suspect = [spot for spot in heard if spot.kind == "suspect"]
    runs = (run for run in uncertain(transcript.words) if not overlap_ms([run], suspect))
    undetected = [Spot(each.start_ms, each.end_ms, "suspect", NOT_DETECTED) for each in assumed]
    spots = [*heard, *seams(speech, chunks, transcript.words), *runs, *unheard, *undetected]
    missing_ms, suspect_ms, redecoded_ms = accounted_ms(speech, [*heard, *undetected])
    unheard_ms = sum(each.end_ms - each.start_ms for each in unheard)
    return Coverage(
        speech_ms=speech.duration_ms + unheard_ms,
        missing_ms=missing_ms + unheard_ms,
        suspect_ms=suspect_ms,
        redecoded_ms=redecoded_ms,
        spots=tuple(sorted(spots, key=lambda spot: (spot.start_ms, spot.end_ms, spot.kind))),
        faults=faults,
    )


def is_speech(spot: Spot, speech: SpeechSpans) -> bool:
    """Whether there is enough speech in a spot, and not only the pause around it."""
    return overlap_ms(speech.spans, [spot]) >= min(LEAST_MISSING_MS, spot.end_ms - spot.start_ms)


def accounted_ms(speech: SpeechSpans, spots: Sequence[Spot]) -> tuple[int, int, int]:
    """How much of the speech is missing, suspect and decoded again; the worse one counts."""
    kinds: list[str] = []
    sums = [0]
    for kind in ("missing", "suspect", "redecoded"):
        kinds.append(kind)
        sums.append(overlap_ms(speech.spans, [spot for spot in spots if spot.kind in kinds]))
    return sums[1], sums[2] - sums[1], sums[3] - sums[2]


def seams(speech: SpeechSpans, chunks: Chunks, words: Sequence[Word]) -> Iterator[Spot]:
    """Where a window ends in the middle of speech, because nobody paused for half a minute."""
    for chunk in chunks.chunks[1:]:
        cut_ms = chunk.keeps.start_ms if chunk.keeps else chunk.start_ms
        in_speech = any(span.start_ms < cut_ms < span.end_ms for span in speech.spans)
        if in_speech and is_between_words(cut_ms, words):
            yield Spot(cut_ms, cut_ms, "seam", "nobody paused, so speech was cut here")


def is_between_words(cut_ms: int, words: Sequence[Word]) -> bool:
    """Whether words come near a cut on both sides of it, or one lies across it."""
    before = any(word.start_ms < cut_ms < word.end_ms + SEAM_MS for word in words)
    return before and any(word.start_ms - SEAM_MS < cut_ms < word.end_ms for word in words)


def uncertain(words: Sequence[Word]) -> Iterator[Spot]:
    """Passages of low probability, each as long as it stays low."""
    for part in parted(words, lambda before, after: after.start_ms - before.end_ms > LONGEST_GAP_MS):
        for start, end in low_runs(part):
            yield Spot(part[start].start_ms, part[end - 1].end_ms, "uncertain", "words of low probability")


def low_runs(words: Sequence[Word]) -> list[tuple[int, int]]:
    """First word, and the one after the last, of each run that passages of low probability make up."""
    size = min(PASSAGE, len(words))
    runs: list[tuple[int, int]] = []
    for start in range(len(words) - size + 1 if size >= SHORTEST_PASSAGE else 0):
        passage = words[start : start + size]
        letters = sum(len(word.text) for word in passage)
        if letters < LEAST_LETTERS or mean_log_probability(passage) >= log(LOW_PROBABILITY):
            continue
        first = runs.pop()[0] if runs and start <= runs[-1][1] else start
        runs.append((first, start + size))
    return runs


def overlap_ms(spans: Iterable[Stretch], others: Iterable[Stretch]) -> int:
    """How much of the spans lies in any of the others, in ms."""
    merged = joined(SpeechSpan(other.start_ms, other.end_ms) for other in others)
    return sum(
        max(0, min(span.end_ms, other.end_ms) - max(span.start_ms, other.start_ms))
        for span in spans
        for other in merged
    )
