"""What people and programs see of a run."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from rich.cells import cell_len
from rich.console import Console

from transcribe.cli.display import (
    BarDisplay,
    Display,
    JsonDisplay,
    LiveText,
    PlainDisplay,
    choose_display,
    open_display,
)
from transcribe.cli.pace import Pace
from transcribe.core.episode import Segment, Word
from transcribe.core.events import (
    Covered,
    Event,
    FileFailed,
    FileFinished,
    FileStarted,
    MachineAdvanced,
    SegmentRecognised,
    StageAdvanced,
    StageFinished,
    StageStarted,
    Warned,
    WriterAdvanced,
)
from transcribe.core.settings import DisplaySettings
from transcribe.core.text import printable

ESCAPE = "\x1b[31mred\nline\u202e.mp3"
PRINTED = "\\x1b[31mred\\nline\\u202e.mp3"

SEGMENT = Segment(0, 900, (Word(0, 400, "Zażółć", 0.9), Word(400, 900, "gęślą.", 0.8)), 0)

RUN: list[Event] = [
    FileStarted(ESCAPE, 1, 2),
    StageStarted("probe"),
    StageFinished("probe"),
    StageStarted("recognise", 100_000),
    Warned("the file ends early"),
    *(StageAdvanced("recognise", percent * 1000) for percent in range(4, 101, 4)),
    SegmentRecognised(SEGMENT),
    StageFinished("recognise"),
    StageStarted("stitch"),
    StageFinished("stitch", resumed=True),
    FileFinished(ESCAPE, ("a.txt", "a.srt")),
    Covered(ESCAPE, 99.17, 3, "99.1 % of speech covered, 3 spots to check"),
    FileStarted("b.mp3", 2, 2),
    FileFailed("b.mp3", "b.mp3 is empty", 3),
]


class Clock:
    """Goes on by one second each time somebody looks."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        self.now += 1.0
        return self.now


def lines_of(kind: type[Display], **settings: Any) -> list[str]:
    lines: list[str] = []
    display = kind(DisplaySettings(**settings), lines.append, Clock())
    for event in RUN:
        display(event)
    return lines


def test_plain_lines() -> None:
    lines = lines_of(PlainDisplay)
    assert lines[:3] == [f"[1/2] {PRINTED}", "  recognise", "warning: the file ends early"]
    shares = [line.split()[1] for line in lines if line.startswith("  recognise ")]
    assert shares == ["12", "20", "32", "40", "52", "60", "72", "80", "92"]
    assert lines[-4:] == [
        "  written: a.txt, a.srt",
        "  99.1 % of speech covered, 3 spots to check",
        "[2/2] b.mp3",
        "b.mp3: failed: b.mp3 is empty",
    ]


def test_each_machine_that_gets_a_recording_is_one_plain_line() -> None:
    said: list[str] = []
    display = PlainDisplay(DisplaySettings(), said.append, Clock())
    for machine in ("studio-1", "studio-1", "studio-2"):
        for done_ms in (0, 500):
            display(MachineAdvanced(ESCAPE, machine, "recognise", done_ms, 1000))
    assert said == [f"{PRINTED}: on studio-1", f"{PRINTED}: on studio-2"]


def test_how_far_a_language_model_is() -> None:
    lines: list[str] = []
    now = 0.0
    display = PlainDisplay(DisplaySettings(), lines.append, lambda: now)
    display(StageStarted("notes"))
    display(WriterAdvanced("summary", 0, 8, 0.0))
    now = 20.0
    display(WriterAdvanced("takeaways", 2, 8, 14.25))
    assert lines == ["  notes 0 of 8", "  notes 2 of 8, 14.2 tokens/s, 1:00 left"]


def test_verbose_adds_what_stages_cost() -> None:
    assert set(lines_of(PlainDisplay)) <= set(lines_of(PlainDisplay, verbose=True))
    assert "  stitch: kept from an earlier run" in lines_of(PlainDisplay, verbose=True)
    assert any(line.startswith("  probe: ") for line in lines_of(PlainDisplay, verbose=True))


def test_none_shows_warnings_and_failures_and_quiet_failures_only() -> None:
    assert lines_of(Display) == ["warning: the file ends early", "b.mp3: failed: b.mp3 is empty"]
    assert lines_of(Display, quiet=True) == ["b.mp3: failed: b.mp3 is empty"]


def test_json_lines_hold_every_event() -> None:
    records = [json.loads(line) for line in lines_of(JsonDisplay)]
    assert len(records) == len(RUN)
    assert records[0] == {"event": "file_started", "name": ESCAPE, "number": 1, "count": 2}
    assert records[3] == {"event": "stage_started", "stage": "recognise", "total_ms": 100_000}
    segment = next(each for each in records if each["event"] == "segment_recognised")
    assert segment["text"] == "Zażółć gęślą."
    assert segment["segment"]["words"][1]["start_ms"] == 400
    assert records[-1] == {
        "event": "file_failed",
        "name": "b.mp3",
        "message": "b.mp3 is empty",
        "exit_code": 3,
    }


def test_pace() -> None:
    now = 10.0
    pace = Pace(lambda: now, total_ms=100_000)
    assert (pace.percent, pace.speed, pace.left_ms) == (0, None, None)
    now, pace.done_ms, pace.resumed_ms = 20.0, 60_000, 40_000
    assert (pace.percent, pace.speed, pace.left_ms) == (60, 2.0, 20_000)
    assert pace.texts() == ("60 %", "2.0× real time", "20 s left")


def test_pace_without_a_total() -> None:
    now = 0.0
    pace = Pace(lambda: now)
    now, pace.done_ms = 10.0, 90_000
    assert pace.texts() == ("1:30", "9.0× real time", "")


def bar_on(console: Console) -> BarDisplay:
    return BarDisplay(DisplaySettings(verbose=True), console, Clock())


def test_the_bar_fits_a_terminal_of_80_columns() -> None:
    display = bar_on(Console(file=io.StringIO(), force_terminal=True, width=80))
    paper = Console(file=io.StringIO(), width=80)
    seen = []
    for event in [FileStarted("名" * 60, 2, 3), *RUN[3:12]]:
        display(event)
        with paper.capture() as capture:
            paper.print(display.bar.get_renderable())
        seen.append(capture.get().splitlines())
    display.close()
    assert [len(lines) for lines in seen] == [1] * 10
    assert all(cell_len(line) <= 80 for lines in seen for line in lines)
    for part in ("[2/3] 名", "recognise", "28 %", "× real time", " left"):
        assert part in seen[-1][0]


def test_above_the_bar_stand_warnings_without_anything_a_terminal_obeys() -> None:
    written = io.StringIO()
    display = bar_on(Console(file=written, force_terminal=False, width=80))
    for event in RUN:
        display(event)
    display.close()
    text = written.getvalue()
    assert "warning: the file ends early\n" in text
    assert f"{PRINTED}: written: a.txt, a.srt\n" in text
    assert "\x1b" not in text


def test_live_text_goes_to_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    lines: list[str] = []
    live = LiveText(PlainDisplay(DisplaySettings(), lines.append, Clock()))
    for event in RUN:
        live(event)
    assert capsys.readouterr().out == "Zażółć gęślą.\n"
    assert lines[0] == f"[1/2] {PRINTED}"


def test_live_text_takes_the_bar_away_first(capsys: pytest.CaptureFixture[str]) -> None:
    display = bar_on(Console(file=io.StringIO(), force_terminal=True, width=80))
    live = LiveText(display)
    for event in RUN:
        live(event)
    assert display.bar.live.is_started
    display.close()
    assert not display.bar.live.is_started
    assert capsys.readouterr().out == "Zażółć gęślą.\n"


@pytest.mark.parametrize(
    ("settings", "terminal", "kind"),
    [
        (DisplaySettings(), True, BarDisplay),
        (DisplaySettings(), False, PlainDisplay),
        (DisplaySettings(progress="bar"), False, PlainDisplay),
        (DisplaySettings(progress="plain"), True, PlainDisplay),
        (DisplaySettings(progress="none"), True, Display),
        (DisplaySettings(progress="json", quiet=True), True, JsonDisplay),
        (DisplaySettings(quiet=True), True, Display),
    ],
)
def test_which_display(settings: DisplaySettings, terminal: bool, kind: type[Display]) -> None:
    display = choose_display(settings, terminal=terminal)
    display.close()
    assert type(display) is kind


def test_the_display_is_closed_when_the_run_fails(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(KeyboardInterrupt), open_display(DisplaySettings(progress="plain")) as progress:
        progress(Warned("half way"))
        raise KeyboardInterrupt
    assert capsys.readouterr().err == "warning: half way\n"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Łódź 日本 👩\u200d👧 مرحبا 'x'", "Łódź 日本 👩\u200d👧 مرحبا 'x'"),
        ("a\x1b]0;title\x07\r\nb", "a\\x1b]0;title\\x07\\r\\nb"),
        ("\udcff", "\\xff"),
        ("\u2028", "\\u2028"),
    ],
)
def test_printable(text: str, shown: str) -> None:
    assert printable(text) == shown
