"""The parts of the CTranslate2 engine that need no model."""

from __future__ import annotations

import pickle
from typing import NamedTuple

import pytest

from transcribe.core.byte_level import _BYTE_OF
from transcribe.core.errors import DependencyError, EngineError
from transcribe.engines import ctranslate2
from transcribe.engines.ctranslate2 import CTranslate2, _ends, _length_for, _segments, _Timing
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
