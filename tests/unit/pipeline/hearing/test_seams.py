"""Where two windows heard the same moment."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from transcribe.core.episode import Segment, Word, join_words
from transcribe.core.hearing import Chunk, ChunkResult
from transcribe.core.recording import SpeechSpan
from transcribe.pipeline.hearing.seams import at_seams, by_their_middles, go_over

CUT_MS = 10_000


def spoken(text: str, start_ms: int, each_ms: int = 300) -> tuple[Word, ...]:
    """Words of the same length, one after the other."""
    return tuple(
        Word(start_ms + i * each_ms, start_ms + (i + 1) * each_ms, word, 0.9)
        for i, word in enumerate(text.split())
    )


def joined(before: tuple[Word, ...], after: tuple[Word, ...]) -> str:
    stay, go = go_over(before, after, CUT_MS)
    return join_words((*before[:stay], *after[go:]))


def test_the_transcript_goes_over_where_both_agree() -> None:
    before = spoken("a very similar process produced", 8_900)
    after = spoken("process produced the block books", 9_800)
    assert joined(before, after) == "a very similar process produced the block books"


def test_a_part_of_a_word_at_an_edge_does_not_come_in() -> None:
    before = spoken("similar process produced the blo", 8_900)
    after = spoken("sess produced the block books", 9_200)
    assert joined(before, after) == "similar process produced the block books"


def test_the_same_word_said_twice_is_not_one_word() -> None:
    before = spoken("no", 8_500)
    after = spoken("no it is not", 10_100)
    assert joined(before, after) == "no no it is not"


def test_without_agreement_the_middle_decides() -> None:
    before = spoken("we met Ala at", 9_000)
    after = spoken("Allah hat the door", 9_650)
    assert joined(before, after) == "we met Ala hat the door"


def test_a_word_that_each_side_gives_to_the_other_stays() -> None:
    before = (*spoken("dialing digits", 9_000), Word(10_050, 10_200, "if", 0.9))
    after = spoken("you are", 10_300)
    assert joined(before, after) == "dialing digits if you are"
    assert joined(spoken("dialing digits", 8_900), spoken("if you are", 9_750)) == "dialing digits if you are"


@given(
    st.lists(st.integers(8_000, 12_000), max_size=6),
    st.lists(st.integers(8_000, 12_000), max_size=6),
)
def test_words_of_the_two_sides_are_in_order(before: list[int], after: list[int]) -> None:
    first = [Word(start, start + 100, f"a{start}", 0.9) for start in sorted(before)]
    second = [Word(start, start + 100, f"b{start}", 0.9) for start in sorted(after)]
    stay, go = by_their_middles(first, second, CUT_MS)
    middles = [word.start_ms for word in (*first[:stay], *second[go:])]
    assert middles == sorted(middles) or not (first[:stay] and second[go:])


def test_only_chunks_that_were_cut_are_compared() -> None:
    words = spoken("one two", 9_000)
    segments = (Segment(9_000, 9_600, words, 0),)
    pieces = (SpeechSpan(0, 20_000),)
    chunks = [Chunk(0, pieces), Chunk(1, pieces)]
    results = [ChunkResult(0, "en", segments), ChunkResult(1, "en", segments)]
    assert at_seams(chunks, results) == [segments, segments]
