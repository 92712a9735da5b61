"""How a run looks from outside: a bar, plain lines or JSON lines on standard error, or nothing."""

from __future__ import annotations

import os
import re
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from transcribe.cli.pace import Clock, Pace
from transcribe.core.events import (
    Covered,
    Event,
    FileFailed,
    FileFinished,
    FileSkipped,
    FileStarted,
    FileUnapproved,
    LanguageDetected,
    MachineAdvanced,
    Noticed,
    Progress,
    SegmentRecognised,
    SpeakersTold,
    StageAdvanced,
    StageFinished,
    StageStarted,
    TrackPlaced,
    TrackStarted,
    Warned,
    WriterAdvanced,
)
from transcribe.core.seal import HELD_ENV
from transcribe.core.settings import DisplaySettings
from transcribe.core.streams import drawing
from transcribe.core.text import printable, shown
from transcribe.core.timecode import format_duration

if TYPE_CHECKING:
    from rich.console import Console
    from rich.live import Live
    from rich.progress import Progress as RichProgress

Write = Callable[[str], None]

REFRESH_SECONDS = 0.1
"""The bar is drawn at most so often; events of fast stages come far more often."""

PLAIN_STEP = 10
"""Percent between two plain lines of a stage."""

VISIBLE_STAGES = ("normalise", "detect", "languages", "recognise", "diarise", "questions")
"""Stages that take time; the others are over before a line about them could be read."""


class Display:
    """What `quiet` and `none` show: failures, and warnings unless quiet. The others show more.

    Args:
        write: Takes one line for standard error.
    """

    def __init__(self, settings: DisplaySettings, write: Write, clock: Clock = time.monotonic) -> None:
        self.settings = settings
        self.clock = clock
        self.pace = Pace(clock)
        self.moving: RichProgress | Live | None = None
        self._write = write

    def write(self, line: str) -> None:
        """Write one line, whatever a stranger has put into it."""
        self._write(printable(line))

    def __call__(self, event: Event) -> None:
        """Show an event, if it is to be shown."""
        match event:
            case FileFailed():
                self.write(f"{event.name}: failed: {event.message}")
            case Warned() if not self.settings.quiet:
                self.write(f"warning: {event.message}")
            case StageStarted():
                self.pace = Pace(self.clock, event.total_ms)
            case StageAdvanced():
                self.pace.done_ms, self.pace.resumed_ms = event.done_ms, event.resumed_ms

    def said(self, event: Event) -> tuple[str, str]:
        """What an event says about a file, and the file's name where that is not said before; or nothing."""
        match event:
            case StageFinished() if self.settings.verbose:
                return _stage_result(event, self.pace), ""
            case FileFinished():
                return _file_result(event), event.name
            case FileSkipped():
                return event.reason, event.name
            case Covered() | FileUnapproved():
                return event.summary, event.name
            case TrackPlaced() | LanguageDetected() | SpeakersTold():
                return event.summary, ""
        return "", ""

    @contextmanager
    def pause(self) -> Iterator[None]:
        """While this is open, something else may write to the terminal: what moves there is taken away."""
        if self.moving:
            self.moving.stop()
        try:
            yield
        finally:
            if self.moving:
                self.moving.start()

    def close(self) -> None:
        """Take away what moves on the terminal."""
        if self.moving:
            self.moving.stop()


class PlainDisplay(Display):
    """A line for each file, for each stage that takes time, and for every tenth of it."""

    def __init__(self, settings: DisplaySettings, write: Write, clock: Clock = time.monotonic) -> None:
        super().__init__(settings, write, clock)
        self.next_percent = 0
        self.machines: dict[str, str] = {}

    def __call__(self, event: Event) -> None:
        """Write the lines an event is worth."""
        super().__call__(event)
        match event:
            case FileStarted():
                self.write(_position(event) + event.name)
            case StageStarted() if event.stage in VISIBLE_STAGES:
                self.next_percent = PLAIN_STEP
                self.write(f"  {event.stage}")
            case StageAdvanced():
                self._advanced(event)
            case WriterAdvanced():
                self.write("  notes " + ", ".join(filter(None, _writer_texts(event, self.pace.seconds))))
            case TrackStarted():
                self.write(f"  {_track(event)}")
            case Noticed():
                self.write(event.message)
            case MachineAdvanced() if self.machines.get(event.name) != event.machine:
                self.machines[event.name] = event.machine
                self.write(f"{event.name}: on {event.machine}")
        if text := self.said(event)[0]:
            self.write(f"  {text}")

    def _advanced(self, event: StageAdvanced) -> None:
        percent = self.pace.percent
        if percent is None or not self.next_percent <= percent < 100:
            return
        self.next_percent = percent - percent % PLAIN_STEP + PLAIN_STEP
        self.write(f"  {event.stage} " + ", ".join(filter(None, self.pace.texts())))


class JsonDisplay(Display):
    """Every event as one JSON object on one line, for programs; described in docs/cli.md."""

    def __call__(self, event: Event) -> None:
        """Write the event under the name of its class: `{"event": "stage_started", ...}`."""
        import msgspec

        fields = msgspec.to_builtins(event)
        if isinstance(event, SegmentRecognised):
            fields["text"] = event.segment.text
        line = {"event": event_name(type(event)), **shown(fields)}
        self.write(msgspec.json.encode(line).decode())


class BarDisplay(Display):
    """A bar that stands for the file at work: stage, percent, speed and time left.

    It is drawn when events come, without a thread of its own: workers are forked from this process.
    """

    def __init__(self, settings: DisplaySettings, console: Console, clock: Clock = time.monotonic) -> None:
        super().__init__(
            settings, lambda line: self.bar.console.print(line, markup=False, highlight=False), clock
        )
        self.bar = self.moving = _make_bar(console)
        self.task = self.bar.add_task("", total=None, visible=False, percent="", speed="", left="", stage="")
        self.drawn = float("-inf")
        self.bar.start()

    def __call__(self, event: Event) -> None:
        """Redraw the bar, and write above it what should stay."""
        super().__call__(event)
        match event:
            case FileStarted():
                self.bar.update(self.task, description=_position(event) + printable(event.name), visible=True)
            case StageStarted():
                self._draw(event.stage, at_once=True)
            case StageAdvanced():
                self._draw(event.stage, at_once=False)
            case WriterAdvanced():
                self._draw_writer(event)
            case TrackStarted():
                self.bar.update(self.task, description=printable(_track(event)), visible=True)
            case Noticed():
                self.write(event.message)
        text, name = self.said(event)
        if text:
            self.write(f"{name}: {text}" if name else text)

    def _draw(self, stage: str, *, at_once: bool) -> None:
        now = self.clock()
        if not at_once and now - self.drawn < REFRESH_SECONDS:
            return
        self.drawn = now
        percent, speed, left = self.pace.texts()
        self.bar.update(
            self.task,
            total=100,
            completed=self.pace.percent or 0,
            stage=stage,
            percent=percent,
            speed=speed,
            left=left,
            refresh=True,
        )

    def _draw_writer(self, event: WriterAdvanced) -> None:
        percent, speed, left = _writer_texts(event, self.pace.seconds)
        done = 100 * event.done // max(1, event.total)
        self.bar.update(
            self.task, total=100, completed=done, percent=percent, speed=speed, left=left, refresh=True
        )


class LiveText:
    """Prints the text of each segment to standard output as it becomes known, and tells a display."""

    def __init__(self, display: Display) -> None:
        self.display = display

    def __call__(self, event: Event) -> None:
        """Print a segment's text at once."""
        if isinstance(event, SegmentRecognised):
            with self.display.pause():
                click.echo(printable(event.segment.text))  # flushes
        self.display(event)


@contextmanager
def open_display(
    settings: DisplaySettings, warnings: Iterable[str] = (), display: Display | None = None
) -> Iterator[Progress]:
    """The display that the settings choose, or this one: told the warnings, then every event of a run."""
    display = display or choose_display(settings, terminal=is_terminal())
    progress: Progress = LiveText(display) if settings.live else display
    if HELD_ENV in os.environ:
        progress = _telling_of_attempts(progress)
    try:
        for warning in warnings:
            progress(Warned(warning))
        yield progress
    finally:
        display.close()


def _telling_of_attempts(progress: Progress) -> Progress:
    """Tells of whoever tried to reach the network, before the event that follows."""
    from transcribe.core.seal.take import untold

    def tell(event: Event) -> None:
        if not isinstance(event, StageAdvanced | SegmentRecognised | WriterAdvanced):  # there are thousands
            for each in untold():
                progress(Warned(str(each)))
        progress(event)

    return tell


def choose_display(settings: DisplaySettings, *, terminal: bool) -> Display:
    """The display for these settings; a bar only where standard error is a terminal."""
    style = settings.progress
    if style == "json":
        return JsonDisplay(settings, _write_line)
    if settings.quiet or style == "none":
        return Display(settings, _write_line)
    if style == "plain" or not terminal:
        return PlainDisplay(settings, _write_line)
    from rich.console import Console

    return BarDisplay(settings, Console(file=drawing()))


def event_name(kind: type) -> str:
    """What JSON lines call an event: `stage_started` for StageStarted."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", kind.__name__).lower()


def _make_bar(console: Console) -> RichProgress:
    from rich.progress import BarColumn, TextColumn
    from rich.progress import Progress as RichProgress
    from rich.table import Column

    def text(field: str, column: Column) -> TextColumn:
        return TextColumn(f"{{task.{field}}}", markup=False, table_column=column)

    def narrow(width: int) -> Column:
        return Column(min_width=width, no_wrap=True, justify="right")

    return RichProgress(
        text("description", Column(ratio=1, no_wrap=True, overflow="ellipsis")),
        text("fields[stage]", Column(no_wrap=True)),
        BarColumn(bar_width=12),
        text("fields[percent]", narrow(5)),
        text("fields[speed]", Column(no_wrap=True)),
        text("fields[left]", narrow(9)),
        console=console,
        auto_refresh=False,
        transient=True,
        expand=True,
        redirect_stdout=False,
        redirect_stderr=False,
    )


def _position(event: FileStarted) -> str:
    return f"[{event.number}/{event.count}] " if event.count > 1 else ""


def _track(event: TrackStarted) -> str:
    return f"track {event.number}/{event.count}: {event.speaker} ({event.name})"


def _stage_result(event: StageFinished, pace: Pace) -> str:
    """What a stage cost, for people who want to know."""
    if event.resumed:
        return f"{event.stage}: kept from an earlier run"
    speed = pace.texts()[1]
    return f"{event.stage}: {pace.seconds:.1f} s" + (f", {speed}" if speed else "")


def _writer_texts(event: WriterAdvanced, seconds: float) -> tuple[str, str, str]:
    """How far a language model is, how fast it writes, and how long the rest takes at that pace."""
    left_ms = round(1000 * seconds / event.done * (event.total - event.done)) if event.done else 0
    return (
        f"{event.done} of {event.total}",
        f"{event.tokens_per_second:.1f} tokens/s" if event.tokens_per_second else "",
        f"{format_duration(left_ms)} left" if left_ms else "",
    )


def _file_result(event: FileFinished) -> str:
    outputs = ", ".join(event.outputs)
    return f"written: {outputs}" if outputs else "done"


def is_terminal() -> bool:
    """Whether standard error can show what moves."""
    return sys.stderr is not None and sys.stderr.isatty() and os.environ.get("TERM") != "dumb"


def _write_line(line: str) -> None:
    click.echo(line, err=True)
