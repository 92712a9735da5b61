"""Names that are no text are shown, and kept with every byte."""

from __future__ import annotations

import json
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transcribe.core.text import (
    from_json,
    kept,
    path_of,
    printable,
    printable_lines,
    readable,
    restored,
    shown,
    to_json,
    uri_of,
)

names = st.binary().map(os.fsdecode)


def test_what_is_no_text_is_shown_by_its_bytes() -> None:
    assert readable(os.fsdecode(b"g\xff\xc5\xba.wav")) == "g\\xffź.wav"
    assert readable("a\ud800b") == "a\\ud800b"
    assert printable(os.fsdecode(b"\x1b[31m\xff\n")) == "\\x1b[31m\\xff\\n"
    assert shown({"a\udcff": ["b\udcfe", 1, None, {"c": "d"}]}) == {"a\\xff": ["b\\xfe", 1, None, {"c": "d"}]}


@given(names)
def test_it_can_be_shown_anywhere_and_comes_back(name: str) -> None:
    readable(name).encode()
    assert restored(kept(name.replace("\0", ""))) == name.replace("\0", "")
    assert path_of(uri_of("/" + name)) == "/" + name


@given(st.dictionaries(names.map(lambda name: name.replace("\0", "x")), st.tuples(names, st.integers(0, 9))))
def test_values_come_back_from_json(value: dict[str, tuple[str, int]]) -> None:
    if any(text.startswith("\0") for text, _ in value.values()):
        return  # no name begins so
    assert from_json(to_json(value), dict[str, tuple[str, int]]) == value


@pytest.mark.parametrize("content", [b'{"a": "\\u0000%FF', b'["\\u0000x"]'])
def test_what_is_broken_is_refused(content: bytes) -> None:
    import msgspec

    with pytest.raises((msgspec.MsgspecError, UnicodeDecodeError)):
        from_json(content, dict[str, str])


def test_no_line_and_no_text_is_left_to_a_terminal() -> None:
    evil = "a\x1b[2J\r\n\t\x7f\x9b\u202e\u2028é"
    assert printable(evil) == "a\\x1b[2J\\r\\n\\t\\u007f\\u009b\\u202e\\u2028é"
    assert printable_lines(evil) == "a\\x1b[2J\\r\n\t\\u007f\\u009b\\u202e\\u2028é"
    assert json.loads(printable_lines(json.dumps(evil, ensure_ascii=False))) == evil
