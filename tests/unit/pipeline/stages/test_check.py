"""Every second of speech is accounted for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transcribe.core.episode import Coverage, Segment, Spot, SpotKind, Transcript, Word
from transcribe.core.hearing import Chunk, ChunkResult, Chunks
from transcribe.core.recording import SpeechSpan, SpeechSpans
from transcribe.pipeline.stages.check import NOT_DETECTED, check, overlap_ms, seams, uncertain

SPEECH = SpeechSpans((SpeechSpan(1_000, 11_000), SpeechSpan(20_000, 30_000)))


def word(start_ms: int, end_ms: int, text: str = "word", probability: float = 0.9) -> Word:
    return Word(start_ms, end_ms, text, probability)


def spot(start_ms: int, end_ms: int, kind: SpotKind = "missing") -> Spot:
    return Spot(start_ms, end_ms, kind, "why")


def coverage(*spots: Spot, words: tuple[Word, ...] = (), speech: SpeechSpans = SPEECH) -> Coverage:
    segments = (Segment(words[0].start_ms, words[-1].end_ms, words, 0),) if words else ()
    result = ChunkResult(0, "en", segments, spots)
    return check(speech, Chunks(()), [result], Transcript(None, segments))


def test_speech_that_was_simply_heard() -> None:
    assert coverage() == Coverage(20_000, 0, 0, 0, ())
    assert coverage().percent == 100
    assert coverage().summary() == "100 % of speech covered, nothing to check"


def test_what_was_taken_for_speech_has_to_be_checked() -> None:
    result = ChunkResult(0, "en", (), (spot(3_000, 5_000),))
    found = check(SPEECH, Chunks(()), [result], Transcript(None, ()), (), (SPEECH.spans[0],))
    assert (found.missing_ms, found.suspect_ms) == (2_000, 8_000)
    assert Spot(1_000, 11_000, "suspect", NOT_DETECTED) in found.to_check


def test_where_nothing_was_detected_nothing_is_covered() -> None:
    assert Coverage(0, 0, 0, 0, ()).summary() == "no speech was found, nothing to check"


@pytest.mark.parametrize(
    ("speech_ms", "missing_ms", "told"),
    [
        (1000, 0, "all detected speech has words, but A and B, nothing else to check"),
        (1000, 40, "96 % of the detected speech has words, but A and B, nothing else to check"),
        (0, 0, "no speech was detected, but A and B: speech may be there, nothing else to check"),
    ],
)
def test_what_is_wrong_with_the_sound_is_told(speech_ms: int, missing_ms: int, told: str) -> None:
    assert Coverage(speech_ms, missing_ms, 0, 0, (), ("A", "B")).summary() == told


def test_where_nobody_speaks_nothing_is_missing() -> None:
    empty = coverage(speech=SpeechSpans(()))
    assert (empty.percent, empty.to_check) == (100, ())


def test_only_speech_can_be_missing() -> None:
    found = coverage(spot(9_000, 21_000), spot(12_000, 19_000))
    assert (found.missing_ms, found.percent, len(found.spots)) == (3_000, 85, 1)


def test_a_pause_around_a_word_is_no_missing_speech() -> None:
    assert coverage(spot(10_600, 13_000)) == Coverage(20_000, 0, 0, 0, ())


def test_of_several_kinds_the_worst_counts_and_none_twice() -> None:
    found = coverage(
        spot(1_000, 11_000, "redecoded"),
        spot(1_000, 9_000, "suspect"),
        spot(2_000, 4_000),
        spot(3_000, 5_000),
    )
    assert (found.missing_ms, found.suspect_ms, found.redecoded_ms) == (3_000, 5_000, 2_000)
    assert len(found.to_check) == 3


def test_nearly_all_is_not_all() -> None:
    found = Coverage(1_000_000, 100, 0, 0, (spot(0, 100),))
    assert found.summary() == "99.9 % of speech covered, 1 spot to check"


def line(*probabilities: float, text: str = "words", step_ms: int = 500) -> list[Word]:
    return [word(i * step_ms, i * step_ms + 400, text, each) for i, each in enumerate(probabilities)]


def places(words: list[Word]) -> list[tuple[int, int]]:
    return [(spot.start_ms, spot.end_ms) for spot in uncertain(words)]


def test_single_words_of_low_probability_are_not_listed() -> None:
    assert places(line(*[0.9, 0.9, 0.1, 0.9, 0.9, 0.9] * 5)) == []
    assert places(line(0.1, 0.1)) == []
    assert places([]) == []


def test_a_passage_of_low_probability_is_one_spot() -> None:
    assert places(line(0.3, 0.3, 0.3)) == [(0, 1_400)]
    assert places(line(*[0.95] * 8, *[0.3] * 8, *[0.95] * 8)) == [(3_000, 8_900)]
    assert places(line(*[0.3] * 8, *[0.95] * 14, *[0.3] * 8)) == [(0, 4_900), (10_000, 14_900)]


def test_words_apart_are_no_passage() -> None:
    assert places(line(0.3, 0.3, 0.3, 0.3, step_ms=2_500)) == []
    assert places([*line(0.3, 0.3), *(word(9_000 + i, 9_001 + i, "words", 0.3) for i in range(2))]) == []


def test_a_few_characters_are_no_passage() -> None:
    assert places(line(*[0.1] * 5, text="的")) == []
    assert places(line(*[0.1] * 6, text="的")) == [(0, 2_900)]


def test_uncertain_words_in_a_suspect_stretch_are_told_once() -> None:
    low = tuple(word(2_000 + i * 1000, 2_900 + i * 1000, "hmm", 0.2) for i in range(3))
    assert [each.kind for each in coverage(words=low).spots] == ["uncertain"]
    assert [each.kind for each in coverage(spot(1_000, 9_000, "suspect"), words=low).spots] == ["suspect"]


def chunks(keeps: bool) -> Chunks:
    first, second = SpeechSpan(0, 5_000), SpeechSpan(5_000, 10_000)
    if not keeps:
        return Chunks((Chunk(0, (first,)), Chunk(1, (second,))))
    return Chunks((Chunk(0, (SpeechSpan(0, 5_500),), first), Chunk(1, (SpeechSpan(4_500, 10_000),), second)))


@pytest.mark.parametrize("keeps", [False, True])
def test_a_cut_is_listed_where_words_lie(keeps: bool) -> None:
    through = SpeechSpans((SpeechSpan(0, 10_000),))
    (seam,) = seams(through, chunks(keeps), [word(4_000, 4_950), word(5_020, 6_000)])
    assert (seam.start_ms, seam.end_ms, seam.kind) == (5_000, 5_000, "seam")
    assert len(list(seams(through, chunks(keeps), [word(4_000, 6_000)]))) == 1


def test_a_cut_that_fell_into_a_pause_is_not() -> None:
    through = SpeechSpans((SpeechSpan(0, 10_000),))
    assert list(seams(through, chunks(True), [word(4_000, 4_800), word(5_020, 6_000)])) == []
    assert list(seams(through, chunks(True), [word(4_000, 5_000), word(5_200, 6_000)])) == []
    apart = SpeechSpans((SpeechSpan(0, 5_000), SpeechSpan(5_000, 10_000)))
    assert list(seams(apart, chunks(False), [word(4_000, 6_000)])) == []


stretches = st.lists(
    st.tuples(st.integers(0, 60), st.integers(0, 60)).map(lambda pair: SpeechSpan(min(pair), max(pair)))
)


@given(st.lists(st.integers(0, 60), unique=True), stretches)
def test_overlap_is_counted_as_by_hand(bounds: list[int], others: list[SpeechSpan]) -> None:
    ordered = sorted(bounds)
    spans = [SpeechSpan(a, b) for a, b in zip(ordered[::2], ordered[1::2], strict=False)]
    inside = {t for span in spans for t in range(span.start_ms, span.end_ms)}
    covered = {t for other in others for t in range(other.start_ms, other.end_ms)}
    assert overlap_ms(spans, others) == len(inside & covered)
