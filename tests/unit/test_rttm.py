"""RTTM from anyone in, ours out."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transcribe.core.episode import Turn
from transcribe.core.errors import InputError
from transcribe.formats.rttm import read_rttm, read_rttm_text, rttm_lines

LINE = "SPEAKER meeting 1 1.500 2.25 <NA> <NA> Ala <NA> <NA>"


def test_turns_are_read_in_order_and_by_recording() -> None:
    text = f"{LINE}\n;; a comment\n\nSPKR-INFO meeting 1 <NA> <NA> <NA> unknown Ala <NA>\n"
    text += "SPEAKER meeting 1 0.1 1 <NA> <NA> Łukasz <NA> <NA>\r\nSPEAKER other 1 0 1 <NA> <NA> X\n"
    found = read_rttm_text(text, "a.rttm")
    assert found["meeting"] == (Turn(100, 1100, "Łukasz"), Turn(1500, 3750, "Ala"))
    assert found["other"] == (Turn(0, 1000, "X"),)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("hello world", "'hello' is no kind of line of RTTM"),
        ("SPEAKER meeting 1 1.5", "4 fields"),
        ("SPEAKER meeting 1 soon 2 <NA> <NA> A", "'soon' is no time in seconds"),
        ("SPEAKER meeting 1 -1 2 <NA> <NA> A", "-1 is no time of a recording"),
        ("SPEAKER meeting 1 nan 2 <NA> <NA> A", "nan is no time of a recording"),
        ("SPEAKER meeting 1 1 inf <NA> <NA> A", "inf is no time of a recording"),
        ("SPEAKER meeting 1 1 1e30 <NA> <NA> A", "1e30 is no time of a recording"),
        ("SPEAKER meeting 1 1 2 <NA> <NA> <NA>", "no name that can be shown"),
        ("SPEAKER meeting 1 1 2 <NA> <NA> \x1b[31mA", "no name that can be shown"),
    ],
)
def test_what_is_no_turn_is_refused_with_its_line(line: str, said: str) -> None:
    with pytest.raises(InputError) as refused:
        read_rttm_text(f"{LINE}\n{line}\n", "a.rttm")
    assert refused.value.what.startswith("a.rttm, line 2: ")
    assert said in refused.value.what


def test_files_that_are_no_rttm_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.rttm"
    with pytest.raises(InputError, match="cannot be read"):
        read_rttm(path)
    path.write_bytes(b";; nothing\n")
    with pytest.raises(InputError, match="holds no turns"):
        read_rttm(path)
    path.write_bytes(f"{LINE}\n".encode() + b"SPEAKER \xff\xfe\n")
    with pytest.raises(InputError, match="line 2: this is not UTF-8"):
        read_rttm(path)


@given(st.binary(max_size=200))
def test_rubbish_is_refused_and_never_crashes(data: bytes) -> None:
    try:
        read_rttm_text(data.decode("utf-8", "replace"), "a.rttm")
    except InputError as error:
        assert "a.rttm" in error.what


def test_what_is_written_is_read_back() -> None:
    turns = (Turn(0, 1, "S1"), Turn(12_345, 3_600_001, "Ala z Łodzi"))
    lines = list(rttm_lines(turns, "a talk"))
    assert lines[1] == "SPEAKER a_talk 1 12.345 3587.656 <NA> <NA> Ala_z_Łodzi <NA> <NA>"
    read = read_rttm_text("\n".join(lines), "a.rttm")["a_talk"]
    assert [(turn.start_ms, turn.end_ms) for turn in read] == [(0, 1), (12_345, 3_600_001)]
