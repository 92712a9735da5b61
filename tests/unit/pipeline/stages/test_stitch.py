"""One timeline from many chunks."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transcribe.core.episode import Language, Segment, Transcript, Word
from transcribe.core.hearing import Chunk, ChunkResult, Chunks
from transcribe.core.recording import SpeechSpan
from transcribe.pipeline.stages.stitch import stitch

ENGLISH = Language("en", 1.0, detected=False)


def stitched(results: list[ChunkResult]) -> Transcript:
    """From chunks between which nobody spoke."""
    chunks = (Chunk(each.chunk, (SpeechSpan(0, 90_000),)) for each in results)
    return stitch(ENGLISH, Chunks(tuple(chunks)), results)


def segment(chunk: int, *times: tuple[int, int]) -> Segment:
    words = tuple(Word(start, end, f"w{chunk}-{index}", 0.5) for index, (start, end) in enumerate(times))
    return Segment(words[0].start_ms, words[-1].end_ms, words, chunk)


def test_pauses_stay_pauses() -> None:
    results = [
        ChunkResult(0, "en", (segment(0, (0, 400), (400, 900)),)),
        ChunkResult(1, "en", (segment(1, (60_000, 60_500)),)),
    ]
    transcript = stitched(results)
    assert [(s.start_ms, s.end_ms) for s in transcript.segments] == [(0, 900), (60_000, 60_500)]
    assert transcript.language == ENGLISH


def test_a_long_pause_ends_a_segment() -> None:
    words = ((0, 400), (5_400, 5_900), (7_205_900, 7_206_000), (7_206_000, 7_206_500))
    transcript = stitched([ChunkResult(0, "en", (segment(0, *words),))])
    assert [(s.start_ms, s.end_ms) for s in transcript.segments] == [(0, 5_900), (7_205_900, 7_206_500)]
    assert len(transcript.words) == 4


def test_nothing_said_is_an_empty_transcript() -> None:
    assert stitch(None, Chunks(()), []).segments == ()
    assert stitched([ChunkResult(0, "en", ())]).text == ""


@given(st.lists(st.lists(st.tuples(st.integers(0, 90_000), st.integers(0, 90_000)), min_size=1, max_size=8)))
def test_words_never_overlap_and_none_is_lost(times: list[list[tuple[int, int]]]) -> None:
    results = [
        ChunkResult(i, "en", (segment(i, *[(min(pair), max(pair)) for pair in pairs]),))
        for i, pairs in enumerate(times)
    ]
    words = stitched(results).words
    assert [word.text for word in words] == [
        word.text for r in results for s in r.segments for word in s.words
    ]
    clock = 0
    for word in words:
        assert clock <= word.start_ms <= word.end_ms
        clock = word.end_ms


def said(*results: tuple[tuple[int, int, str], ...]) -> list[str]:
    chunks = [
        ChunkResult(i, "en", (Segment(0, 0, tuple(Word(*word, 0.5) for word in words), i),))
        for i, words in enumerate(results)
    ]
    return [word.text for word in stitched(chunks).words]


def test_a_word_that_both_sides_of_a_cut_claim_stands_once() -> None:
    assert said(((0, 400, "wir"), (400, 900, "Gehen,")), ((500, 950, "gehen"), (950, 1200, "jetzt"))) == [
        "wir",
        "Gehen,",
        "jetzt",
    ]
    assert said(((0, 400, "ja"),), ((10, 390, "Ja."),)) == ["ja"]


def test_a_word_said_twice_stands_twice() -> None:
    assert said(((0, 400, "no"),), ((400, 800, "no"),)) == ["no", "no"]
    assert said(((0, 400, "no"),), ((300, 800, "no"),)) == ["no", "no"]
    assert said(((0, 400, "no"),), ((100, 400, "yes"),)) == ["no", "yes"]


def spoken(chunk: int, start_ms: int, text: str) -> Segment:
    words = tuple(
        Word(start_ms + 500 * i, start_ms + 500 * i + 400, word, 0.5) for i, word in enumerate(text.split())
    )
    return Segment(words[0].start_ms, words[-1].end_ms, words, chunk)


@pytest.mark.parametrize(
    ("before", "after", "text"),
    [
        ("of all their goods.", "and watch", "of all their goods and watch"),
        ("Ala ma kota.", "żółtego", "Ala ma kota żółtego"),
        ("It is over.", "And then", "It is over. And then"),
        ("Is it?", "he said", "Is it? he said"),
        ("wait...", "for me", "wait... for me"),
        ("am 3.", "oktober", "am 3. oktober"),
        ("Mr.", "smith", "Mr. smith"),
        ("其の一.", "其の二", "其の一. 其の二"),
    ],
)
def test_no_full_stop_inside_a_sentence_that_goes_on(before: str, after: str, text: str) -> None:
    results = [
        ChunkResult(0, "en", (spoken(0, 0, before),)),
        ChunkResult(1, "en", (spoken(1, 9_000, after),)),
    ]
    near = stitched([results[0], ChunkResult(1, "en", (spoken(1, 3_000, after),))])
    assert " ".join(word.text for word in near.words) == text
    assert " ".join(word.text for word in stitched(results).words) == f"{before} {after}"
    one = stitched([ChunkResult(0, "en", (spoken(0, 0, before), spoken(0, 3_000, after)))])
    assert " ".join(word.text for word in one.words) == text
