"""Edits of lines that hang together with others, and edits that make no sense."""

from __future__ import annotations

from pathlib import Path

import pytest
from spoken import segment, transcript

from transcribe.core.corrections.apply import row_lines
from transcribe.core.corrections.edit import Line
from transcribe.core.corrections.place import Row, lay
from transcribe.core.corrections.record import Corrections, correction
from transcribe.core.errors import UsageError
from transcribe.formats.example import example_episode
from transcribe.jobs.correct import Opened
from transcribe.jobs.corrections import read_sidecar
from transcribe.jobs.edit_lines import ClashError, Edit, edit_lines

SAID = transcript(segment("one two three"), segment("four five", 10_000), segment("six", 20_000))


def opened(folder: Path, *records: object) -> Opened:
    corrections = Corrections(tuple(records))  # type: ignore[arg-type]
    return Opened(folder / "talk.json", example_episode(), corrections, lay(SAID, corrections))


def lines(of: Opened) -> list[tuple[str, str | None]]:
    return [(line.segment.text, line.segment.speaker) for line in row_lines(of.layer)]


def test_a_correction_of_two_lines_stays_for_the_one_that_is_not_edited(tmp_path: Path) -> None:
    both = correction("speaker", Row(SAID.segments).place(0, 5), "", "Ala")
    of = opened(tmp_path, both)
    assert lines(of) == [("one two three", "Ala"), ("four five", "Ala"), ("six", None)]
    made, touched = edit_lines(of, [Edit(3, 5, (Line("four sixty", "Ben"),), (both.id,))], who="Ala")
    assert lines(made) == [("one two three", "Ala"), ("four sixty", "Ben"), ("six", None)]
    assert touched == (range(5),)
    assert read_sidecar(tmp_path / "talk.corrections.json") == made.corrections


def test_nothing_is_written_where_nothing_changes(tmp_path: Path) -> None:
    of = opened(tmp_path)
    assert lines(edit_lines(of, [Edit(0, 3, (Line("one two three"),))], who="")[0]) == lines(of)
    assert [*tmp_path.iterdir()] == []


def test_a_clash_changes_nothing(tmp_path: Path) -> None:
    of, _ = edit_lines(opened(tmp_path), [Edit(0, 3, (Line("one too three"),))], who="Ben")
    before = (tmp_path / "talk.corrections.json").read_bytes()
    with pytest.raises(ClashError) as caught:
        edit_lines(of, [Edit(0, 3, (Line("one to three"),)), Edit(5, 6, (Line("sixth"),))], who="Ala")
    (clash,) = caught.value.clashes
    assert (clash.who, clash.edit.first, clash.theirs[0].segment.text) == ("Ben", 0, "one too three")
    assert (tmp_path / "talk.corrections.json").read_bytes() == before


@pytest.mark.parametrize(
    ("edits", "why"),
    [
        ([Edit(0, 0, ())], "no words"),
        ([Edit(4, 9, ())], "no words"),
        ([Edit(-1, 3, ())], "no words"),
        ([Edit(0, 3, ()), Edit(2, 5, ())], "no words"),
        ([Edit(0, 3, (Line("a\nb"),))], "no single line"),
        ([Edit(0, 3, (Line(""),))], "no single line"),
        ([Edit(0, 3, (Line("a", "b\nc"),))], "a name"),
        ([Edit(5, 6, (Line("a"), Line("b")))], "too many lines"),
    ],
)
def test_edits_that_make_no_sense_are_refused(tmp_path: Path, edits: list[Edit], why: str) -> None:
    with pytest.raises(UsageError, match=why):
        edit_lines(opened(tmp_path), edits, who="")
