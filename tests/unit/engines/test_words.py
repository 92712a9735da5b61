"""Tokens become words: characters made whole, punctuation kept, times in order."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transcribe.core.episode import join_words
from transcribe.engines.words import Token, words_of


def tokens(*parts: str | bytes, step_ms: int = 300) -> list[Token]:
    return [
        Token(part.encode() if isinstance(part, str) else part, 0.9, (i + 1) * step_ms)
        for i, part in enumerate(parts)
    ]


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ((" It", " was", " the", " best", "."), ["It", "was", "the", "best."]),
        ((" don", "'t", " stop", ",", " now"), ["don't", "stop,", "now"]),
        ((" za", "żół", "ć", " gęślą"), ["zażółć", "gęślą"]),
        ((' "', "Hi", '"', " he", " said"), ['"Hi"', "he", "said"]),
        (("今", "日", "は", "。", "雨"), ["今", "日", "は。", "雨"]),
        ((" state", "-of", "-the", "-art"), ["state-of-the-art"]),
        (("Hello",), ["Hello"]),
        ((" ", " "), []),
        ((), []),
    ],
)
def test_where_words_begin(parts: tuple[str, ...], expected: list[str]) -> None:
    assert [word.text for word in words_of(tokens(*parts), 0)] == expected


def test_a_character_split_over_tokens_is_made_whole() -> None:
    euro = "€".encode()
    words = words_of(tokens(" ", euro[:1], euro[1:2], euro[2:], "5"), 0)
    assert [word.text for word in words] == ["€5"]


def test_bytes_that_are_no_text_are_replaced_not_lost() -> None:
    assert [word.text for word in words_of(tokens(" a", b"\xff", " b"), 0)] == [
        "a\N{REPLACEMENT CHARACTER}",
        "b",
    ]


def test_spaces_stand_where_the_language_puts_them() -> None:
    assert join_words(words_of(tokens(" two", " words"), 0)) == "two words"
    assert join_words(words_of(tokens("二", "語"), 0)) == "二語"


def test_a_word_starts_where_the_one_before_ends_unless_a_pause_lies_between() -> None:
    said = [Token(b" one", 1.0, 1000), Token(b" two", 1.0, 1300), Token(b" three", 1.0, 9000)]
    one, two, three = words_of(said, 700)
    assert (one.start_ms, one.end_ms) == (700, 1000)
    assert (two.start_ms, two.end_ms) == (1000, 1300)
    assert 7500 < three.start_ms < 9000


def test_probability_is_the_geometric_mean() -> None:
    (word,) = words_of([Token(b" ab", 0.9, 10), Token(b"cd", 0.4, 20)], 0)
    assert word.probability == pytest.approx(0.6)


@given(
    st.lists(st.tuples(st.binary(max_size=4), st.floats(0, 1), st.integers(0, 30_000)), max_size=40),
    st.integers(0, 30_000),
)
def test_times_never_run_backwards(raw: list[tuple[bytes, float, int]], start_ms: int) -> None:
    clock = 0
    for word in words_of([Token(*each) for each in raw], start_ms):
        assert clock <= word.start_ms <= word.end_ms
        assert 0 <= word.probability <= 1
        assert word.text == word.text.strip() != ""
        clock = word.end_ms
