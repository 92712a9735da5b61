"""What the operating system tells, for real."""

from __future__ import annotations

import os
from collections.abc import Iterator
from multiprocessing.connection import wait
from pathlib import Path

import pytest

from transcribe.watch.events import Events

PATIENCE_SECONDS = 30


@pytest.fixture
def events(tmp_path: Path) -> Iterator[Events]:
    (tmp_path / "in").mkdir()
    found = Events(tmp_path / "in")
    assert found.start(), found.problem
    yield found
    found.close()


def taken(events: Events, name: str) -> set[str]:
    """What was told until this was."""
    told: set[str] = set()
    while name not in told:
        assert wait([events.wake], PATIENCE_SECONDS), told
        told |= events.take()
    return told


def test_a_new_file_a_rename_and_a_file_in_a_new_folder(events: Events, tmp_path: Path) -> None:
    (tmp_path / "in" / "gość.wav.part").write_bytes(b"1")
    taken(events, "gość.wav.part")
    (tmp_path / "in" / "gość.wav.part").rename(tmp_path / "in" / "gość.wav")
    taken(events, "gość.wav")
    (tmp_path / "in" / "day").mkdir()
    taken(events, "day")
    (tmp_path / "in" / "day" / "a.wav").write_bytes(b"1")
    taken(events, "day/a.wav")
    assert events.take() == set() or events.alive


def test_what_happens_to_a_name_that_is_not_utf8_has_everything_looked_at(
    events: Events, tmp_path: Path
) -> None:
    (tmp_path / "in" / os.fsdecode(b"caf\xe9.wav")).write_bytes(b"1")
    taken(events, "")


def test_a_folder_whose_name_is_not_utf8_is_a_problem_and_no_crash(tmp_path: Path) -> None:
    folder = tmp_path / os.fsdecode(b"caf\xe9")
    folder.mkdir()
    events = Events(folder)
    assert not events.start()
    assert events.problem == "the name of the folder is not UTF-8"
    events.close()


def test_a_folder_that_is_not_there_is_a_problem_and_no_crash(tmp_path: Path) -> None:
    events = Events(tmp_path / "nothing")
    assert not events.start()
    assert events.problem
    events.close()
