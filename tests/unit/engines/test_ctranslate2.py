"""The parts of the CTranslate2 engine that need no model."""

from __future__ import annotations

import pickle

import pytest

from transcribe.core.errors import DependencyError
from transcribe.engines import ctranslate2
from transcribe.engines.ctranslate2 import CTranslate2, _ends, _length_for, _segments, _Timing

EOT, FIRST_MARK = 100, 200


class Spelling:
    """A tokenizer of 26 letters, each a token; a capital begins a word."""

    eot = EOT
    timestamp_begin = FIRST_MARK

    def split_tokens_on_unicode(self, tokens: list[int]) -> tuple[list[str], list[list[int]]]:
        return [f" {chr(token)}" if chr(token).isupper() else chr(token) for token in tokens], [
            [token] for token in tokens
        ]


def mark(ms: int) -> int:
    return FIRST_MARK + ms // 20


def timed(count: int) -> list[_Timing]:
    return [_Timing(100 * (index + 1), 0.5) for index in range(count)]


def test_time_marks_split_text_into_segments() -> None:
    sequence = [mark(0), *b"ABbb", mark(400), mark(500), *b"Cc", mark(900)]
    first, second = _segments(sequence, timed(6), Spelling(), 1000)
    assert [(word.text, word.end_ms) for word in first] == [("A", 100), ("Bbb", 400)]
    assert [(word.text, word.start_ms, word.end_ms) for word in second] == [("Cc", 400, 600)]


def test_text_that_was_cut_off_before_its_mark_is_kept() -> None:
    (only,) = _segments([mark(0), *b"AB"], timed(2), Spelling(), 1000)
    assert [word.text for word in only] == ["A", "B"]


def test_nothing_decoded_is_no_segment() -> None:
    assert _segments([], [], Spelling(), 1000) == []
    assert _segments([mark(0), mark(500)], [], Spelling(), 1000) == []


def test_a_token_ends_where_the_alignment_goes_on() -> None:
    assert _ends([(0, 0), (0, 1), (0, 2), (1, 3), (1, 4), (2, 4)]) == [60, 80]
    assert _ends([(0, 0), (0, 1)]) == []


@pytest.mark.parametrize(
    ("new", "prompt", "length"), [(50, 3, 100), (50, 60, 110), (306, 3, 448), (306, 227, 448)]
)
def test_length_bounds_the_new_tokens(new: int, prompt: int, length: int) -> None:
    assert _length_for(new, prompt, 448) == length


def test_the_engine_travels_to_a_worker_before_it_is_loaded() -> None:
    engine = CTranslate2("folder", 2, "float32")
    assert pickle.loads(pickle.dumps(engine)) == engine  # noqa: S301 - our own bytes


def test_a_missing_package_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ctranslate2, "is_installed", lambda: False)
    with pytest.raises(DependencyError, match=r"pip install 'transcribe-offline\[ctranslate2\]'"):
        CTranslate2("folder", 1).load()
