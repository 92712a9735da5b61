"""Stage 6: from ChunkResults to a Transcript: one timeline, nothing doubled, nothing overlapping."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from transcribe.core.episode import Language, Segment, Transcript, Word
from transcribe.core.hearing import ChunkResult, Chunks
from transcribe.core.sequences import parted
from transcribe.formats.breaks import is_abbreviation
from transcribe.pipeline.hearing.doubt import bare
from transcribe.pipeline.hearing.seams import at_seams

LONGEST_PAUSE_MS = 5000
"""No segment goes on after longer silence: a gap in the recording may last hours."""


def stitch(language: Language | None, chunks: Chunks, results: Sequence[ChunkResult]) -> Transcript:
    """Lay the chunks' segments end to end.

    Where speech had to be cut, two windows heard the same words, and each word is taken from one of
    them (`seams.py`). Word times are only moved where an engine's estimate runs into the word before.
    Pauses between words stay as they are; long ones end a segment.
    """
    segments: list[Segment] = []
    clock_ms = 0
    heard = undoubled(segment for part in at_seams(chunks.chunks, results) for segment in part)
    for segment in without_false_stops(heard):
        whole = tuple(_not_before(clock_ms, segment.words))
        clock_ms = whole[-1].end_ms
        segments += (segment.of(words) for words in parted(whole, _is_long_pause))
    return Transcript(language, tuple(segments))


def undoubled(segments: Iterable[Segment]) -> Iterator[Segment]:
    """The segments without a chunk's first word where it is the last word of the chunk before."""
    last: Segment | None = None
    for segment in segments:
        words = segment.words
        if last is not None and last.chunk != segment.chunk and is_same(last.words[-1], words[0]):
            words = words[1:]
        if words:
            last = replace(segment, words=words)
            yield last


def without_false_stops(segments: Iterable[Segment]) -> Iterator[Segment]:
    """The segments without the full stops that Whisper sets where a window or a time mark cuts a sentence.

    It hears nothing after that, and takes it for the end. The next segment's small letter tells otherwise.
    """
    last: Segment | None = None
    for segment in segments:
        if last is not None:
            yield _unstopped(last) if _goes_on(last.words[-1], segment.words[0]) else last
        last = segment
    if last is not None:
        yield last


def _goes_on(before: Word, after: Word) -> bool:
    text, stop = before.text[:-1], before.text[-1:]
    ends = stop == "." and text[-1:].isalpha() and not is_abbreviation(before.text)
    return ends and after.text[:1].islower() and not _is_long_pause(before, after)


def _unstopped(segment: Segment) -> Segment:
    *words, last = segment.words
    return segment.of((*words, replace(last, text=last.text[:-1])))


def is_same(before: Word, after: Word) -> bool:
    """Whether two windows tell of one spoken word: the same letters, at the same time for the most part."""
    shorter_ms = min(before.end_ms - before.start_ms, after.end_ms - after.start_ms)
    shared_ms = min(before.end_ms, after.end_ms) - max(before.start_ms, after.start_ms)
    return 0 < shorter_ms <= 2 * shared_ms and bare(before.text) == bare(after.text)


def _not_before(clock_ms: int, words: Iterable[Word]) -> Iterable[Word]:
    for word in words:
        start = max(clock_ms, word.start_ms)
        clock_ms = max(start, word.end_ms)
        yield replace(word, start_ms=start, end_ms=clock_ms)


def _is_long_pause(before: Word, after: Word) -> bool:
    return after.start_ms - before.end_ms > LONGEST_PAUSE_MS
