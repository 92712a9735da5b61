"""Tables for spreadsheets: no text in them is run, ends its cell or ends its row."""

from __future__ import annotations

import csv
import io
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transcribe.core.settings import SubtitleSettings
from transcribe.formats.example import example_episode
from transcribe.formats.known import FORMATS, render
from transcribe.formats.tables import FORMULA, cell

TABLES = [each.name for each in FORMATS.values() if each.media_type.startswith(("text/csv", "text/tab-sep"))]


def test_there_are_tables() -> None:
    assert {*TABLES} == {"csv", "tsv"}


STARTS = [*FORMULA, "\t=", "\r=", "\n=", '"=', '""+', ' "@', "\u2028-", "\x85=", "\x00="]


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("start", STARTS)
def test_no_cell_is_run(start: str, name: str) -> None:
    episode, text = example_episode(), f"{start}1+1\tx\r\ny\x0bz"
    segment = episode.transcript.segments[0]
    first = replace(segment, words=(replace(segment.words[0], text=text),), speaker=text)
    transcript = replace(episode.transcript, segments=(first, *episode.transcript.segments[1:]))
    content = render(replace(episode, transcript=transcript), name, SubtitleSettings()).decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(content, newline=""), delimiter="\t" if name == "tsv" else ","))
    assert len(rows) == 1 + len(transcript.segments)
    assert {len(row) for row in rows} == {len(rows[0])}
    assert rows[1][-1].startswith("'")
    assert not any(each.startswith(FORMULA) for row in rows for each in row)


@given(st.text())
def test_a_cell_is_one_line_that_reads_the_same_again(text: str) -> None:
    once = cell(text)
    assert cell(once) == once
    assert len(once.splitlines()) < 2
    assert "\t" not in once
    assert not once.strip('" ').startswith(FORMULA)
