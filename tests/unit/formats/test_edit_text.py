"""Text to be edited: what is exported comes back as it was, whatever stands in it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from layers import lines_of
from spoken import segment

from transcribe.core.corrections.edit import Line
from transcribe.core.corrections.units import clean
from transcribe.core.episode import Segment, Word
from transcribe.core.errors import InputError
from transcribe.formats.edit_text import read_edit_text, write_edit_text

HEAD = "[00:00:01.000] Ala\n"

TEXTS = st.text(max_size=30) | st.sampled_from(
    [
        "[00:00:01.000] Ala",
        "\\[00:00:01.000]",
        "[] x",
        "[]",
        "# seen abc",
        "#",
        "\u200f[00:00:01.000]",
        "a\nb",
    ]
)


def exported(*segments: Segment, seen: tuple[str, ...] = ()) -> str:
    return write_edit_text(segments, "talk.json", "ab12", seen).decode()


def test_what_is_exported_is_plain_and_says_what_it_was_made_of() -> None:
    ids = tuple(f"{n:012x}" for n in range(9))
    text = exported(segment("dobry wieczór", speaker="Zażółć"), segment("مرحبا بكم", 61_500), seen=ids)
    assert text.endswith("\n\n[00:00:00.000] Zażółć\ndobry wieczór\n\n[00:01:01.500]\nمرحبا بكم\n")
    read = read_edit_text(text, "talk.txt")
    assert (read.recognition, read.seen) == ("ab12", frozenset(ids))
    assert read.lines == (Line("dobry wieczór", "Zażółć"), Line("مرحبا بكم"))


@settings(deadline=None, max_examples=150)
@given(st.lists(st.tuples(TEXTS, TEXTS), min_size=1, max_size=4))
def test_what_nobody_edited_comes_back(said: list[tuple[str, str]]) -> None:
    segments = [
        Segment(0, 1, (Word(0, 1, text, 0.5),), 0, speaker or None) for text, speaker in said if clean(text)
    ]
    if segments:
        lines = [Line(each.text, clean(each.speaker or "") or None) for each in lines_of(segments)]
        assert list(read_edit_text(exported(*segments), "talk.txt").lines) == lines


def test_new_lines_divide_and_a_head_without_a_time_says_who_speaks() -> None:
    read = read_edit_text(
        f"\r\n\u200f{HEAD}one\r\n\r\n  two\t three \r\n[] Ben\r\nfour\n[]\nfive", "talk.txt"
    )
    assert read.lines == (Line("one", "Ala"), Line("two three", "Ala"), Line("four", "Ben"), Line("five"))
    assert (read.recognition, read.seen) == ("", frozenset())


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Ala: one\n", "talk.txt, line 1: no text is expected here"),
        ("# a\n\nWEBVTT\n", "talk.txt, line 3: no text is expected here"),
        ("", "talk.txt holds no text"),
        (HEAD, "talk.txt holds no text"),
        (HEAD + "x" * 100_001, "talk.txt, line 2: a line has at most 100,000 characters"),
        (f"[00:00:01.000] {'x' * 129}\none", "talk.txt, line 1: a name has at most 128 characters"),
    ],
)
def test_what_is_something_else_is_refused(text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_edit_text(text, "talk.txt")
