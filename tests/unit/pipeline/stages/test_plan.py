from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transcribe.core.hearing import Chunks, LanguageRun, Languages
from transcribe.core.recording import SpeechSpan, SpeechSpans
from transcribe.core.settings import PlanSettings
from transcribe.core.waveform import Waveform
from transcribe.pipeline.stages.plan import OVERLAP_MS, pack, plan, quietest_ms

SETTINGS = PlanSettings(max_chunk_ms=10_000, max_pause_ms=1_000)
NOWHERE = Waveform("/nowhere", 0, 0, 0.0)
"""Planning looks at the samples of over-long speech only."""


@pytest.fixture(scope="module")
def noise(tmp_path_factory: pytest.TempPathFactory) -> Waveform:
    """200 s of noise from 0 s on, quiet for 400 ms around 8 s and for 20 ms around 6 s."""
    samples = np.random.default_rng(1).uniform(-0.3, 0.3, 200 * 16_000).astype("<f4")
    samples[int(7.8 * 16_000) : int(8.2 * 16_000)] *= 0.05
    samples[int(5.99 * 16_000) : int(6.01 * 16_000)] = 0
    path = tmp_path_factory.mktemp("noise") / "audio.f32"
    samples.tofile(path)
    return Waveform(str(path), len(samples), 0, 0.0)


def speech(*spans: tuple[int, int]) -> SpeechSpans:
    return SpeechSpans(tuple(SpeechSpan(*span) for span in spans))


def kept(chunks: Chunks) -> list[SpeechSpan]:
    return [chunk.keeps or SpeechSpan(chunk.start_ms, chunk.end_ms) for chunk in chunks.chunks]


def pieces(chunks: Chunks) -> list[list[tuple[int, int]]]:
    return [[(piece.start_ms, piece.end_ms) for piece in chunk.pieces] for chunk in chunks.chunks]


def test_no_speech_no_windows() -> None:
    assert plan(speech(), NOWHERE, SETTINGS) == Chunks(())


def test_the_shortest_speech_is_a_window() -> None:
    assert pieces(plan(speech((0, 50)), NOWHERE, SETTINGS)) == [[(0, 50)]]


def test_short_pauses_stay_whole() -> None:
    assert pieces(plan(speech((0, 2000), (3000, 4000)), NOWHERE, SETTINGS)) == [[(0, 4000)]]


def test_long_pauses_keep_a_part_on_each_side() -> None:
    chunks = plan(speech((0, 2000), (60_000, 61_000)), NOWHERE, SETTINGS)
    assert pieces(chunks) == [[(0, 2500), (59_500, 61_000)]]
    assert chunks.chunks[0].duration_ms == 4_000


def test_no_pause_can_be_left_at_all() -> None:
    without = PlanSettings(max_chunk_ms=10_000, max_pause_ms=0)
    assert pieces(plan(speech((0, 2000), (2001, 3000)), NOWHERE, without)) == [[(0, 2000), (2001, 3000)]]


def test_cuts_fall_into_the_longest_pauses() -> None:
    chunks = plan(speech((0, 3000), (3400, 6000), (7000, 9000), (9300, 12_000)), NOWHERE, SETTINGS)
    assert pieces(chunks) == [[(0, 6000)], [(7000, 12_000)]]


def test_windows_are_filled_evenly() -> None:
    chunks = plan(speech(*((i * 2000, i * 2000 + 1700) for i in range(6))), NOWHERE, SETTINGS)
    assert [len(chunk.pieces) and chunk.duration_ms for chunk in chunks.chunks] == [5700, 5700]


def test_no_window_is_spent_on_a_better_cut() -> None:
    chunks = plan(speech((0, 5000), (8000, 9000), (9300, 12_700)), NOWHERE, SETTINGS)
    assert len(chunks.chunks) == 2


def test_overlong_speech_is_cut_where_it_is_quiet_for_longest(noise: Waveform) -> None:
    chunks = plan(speech((0, 14_000)), noise, SETTINGS)
    assert len(chunks.chunks) == 2
    first, second = kept(chunks)
    assert first.end_ms == second.start_ms == pytest.approx(8_000, abs=60)


def test_both_sides_of_a_cut_in_speech_hear_what_lies_around_it(noise: Waveform) -> None:
    first, second = plan(speech((0, 14_000)), noise, SETTINGS).chunks
    cut_ms = kept(Chunks((first,)))[0].end_ms
    assert first.pieces == (SpeechSpan(0, cut_ms + OVERLAP_MS),)
    assert second.pieces == (SpeechSpan(cut_ms - OVERLAP_MS, 14_000),)
    assert (first.keeps, second.keeps) == (SpeechSpan(0, cut_ms), SpeechSpan(cut_ms, 14_000))


def test_a_cut_in_a_pause_needs_no_overlap() -> None:
    chunks = plan(speech((0, 9_000), (9_400, 18_000)), NOWHERE, SETTINGS)
    assert [chunk.keeps for chunk in chunks.chunks] == [None, None]


def test_the_quietest_point_of_almost_nothing(noise: Waveform) -> None:
    assert 100 <= quietest_ms(noise, 100, 101) <= 101
    assert 100 <= quietest_ms(noise, 100, 130) <= 130


def test_overlong_speech_leaves_no_tiny_rest(noise: Waveform) -> None:
    chunks = plan(speech((0, 10_001)), noise, SETTINGS)
    assert min(chunk.duration_ms for chunk in chunks.chunks) >= 2_000


def test_pieces_never_need_more_windows_than_first_fit() -> None:
    spans = [SpeechSpan(i * 5000, i * 5000 + 1000 + i * 37 % 3000) for i in range(100)]
    windows, room = 0, 0
    for span in spans:
        if span.duration_ms > room:
            windows, room = windows + 1, SETTINGS.max_chunk_ms
        room -= span.duration_ms + SETTINGS.max_pause_ms
    assert len(pack(spans, SETTINGS)) <= windows


@st.composite
def speeches(draw: st.DrawFn) -> SpeechSpans:
    lengths = draw(st.lists(st.tuples(st.integers(0, 5000), st.integers(1, 25_000)), max_size=12))
    spans, position = [], 0
    for pause_ms, duration_ms in lengths:
        position += pause_ms
        spans.append(SpeechSpan(position, position + duration_ms))
        position += duration_ms
    return SpeechSpans(tuple(span for span in spans if span.end_ms <= 200_000))


@settings(deadline=None, max_examples=60)
@given(speeches(), st.integers(5_000, 29_000), st.integers(0, 3_000))
def test_every_plan_keeps_the_promises(
    noise: Waveform, speech: SpeechSpans, max_chunk_ms: int, max_pause_ms: int
) -> None:
    chosen = PlanSettings(max_chunk_ms=max_chunk_ms, max_pause_ms=max_pause_ms)
    chunks = plan(speech, noise, chosen)
    assert chunks == plan(speech, noise, chosen)
    assert [chunk.index for chunk in chunks.chunks] == list(range(len(chunks.chunks)))
    assert all(chunk.duration_ms <= max_chunk_ms + 2 * OVERLAP_MS for chunk in chunks.chunks)
    assert all(chunk.duration_ms <= max_chunk_ms for chunk in chunks.chunks if chunk.keeps is None)
    for chunk in chunks.chunks:
        for before, after in pairwise(chunk.pieces):
            assert before.start_ms < before.end_ms <= after.start_ms
    for left, right in pairwise(kept(chunks)):
        assert left.start_ms < left.end_ms <= right.start_ms
    kept_pieces = [
        SpeechSpan(max(piece.start_ms, keeps.start_ms), min(piece.end_ms, keeps.end_ms))
        for chunk, keeps in zip(chunks.chunks, kept(chunks), strict=True)
        for piece in chunk.pieces
    ]
    for span in speech.spans:
        covered = sum(
            max(0, min(span.end_ms, piece.end_ms) - max(span.start_ms, piece.start_ms))
            for piece in kept_pieces
        )
        assert covered == span.duration_ms


def languages(*runs: tuple[int, int, str]) -> Languages:
    return Languages(tuple(LanguageRun(start, end, code, 0.9, end - start) for start, end, code in runs))


def test_no_window_has_two_languages() -> None:
    spans = speech((0, 2_000), (2_500, 4_000), (4_500, 6_000))
    told = languages((0, 4_000, "en"), (4_500, 6_000, "de"))
    found = plan(spans, NOWHERE, SETTINGS, told)
    assert pieces(found) == [[(0, 4_000)], [(4_500, 6_000)]]
    assert [(chunk.index, chunk.language) for chunk in found.chunks] == [(0, "en"), (1, "de")]


def test_where_the_language_changes_without_a_pause_both_windows_hear_it() -> None:
    found = plan(speech((0, 8_000)), NOWHERE, SETTINGS, languages((0, 5_000, "en"), (5_000, 8_000, "de")))
    assert pieces(found) == [[(0, 5_000 + OVERLAP_MS)], [(5_000 - OVERLAP_MS, 8_000)]]
    assert kept(found) == [SpeechSpan(0, 5_000), SpeechSpan(5_000, 8_000)]
