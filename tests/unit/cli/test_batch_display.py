"""What people see of a batch: the plan before it, the table while it goes on."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from season import Season

from transcribe.cli.batch_display import BatchDisplay
from transcribe.cli.batch_plan import as_lines, estimate
from transcribe.core.events import (
    Covered,
    FileFailed,
    FileSkipped,
    FileStarted,
    MachineAdvanced,
    StageAdvanced,
    StageStarted,
)
from transcribe.core.settings import DisplaySettings
from transcribe.jobs.due import Plan
from transcribe.jobs.find import LeftOut


class Clock:
    """Goes on by a second each time somebody looks."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        self.now += 1.0
        return self.now


@pytest.fixture
def season(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Season:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TRANSCRIBE_WORK_DIR", str(tmp_path / "work"))
    monkeypatch.setenv("TRANSCRIBE_CONFIG", str(tmp_path / "no.toml"))
    return Season(tmp_path)


def shown(plan: Plan, *events: Any, height: int = 24, width: int = 100) -> tuple[list[str], str]:
    """The rows and the foot of the table after these events, and what stays on the terminal."""
    console = Console(file=io.StringIO(), force_terminal=True, width=width, height=height, color_system=None)
    display = BatchDisplay(DisplaySettings(), plan, console, Clock())
    for event in events:
        display(event)
    table = display.table()
    display.close()
    stays = console.file.getvalue()  # type: ignore[attr-defined]
    with console.capture() as capture:
        console.print(table)
    return [line.rstrip() for line in capture.get().splitlines()], stays


def test_the_table_says_what_each_recording_is_at(season: Season) -> None:
    season.record("a.wav", "日本語.wav", "c.wav", "d.wav")
    rows, stays = shown(
        season.plan(),
        FileStarted("in/a.wav", 1, 4),
        StageStarted("recognise", 2000),
        Covered("in/a.wav", 99.5, 1, "99.5 % of speech covered, 1 spot to check"),
        FileStarted("in/c.wav", 2, 4),
        FileFailed("in/c.wav", "in/c.wav is empty", 3),
        FileStarted("in/d.wav", 3, 4),
        StageStarted("recognise", 2000),
        StageAdvanced("recognise", 1000),
    )
    assert rows[0].split() == ["recording", "length", "state"]
    assert rows[1].endswith("done: 99.5 % of speech covered, 1 spot to check")
    assert rows[2].endswith("failed: in/c.wav is empty")
    assert "recognise 50 %" in rows[3]
    assert rows[4].endswith("waiting")
    assert rows[4].startswith("in/日本語.wav")
    assert rows[5].strip().startswith("2 of 4 recordings, 4 s of 8 s, about")
    assert "in/c.wav: failed: in/c.wav is empty" in stays


def test_the_machine_that_has_a_recording_stands_before_its_state(season: Season) -> None:
    season.record("a.wav", "b.wav")
    rows, _ = shown(
        season.plan(),
        MachineAdvanced("in/a.wav", "studio-1", "bring"),
        MachineAdvanced("in/b.wav", "studio-2", "recognise", 400, 1000),
        Covered("in/a.wav", 100, 0, "100 % of speech covered"),
    )
    assert rows[1].endswith("studio-1: done: 100 % of speech covered")
    assert rows[2].endswith("studio-2: recognise 40 %")


def test_the_table_fits_the_terminal_and_follows_the_work(season: Season) -> None:
    season.record(*(f"{number:02}.wav" for number in range(30)))
    plan = season.plan()
    rows, _ = shown(plan, FileStarted("in/20.wav", 21, 30), height=10, width=40)
    assert len(rows) == 8
    assert [row.split()[0] for row in rows[1:-1]] == [f"in/{number}.wav" for number in range(16, 22)]
    assert all(len(row) <= 40 for row in rows)
    rows, _ = shown(
        plan, FileStarted("in/29.wav", 30, 30), FileSkipped("in/29.wav", "another run has done it")
    )
    assert [row.split()[0] for row in rows[1:-1]][-1] == "in/29.wav"
    assert rows[-1].strip().startswith("1 of 30 recordings")


def test_the_plan_is_a_table_with_reasons(season: Season) -> None:
    season.record("a.wav")
    season.run()
    season.record("日本語.wav")
    plan = Plan(season.plan().decisions, (LeftOut("http://h/x", "not on this machine"),))
    assert list(as_lines(plan)) == [
        "skip          2 s  in/a.wav       up to date",
        "run           2 s  in/日本語.wav  new",
        "left out           http://h/x     not on this machine",
    ]


def test_how_long_it_will_take(season: Season) -> None:
    season.record("a.wav", "b.wav")
    plan = season.plan()
    assert estimate(plan, None) == "2 recordings, 2 to do, 4 s of audio, time not known before a first run"
    assert estimate(plan, 0.5) == (
        "2 recordings, 2 to do, 4 s of audio, about 8 s at 0.5× real time, as in the last run"
    )
    season.run()
    assert estimate(season.plan(), 2) == "2 recordings, nothing to do"
