from __future__ import annotations

import pytest
from spoken import segment, transcript

from transcribe.core.episode import Segment, Word
from transcribe.formats.tokens import encodable, fit_tokens, join_tokens, plain, text_width, tokens_of


@pytest.mark.parametrize(
    ("text", "width"),
    [("hello", 5), ("吾輩", 4), ("cafe\u0301", 4), ("👩\u200d🚀", 2), ("مرحبا", 5), ("ｱ", 1), ("\u0301", 1)],
)
def test_width_counts_cells(text: str, width: int) -> None:
    assert text_width(text) == width


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (" a \t b\n\nc ", "a b c"),
        ("a\x00b\x1b[31m", "a b [31m"),
        ("\u2028", ""),
        ("a\udcff", "a\ufffd"),
        ("می\u200cخواهم", "می\u200cخواهم"),
    ],
)
def test_plain_text_is_one_line(text: str, expected: str) -> None:
    assert plain(text) == expected


def test_encodable_text_keeps_everything_but_lone_surrogates() -> None:
    assert encodable("é\n\ud800👩") == "é\n\ufffd👩"


def test_absurd_times_are_put_in_order() -> None:
    words = (Word(500, 100, "a", 1), Word(200, 9_000, "b", 1), Word(700, 700, "c", 1), Word(800, 10, "d", 1))
    tokens = tokens_of(transcript(Segment(0, 0, words, 0)))
    assert [(token.start_ms, token.end_ms) for token in tokens] == [
        (500, 500),
        (500, 700),
        (700, 700),
        (800, 800),
    ]


def test_a_word_stretched_over_silence_is_cut() -> None:
    words = (Word(0, 9_000, "end.", 1), Word(9_000, 15_000, "x" * 60, 1))
    tokens = tokens_of(transcript(Segment(0, 15_000, words, 0)))
    assert [(token.start_ms, token.end_ms) for token in tokens] == [(0, 2_000), (9_000, 15_000)]


def test_words_without_anything_to_show_are_left_out() -> None:
    tokens = tokens_of(transcript(segment("one \x00 two")))
    assert [token.text for token in tokens] == ["one", "two"]


def test_pieces_of_a_long_word_share_its_time_and_make_it_up_again() -> None:
    (token,) = tokens_of(transcript(segment("x" * 100, 1_000)))
    pieces = list(fit_tokens([token], 42))
    assert [piece.width for piece in pieces] == [34, 34, 32]
    assert [piece.start_ms for piece in pieces] == [1_000, 3_380, 5_760]
    assert pieces[-1].end_ms == token.end_ms
    assert join_tokens(pieces) == "x" * 100
    assert [piece.ends_segment for piece in pieces] == [False, False, True]
