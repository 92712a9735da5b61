"""Where decoded sound lies on the timeline, whatever its timestamps claim."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transcribe.core.media import Run
from transcribe.core.recording import Piece
from transcribe.core.timeline import LONGEST_GAP, MOST_PIECES, Gap, Timeline, arrange, cut, fewer

S = 16_000
HOUR = 3600 * S


def runs(*pairs: tuple[float, float]) -> list[Run]:
    """Runs of (seconds of sound before it, its timestamp in seconds)."""
    return [Run(round(sound * S), round(time * S)) for sound, time in pairs]


def placed(timeline: Timeline) -> list[tuple[float, float]]:
    """Start and length of every piece in seconds."""
    return [(piece.at / S, piece.samples / S) for piece in timeline.pieces]


@pytest.mark.parametrize(
    ("given_runs", "length", "pieces", "strays"),
    [
        pytest.param([], 10, [(0, 10)], 0, id="no timestamps at all"),
        pytest.param([(0, 0)], 10, [(0, 10)], 0, id="healthy"),
        pytest.param([(0, 4)], 10, [(4, 10)], 0, id="the sound starts after the picture"),
        pytest.param([(0, 7200)], 10, [(7200, 10)], 0, id="it starts two hours after the picture"),
        pytest.param([(0, 0), (5, 20)], 10, [(0, 5), (20, 5)], 0, id="a gap"),
        pytest.param([(0, 0), (5, 43_200)], 10, [(0, 5), (43_200, 5)], 0, id="a gap of twelve hours"),
        pytest.param(
            [(0, 0), (2, 7200), (4, 14_400)], 6, [(0, 2), (7200, 2), (14_400, 2)], 0, id="several gaps"
        ),
        pytest.param([(0, 0), (5, 26_000), (5.02, 5.02)], 10, [(0, 10)], 1, id="one packet far ahead"),
        pytest.param([(0, 0), (5, 0), (5.02, 5.02)], 10, [(0, 10)], 0, id="one packet far back"),
        pytest.param([(0, 0), (5, 26_000), (5.02, 7.02)], 10, [(0, 5.02), (7.02, 4.98)], 1, id="and a loss"),
        pytest.param([(0, 26_000), (0.02, 0.02)], 10, [(0, 10)], 1, id="the first packet far ahead"),
        pytest.param([(0, 0), (0.02, 26_000)], 10, [(0, 10)], 1, id="the first packet far back"),
        pytest.param([(0, 0), (9.98, 26_000)], 10, [(0, 10)], 1, id="the last packet far ahead"),
        pytest.param(
            [(0, 0), (5, 26_000), (5.02, 9_000), (5.04, 5.04)], 10, [(0, 10)], 2, id="two of them, apart"
        ),
        pytest.param(
            [(0, 0), (5, 26_000), (7, 7)], 10, [(0, 10)], 1, id="two seconds far ahead, and back again"
        ),
        pytest.param([(0, 0), (5, 30 * 3600)], 10, [(0, 10)], 1, id="more than a day ahead"),
        pytest.param([(0, 0), (5, 3e8)], 10, [(0, 10)], 1, id="years ahead"),
        pytest.param([(0, 0), (5, 0)], 10, [(0, 10)], 0, id="two recordings put together"),
        pytest.param([(0, 0), (5, -95_443)], 10, [(0, 10)], 0, id="a clock of 33 bits wraps around"),
        pytest.param(
            [(0, 0), (2, 20), (4, 0), (6, 20)], 8, [(0, 2), (20, 4), (42, 2)], 0, id="put together, with gaps"
        ),
        pytest.param([(0, 0), (5, 4.9), (8, 8)], 10, [(0, 10)], 0, id="jitter"),
        pytest.param([(0, 0), (5, 5.06), (5.02, 5.02)], 10, [(0, 10)], 0, id="one late packet"),
        pytest.param([(0, -0.02)], 10, [(0, 10)], 0, id="it starts before 0"),
    ],
)
def test_where_sound_lies(
    given_runs: list[tuple[float, float]], length: float, pieces: list[tuple[float, float]], strays: int
) -> None:
    timeline = arrange(runs(*given_runs), round(length * S))
    assert placed(timeline) == [pytest.approx(piece, abs=0.001) for piece in pieces]
    assert len(timeline.strays) == strays


@pytest.mark.parametrize(
    ("end", "pieces"),
    [
        pytest.param(10, [(0, 10)], id="beyond the end that the file states"),
        pytest.param(3606, [(0, 5), (3600, 5)], id="that end fits"),
        pytest.param(None, [(0, 5), (3600, 5)], id="the file states none"),
    ],
)
def test_a_jump_and_the_stated_end(end: float | None, pieces: list[tuple[float, float]]) -> None:
    timeline = arrange(runs((0, 0), (5, 3600)), 10 * S, None if end is None else round(end * S))
    assert placed(timeline) == [pytest.approx(piece, abs=0.001) for piece in pieces]
    assert len(timeline.strays) == (len(pieces) == 1)


def test_an_end_that_is_wrong_anyway_contradicts_no_jump() -> None:
    assert placed(arrange(runs((0, 0), (50, 3600)), 100 * S, 4 * S)) == [(0, 50), (3600, 50)]


@pytest.mark.parametrize(("second", "restarts"), [(0, True), (4.5, False), (20, False)])
def test_clocks_that_start_again_are_told(second: float, restarts: bool) -> None:
    whole = arrange(runs((0, 0), (5, second)), 10 * S)
    assert whole.restarts is restarts
    assert cut(whole, S, S).restarts is restarts


def test_a_clock_that_stands_still_is_not_followed() -> None:
    # Every packet after the fifth second claims the same far time.
    stuck = [(0.0, 0.0), *((5 + i / 20, 26_464.0) for i in range(100))]
    timeline = arrange(runs(*stuck), 10 * S)
    assert placed(timeline) == [(0, 10)]
    assert {stray.stated for stray in timeline.strays} == {26_464 * S}


def test_gaps_and_strays_are_told_where_they_are() -> None:
    timeline = arrange(runs((0, 4), (5, 20), (6, 26_000), (6.02, 21.02)), 10 * S)
    assert timeline.gaps == (Gap(9 * S, 20 * S),)
    assert [(stray.at, stray.stated) for stray in timeline.strays] == [(21 * S, 26_000 * S)]


def test_timestamps_that_jump_all_the_time_are_ignored() -> None:
    wild = [Run(i, i * 1000 % 777_777) for i in range(MOST_PIECES + 1)]
    assert arrange(wild, 100_000).pieces == (Piece(0, 0, 100_000),)


def test_many_gaps_are_few_parts() -> None:
    pieces = [Piece(at * 100 + at // 50 * 16_000, at * 80, 80) for at in range(1000)]
    parts = fewer(pieces, 20)
    assert len(parts) <= 20
    assert sum(part.samples for part in parts) == 80_000
    for piece in pieces:
        (part,) = [each for each in parts if each.stored <= piece.stored < each.stored + each.samples]
        assert abs(part.at + piece.stored - part.stored - piece.at) < 16_000 / 10


wild_runs = st.lists(
    st.tuples(st.integers(0, 60 * S), st.integers(-(2**40), 2**40) | st.integers(-S, 60 * S)), max_size=30
)


@given(wild_runs, st.integers(0, 60 * S))
def test_no_timestamp_drops_doubles_or_reverses_sound(pairs: list[tuple[int, int]], samples: int) -> None:
    firsts = sorted({0, *(first for first, _ in pairs)})
    at = dict(pairs)
    timeline = arrange([Run(first, at.get(first, 0)) for first in firsts], samples)
    assert sum(piece.samples for piece in timeline.pieces) == samples
    stored = end = 0
    for piece in timeline.pieces:
        assert piece.stored == stored
        assert end <= piece.at <= end + LONGEST_GAP
        stored, end = stored + piece.samples, piece.end


@given(wild_runs, st.integers(1, 60 * S), st.integers(0, 60 * S), st.integers(0, 60 * S))
def test_a_part_is_what_the_whole_has_there(
    pairs: list[tuple[int, int]], samples: int, start: int, length: int
) -> None:
    firsts = sorted({0, *(first for first, _ in pairs)})
    at = dict(pairs)
    whole = arrange([Run(first, at.get(first, 0)) for first in firsts], samples)
    for piece in cut(whole, start, length).pieces:
        assert piece.at >= 0
        assert piece.end <= length
        (home,) = [each for each in whole.pieces if each.at <= piece.at + start < each.end]
        assert piece.stored - home.stored == piece.at + start - home.at
