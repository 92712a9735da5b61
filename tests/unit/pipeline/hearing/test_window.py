"""Where things lie in a window."""

from __future__ import annotations

from transcribe.core.episode import Segment, Word
from transcribe.core.hearing import Chunk
from transcribe.core.recording import SpeechSpan
from transcribe.pipeline.hearing.window import kept_part

PIECES = (SpeechSpan(9_500, 20_500),)
CUT_AT_BOTH_ENDS = Chunk(3, PIECES, keeps=SpeechSpan(10_000, 20_000))


def kept(chunk: Chunk, *times: tuple[int, int]) -> list[tuple[int, int]]:
    words = tuple(Word(start, end, "word", 0.9) for start, end in times)
    part = kept_part(Segment(words[0].start_ms, words[-1].end_ms, words, chunk.index), chunk)
    return [(word.start_ms, word.end_ms) for word in part.words] if part else []


def test_a_word_at_a_cut_belongs_to_the_side_of_its_middle() -> None:
    times = [(9_500, 10_400), (9_900, 10_200), (19_500, 20_400), (19_800, 20_400)]
    assert kept(CUT_AT_BOTH_ENDS, *times) == [(9_900, 10_200), (19_500, 20_400)]


def test_nothing_is_left_of_words_that_are_all_somebody_else_s() -> None:
    assert kept(CUT_AT_BOTH_ENDS, (9_500, 9_900)) == []


def test_an_end_without_a_cut_keeps_its_words() -> None:
    assert kept(Chunk(3, PIECES, keeps=SpeechSpan(9_500, 20_000)), (9_300, 9_500)) == [(9_300, 9_500)]
    assert kept(Chunk(3, PIECES, keeps=SpeechSpan(10_000, 20_500)), (20_500, 21_000)) == [(20_500, 21_000)]
