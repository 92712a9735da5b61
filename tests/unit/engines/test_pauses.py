"""Word times are moved to pauses only where the level tells pauses from speech."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from benchmarks.disturb import STRENGTHS, Samples, disturbed
from transcribe.core.episode import Word
from transcribe.engines.pauses import settle, spaced

RATE = 16_000
SPEECH = [(300, 1100), (1500, 2600), (3200, 4300)]
"""When somebody "speaks" in the synthetic recording, in ms."""

WORDS = tuple(
    Word(start, end, text, 0.9)
    for start, end, text in [
        (300, 700, "one"), (700, 1400, "two"), (1400, 2000, "three"),
        (2000, 2900, "four"), (2900, 3800, "five"), (3800, 4300, "six"),
    ]
)  # fmt: skip
"""As an alignment has them: without gaps, the pauses in one of the words beside them."""


def speech(milliseconds: int = 5_000) -> Samples:
    """A buzz at 120 Hz in syllables of a quarter of a second, with the faint noise of a quiet room."""
    time = np.arange(milliseconds * RATE // 1000) / RATE
    buzz = sum((np.sin(2 * np.pi * 120 * k * time) / k for k in range(1, 20)), start=np.zeros(len(time)))
    syllables = 0.55 + 0.45 * np.cos(2 * np.pi * 4 * time)
    spoken = np.zeros(len(time))
    for start, end in SPEECH:
        spoken[start * 16 : end * 16] = 1
    return buzz * syllables * spoken + np.random.default_rng(1).standard_normal(len(time)) * 1e-3


def window(samples: Samples) -> NDArray[np.float32]:
    return samples.astype(np.float32)


def test_boundaries_are_moved_to_the_pauses_of_a_quiet_room() -> None:
    (words,) = settle([WORDS], window(speech()))
    assert (words[1].end_ms, words[2].start_ms) == pytest.approx((1100, 1500), abs=50)
    assert (words[3].end_ms, words[4].start_ms) == pytest.approx((2600, 3200), abs=50)


@pytest.mark.parametrize("kind", ["hum 50 Hz", "hum 60 Hz", "rumble"])
def test_noise_below_the_voice_hides_no_pause(kind: str) -> None:
    (words,) = settle([WORDS], window(disturbed(speech(), kind, 0)))
    assert (words[1].end_ms, words[2].start_ms) == pytest.approx((1100, 1500), abs=50)
    assert (words[3].end_ms, words[4].start_ms) == pytest.approx((2600, 3200), abs=50)


def test_digital_silence_says_nothing_of_the_room() -> None:
    edited = speech()
    edited += np.random.default_rng(2).standard_normal(len(edited)) * 0.02
    edited[4_600 * 16 :] = 0
    (words,) = settle([WORDS], window(edited))
    assert (words[1].end_ms, words[2].start_ms) == pytest.approx((1100, 1500), abs=50)
    assert (words[3].end_ms, words[4].start_ms) == pytest.approx((2600, 3200), abs=50)


@pytest.mark.parametrize("kind", STRENGTHS)
def test_no_disturbance_scatters_the_words(kind: str) -> None:
    for strength in STRENGTHS[kind]:
        (words,) = settle([WORDS], window(disturbed(speech(), kind, strength)))
        for before, after in zip(WORDS, words, strict=True):
            assert before.text == after.text
            assert abs(after.start_ms - before.start_ms) <= 450, (kind, strength)
            assert after.end_ms - after.start_ms >= 100, (kind, strength)


def test_quiet_moments_that_would_leave_nothing_of_a_word_are_no_pauses() -> None:
    """As in white noise 12 dB under the voice: quiet vowels sink into it, and "do" was given 80 of 240 ms."""
    starts = (8520, 8800, 9120, 9360, 9600, 9760, 10080, 10480)
    texts = ("what", "you", "can", "do", "for", "your", "country.")
    aligned = tuple(
        Word(start - 8000, end - 8000, text, 0.9)
        for text, (start, end) in zip(texts, pairwise(starts), strict=True)
    )
    noisy = np.random.default_rng(3).standard_normal(3 * RATE) * 0.1
    for start, end in [(0, 520), (590, 780), (1160, 1320), (1440, 1630), (2480, 3000)]:
        noisy[start * 16 : end * 16] *= 0.2
    (words,) = settle([aligned], window(noisy))
    assert [word.start_ms for word in words] == pytest.approx([word.start_ms for word in aligned], abs=50)


def test_a_short_word_behind_a_long_pause_leaves_it_there() -> None:
    aligned = (
        Word(300, 2260, "imagination.", 0.9),
        Word(2080, 2460, "I", 0.9),
        Word(2460, 2900, "will", 0.9),
    )
    clean = np.random.default_rng(3).standard_normal(3 * RATE) * 0.1
    for start, end in [(0, 300), (750, 2400), (2900, 3000)]:
        clean[start * 16 : end * 16] *= 0.001
    (words,) = settle([aligned], window(clean))
    assert (words[0].end_ms, words[1].start_ms) == pytest.approx((750, 2400), abs=50)


def test_the_first_word_starts_where_its_sound_does() -> None:
    """As an alignment has it that gives "One." the pause behind it, and starts it at its sound's end."""
    aligned = (Word(430, 2160, "One.", 0.9), Word(2160, 2440, "From", 0.9), Word(2440, 2900, "us.", 0.9))
    clean = np.random.default_rng(3).standard_normal(3 * RATE) * 0.1
    for start, end in [(0, 220), (410, 2110), (2900, 3000)]:
        clean[start * 16 : end * 16] *= 0.001
    (words,) = settle([aligned], window(clean))
    assert [word.start_ms for word in words] == pytest.approx([220, 2110, 2440], abs=50)
    assert words[0].end_ms == pytest.approx(410, abs=50)


def test_in_noise_as_loud_as_speech_the_alignment_stays() -> None:
    assert settle([WORDS], window(disturbed(speech(), "white noise", -3))) == (WORDS,)


def test_words_without_time_are_given_some() -> None:
    crowded = tuple(Word(1000, 1000, text, 0.9) for text in "abc")
    noise = np.random.default_rng(1).standard_normal(5 * RATE) * 0.1
    (words,) = settle([crowded], window(noise))
    assert [word.text for word in words] == ["a", "b", "c"]
    assert all(word.end_ms - word.start_ms >= 20 for word in words)
    assert all(a.end_ms <= b.start_ms for a, b in pairwise(words))


@st.composite
def alignments(draw: st.DrawFn) -> list[Word]:
    times = sorted(draw(st.lists(st.integers(0, 5_000), min_size=2, max_size=30)))
    return [Word(a, b, f"w{i}", 0.9) for i, (a, b) in enumerate(pairwise(times))]


levels = st.lists(st.floats(-90, 0), min_size=1, max_size=25)


@given(alignments(), levels, st.integers(0, 99))
@settings(max_examples=60, deadline=None)
def test_whatever_the_levels_words_keep_their_order_and_some_time(
    words: list[Word], levels_db: list[float], seed: int
) -> None:
    gains = np.repeat([10 ** (level / 20) for level in levels_db], -(-5 * RATE // len(levels_db)))[: 5 * RATE]
    samples = np.random.default_rng(seed).standard_normal(5 * RATE) * gains
    (settled,) = settle([tuple(words)], window(samples))
    assert [word.text for word in settled] == [word.text for word in words]
    ends = [0, *(word.end_ms for word in settled)]
    for end, word in zip(ends, settled, strict=False):
        assert end <= word.start_ms < word.end_ms <= 5_000


@given(alignments(), st.integers(1, 6_000))
def test_spacing_keeps_the_order_in_windows_of_any_length(words: list[Word], longest_ms: int) -> None:
    ends = [0, *(word.end_ms for word in spaced(words, longest_ms))]
    assert ends == sorted(ends)
    if longest_ms >= 20 * len(words):
        assert ends[-1] <= longest_ms
        assert len(set(ends)) == len(ends)
