"""Stage 4: from SpeechSpans to Chunks: windows as long as the recogniser likes them, cut where nobody speaks.

A Whisper window costs the same whether it is full or not, so the plan has as few windows as
possible; among those plans it takes the one that cuts at the longest pauses and fills evenly.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Set
from dataclasses import replace
from itertools import chain, groupby

import numpy as np
from numpy.typing import NDArray

from transcribe.core.hearing import Chunk, Chunks, Languages
from transcribe.core.recording import SAMPLES_PER_MS, SpeechSpan, SpeechSpans
from transcribe.core.settings import PlanSettings
from transcribe.core.waveform import Waveform

HOP_MS = 20
DIP_MS = 300
"""Energy is averaged over this long, so that a pause between phrases beats the stop of a consonant."""

OVERLAP_MS = 1_000
"""How far a window reaches over a cut in speech: both sides hear two or three whole words of each other's,
since a decoder leaves out or misses the word that a window begins or ends with."""

LEAST_PART_MS = 2000
"""Over-long speech is not cut so that less than this is left."""

LONG_PAUSE_MS = 2000
"""A cut at a pause as long as this, or longer, is as good as a cut can be."""

Cost = tuple[int, float]
"""Number of windows, then how bad the cuts and the filling are."""


def plan(
    speech: SpeechSpans, waveform: Waveform, settings: PlanSettings, languages: Languages | None = None
) -> Chunks:
    """Pack every span of speech into exactly one window of at most `max_chunk_ms`.

    Pauses up to `max_pause_ms` inside a window stay whole; of longer ones, half of that stays on each
    side, so that a window is full of speech and sounds natural.

    Args:
        languages: Where which language is spoken, if there are several: no window has two of them.

    Raises:
        EngineError: The samples cannot be read.
    """
    runs = languages.runs if languages else ()
    borders = [run.start_ms for run in runs[1:]]
    parts = [
        [
            part
            for whole in divided(span, borders)
            for part in split_span(whole, waveform, settings.max_chunk_ms)
        ]
        for span in speech.spans
    ]
    cuts = {after.start_ms for span in parts for after in span[1:]}

    def language_of(part: SpeechSpan) -> str:
        return next((run.code for run in reversed(runs) if run.start_ms <= part.start_ms), "")

    chunks = (
        Chunk(0, lay_out(window, settings.max_pause_ms), language=code)
        for code, spans in groupby(chain.from_iterable(parts), language_of)
        for window in pack(list(spans), settings)
    )
    return Chunks(tuple(replace(overlapped(c, cuts), index=index) for index, c in enumerate(chunks)))


def divided(span: SpeechSpan, borders: Iterable[int]) -> Iterator[SpeechSpan]:
    """A span, cut at those of the times that lie in it."""
    for border in borders:
        if span.start_ms < border < span.end_ms:
            yield SpeechSpan(span.start_ms, border)
            span = SpeechSpan(border, span.end_ms)
    yield span


def overlapped(chunk: Chunk, cuts: Set[int]) -> Chunk:
    """Let a chunk hear beyond the cuts in speech at its ends, and keep the words of its own side.

    A word at the cut is then whole in both windows, and belongs to the one in which its middle lies.
    """
    before, after = chunk.start_ms in cuts, chunk.end_ms in cuts
    if not (before or after):
        return chunk
    pieces = list(chunk.pieces)
    if before:
        pieces[0] = replace(pieces[0], start_ms=pieces[0].start_ms - OVERLAP_MS)
    if after:
        pieces[-1] = replace(pieces[-1], end_ms=pieces[-1].end_ms + OVERLAP_MS)
    return replace(chunk, pieces=tuple(pieces), keeps=SpeechSpan(chunk.start_ms, chunk.end_ms))


def split_span(span: SpeechSpan, waveform: Waveform, max_ms: int) -> list[SpeechSpan]:
    """Cut a span longer than a window at its quietest points, each in the later half of a window."""
    parts: list[SpeechSpan] = []
    while span.duration_ms > max_ms:
        latest = min(max_ms, span.duration_ms - LEAST_PART_MS)
        earliest = min(max_ms // 2, latest - 2 * HOP_MS)
        cut_ms = quietest_ms(waveform, span.start_ms + earliest, span.start_ms + latest)
        parts.append(SpeechSpan(span.start_ms, cut_ms))
        span = SpeechSpan(cut_ms, span.end_ms)
    return [*parts, span]


def quietest_ms(waveform: Waveform, start_ms: int, end_ms: int) -> int:
    """The middle of the quietest stretch of about 300 ms between two times."""
    energy = _energy(waveform.read(start_ms, end_ms))
    width = min(DIP_MS // HOP_MS, len(energy))
    if not width:
        return (start_ms + end_ms) // 2
    smooth = np.convolve(energy, np.full(width, 1 / width), "valid")
    return start_ms + int(np.argmin(smooth)) * HOP_MS + width * HOP_MS // 2


def pack(spans: list[SpeechSpan], settings: PlanSettings) -> list[list[SpeechSpan]]:
    """Share spans out over windows, in order: dynamic programming over where the last window starts.

    Like the breaking of paragraphs into lines (Knuth and Plass 1981): the best plan for the first
    n spans is the best plan for some fewer, and one window with the rest.
    """
    best: list[tuple[Cost, int]] = [((0, 0.0), 0)]
    for end in range(1, len(spans) + 1):
        length_ms = 0
        options: list[tuple[Cost, int]] = []
        for start in range(end - 1, -1, -1):
            length_ms += spans[start].duration_ms
            if start < end - 1:
                length_ms += min(_pause(spans, start + 1), settings.max_pause_ms)
            if length_ms > settings.max_chunk_ms:
                break
            (windows, badness), _ = best[start]
            emptiness = 1 - length_ms / settings.max_chunk_ms
            options.append(((windows + 1, badness + emptiness**2 + _cut_badness(spans, start)), start))
        best.append(min(options))
    packed: list[list[SpeechSpan]] = []
    end = len(spans)
    while end:
        start = best[end][1]
        packed.append(spans[start:end])
        end = start
    return packed[::-1]


def lay_out(spans: list[SpeechSpan], max_pause_ms: int) -> tuple[SpeechSpan, ...]:
    """Spans of one window as pieces: short pauses become part of a piece, long ones are shortened."""
    pieces = [spans[0]]
    for span in spans[1:]:
        last = pieces[-1]
        pause_ms = span.start_ms - last.end_ms
        if pause_ms <= max_pause_ms:
            pieces[-1] = SpeechSpan(last.start_ms, span.end_ms)
        else:
            before_ms = max_pause_ms // 2
            pieces[-1] = SpeechSpan(last.start_ms, last.end_ms + before_ms)
            pieces.append(SpeechSpan(span.start_ms - (max_pause_ms - before_ms), span.end_ms))
    return tuple(pieces)


def _energy(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """Mean square of each hop of 20 ms."""
    hop = HOP_MS * SAMPLES_PER_MS
    whole = samples[: len(samples) // hop * hop].reshape(-1, hop)
    energy: NDArray[np.float32] = (whole**2).mean(axis=1)
    return energy


def _pause(spans: list[SpeechSpan], index: int) -> int:
    """Length of the pause before a span, in ms."""
    return spans[index].start_ms - spans[index - 1].end_ms


def _cut_badness(spans: list[SpeechSpan], start: int) -> float:
    """From 1, within speech, to 0, at a long pause or the recording's beginning."""
    return 1 - min(_pause(spans, start), LONG_PAUSE_MS) / LONG_PAUSE_MS if start else 0.0
