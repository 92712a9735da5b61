"""The parts of the CTranslate2 engine that need no model."""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pytest
from numpy.typing import NDArray

from transcribe.core.byte_level import _BYTE_OF
from transcribe.core.episode import Word
from transcribe.core.errors import DependencyError, EngineError
from transcribe.core.hearing import DecodingOptions, Heard
from transcribe.engines import ctranslate2
from transcribe.engines.ctranslate2 import (
    CTranslate2,
    _batch_context_ms,
    _ends,
    _length_for,
    _segments,
    _Timing,
)
from transcribe.engines.whisper_tokens import WhisperTokens

FIRST_MARK = 301
SPECIAL = {"<|endoftext|>": 256, "<|startoftranscript|>": 257, "<|pl|>": 258, "<|en|>": 259}
SPECIAL |= {"<|translate|>": 260, "<|transcribe|>": 261, "<|startofprev|>": 262, "<|notimestamps|>": 300}


class Spelling:
    """A tokenizer of 256 bytes, each a token; a capital begins a word."""

    def token_to_id(self, name: str) -> int | None:
        return SPECIAL.get(name)

    def id_to_token(self, token: int) -> str:
        written = {value: key for key, value in _BYTE_OF.items()}[token]
        return f"Ġ{written}" if written.isupper() and written.isascii() else written

    def encode(self, text: str, *, add_special_tokens: bool) -> Encoded:
        assert not add_special_tokens
        return Encoded(list(text.encode()))


class Encoded(NamedTuple):
    ids: list[int]


TOKENS = WhisperTokens(Spelling(), multilingual=True)


def mark(ms: int) -> int:
    return FIRST_MARK + ms // 20


def timed(count: int) -> list[_Timing]:
    return [_Timing(100 * (index + 1), 0.5) for index in range(count)]


def test_time_marks_split_text_into_segments() -> None:
    sequence = [mark(0), *b"ABbb", mark(400), mark(500), *b"Cc", mark(900)]
    first, second = _segments(sequence, timed(6), TOKENS, 1000)
    assert [(word.text, word.end_ms) for word in first] == [("A", 100), ("Bbb", 400)]
    assert [(word.text, word.start_ms, word.end_ms) for word in second] == [("Cc", 400, 600)]


def test_text_that_was_cut_off_before_its_mark_is_kept() -> None:
    (only,) = _segments([mark(0), *b"AB"], timed(2), TOKENS, 1000)
    assert [word.text for word in only] == ["A", "B"]


def test_nothing_decoded_is_no_segment() -> None:
    assert _segments([], [], TOKENS, 1000) == []
    assert _segments([mark(0), mark(500)], [], TOKENS, 1000) == []


def test_a_character_of_several_tokens_is_whole() -> None:
    (only,) = _segments([mark(0), *"Aż".encode(), mark(300)], timed(3), TOKENS, 1000)
    assert [(word.text, word.end_ms) for word in only] == [("Aż", 300)]


def test_what_stands_before_a_text() -> None:
    assert TOKENS.start("pl", translate=True) == [257, 258, 260]
    assert TOKENS.start("en", translate=False) == [257, 259, 261]
    assert WhisperTokens(Spelling(), multilingual=False).start("en", translate=False) == [257]
    assert TOKENS.prompt("  ") == []
    assert TOKENS.prompt("ab ") == [262, *b" ab"]
    assert TOKENS.prompt("a" * 500) == [262, *b"a" * 223]


def test_a_language_that_the_model_does_not_know() -> None:
    with pytest.raises(EngineError, match=r"does not know the token <\|yue\|>"):
        TOKENS.start("yue", translate=False)


def test_what_is_given_is_never_written() -> None:
    assert set(TOKENS.never) == {257, 260, 261, 262}


def test_a_token_ends_where_the_alignment_goes_on() -> None:
    assert _ends([(0, 0), (0, 1), (0, 2), (1, 3), (1, 4), (2, 4)]) == [60, 80]
    assert _ends([(0, 0), (0, 1)]) == []


@pytest.mark.parametrize(
    ("new", "prompt", "length"), [(50, 3, 100), (50, 60, 110), (306, 3, 448), (306, 227, 448)]
)
def test_length_bounds_the_new_tokens(new: int, prompt: int, length: int) -> None:
    assert _length_for(new, prompt) == length


def test_the_engine_travels_to_a_worker_before_it_is_loaded() -> None:
    engine = CTranslate2("folder", 2, "float32")
    assert pickle.loads(pickle.dumps(engine)) == engine  # noqa: S301 - our own bytes


def test_a_missing_package_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ctranslate2, "is_installed", lambda: False)
    with pytest.raises(DependencyError, match="pip install ctranslate2 tokenizers"):
        CTranslate2("folder", 1).load()


def test_what_a_window_is_given_depends_on_it_alone_and_has_few_lengths() -> None:
    lengths = {_batch_context_ms(ms * 16, 3_000) for ms in range(200, 30_000, 50)}
    assert lengths == {10_240, 15_360, 20_480, 25_600, 30_000}
    assert _batch_context_ms(22_000 * 16, 3_000) == 25_600
    assert _batch_context_ms(1_000 * 16, 30_000) == 30_000


def test_windows_come_back_in_their_order_with_those_as_long_decoded_together(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    batches: list[tuple[int, list[int]]] = []

    def hear(
        engine: CTranslate2, windows: Sequence[NDArray[np.float32]], context: int, options: DecodingOptions
    ) -> list[Heard]:
        batches.append((context, [len(window) for window in windows]))
        return [Heard(((Word(0, 1, str(len(window)), 1.0),),)) for window in windows]

    monkeypatch.setattr(CTranslate2, "_hear", hear)
    lengths = [320_000, 16_000, 336_000, 32_000, 352_000]
    windows = [np.zeros(length, np.float32) for length in lengths]
    options = DecodingOptions("en", margin_ms=3_000)
    for engine in (CTranslate2("folder", 1, most=2), CTranslate2("folder", 1, "float32", most=2)):
        found = engine.hear(windows, options)
        assert [heard.words[0].text for heard in found] == [str(length) for length in lengths]
    together, alone = batches[:3], batches[3:]
    assert together == [
        (10_240, [16_000, 32_000]),
        (25_600, [320_000, 336_000]),
        (25_600, [352_000]),
    ]
    assert all(len(batch) == 1 for _, batch in alone)
