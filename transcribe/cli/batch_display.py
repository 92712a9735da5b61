"""A batch on a terminal: a live table of the recordings near the one at work, and how far all of them are."""

from __future__ import annotations

import time
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

from transcribe.cli.display import REFRESH_SECONDS, Display, is_terminal, open_display
from transcribe.cli.pace import Clock
from transcribe.core.events import (
    Covered,
    Event,
    FileFailed,
    FileSkipped,
    FileStarted,
    FileUnapproved,
    MachineAdvanced,
    Noticed,
    Progress,
    StageAdvanced,
    StageStarted,
    WriterAdvanced,
)
from transcribe.core.settings import DisplaySettings
from transcribe.core.streams import drawing
from transcribe.core.text import printable
from transcribe.core.timecode import format_duration
from transcribe.jobs.due import Plan

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

BEFORE = 4
"""Rows above the recording at work."""

MOST_ROWS = 12
FRAME_ROWS = 4
"""Lines of the terminal that are left for what is not a row: the head, the foot and the cursor."""


class BatchDisplay(Display):
    """Draws the table when events come, without a thread of its own: workers are forked from this process."""

    def __init__(
        self, settings: DisplaySettings, plan: Plan, console: Console, clock: Clock = time.monotonic
    ) -> None:
        from rich.live import Live

        super().__init__(settings, lambda line: console.print(line, markup=False, highlight=False), clock)
        self.names = [printable(each.job.name) for each in plan.due]
        self.lengths = [each.audio_ms for each in plan.due]
        self.states = ["waiting"] * len(self.names)
        self.place = {each.job.name: row for row, each in enumerate(plan.due)}
        self.over: set[int] = set()
        self.machines: dict[str, str] = {}
        self.active = 0
        self.began = clock()
        self.drawn = float("-inf")
        self.live = self.moving = Live(
            console=console,
            auto_refresh=False,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        self.live.start()

    def __call__(self, event: Event) -> None:
        """Change a row, and draw the table if there is something to see."""
        super().__call__(event)
        match event:
            case FileStarted():
                self.active = self.place[event.name]
                self.set(self.active, "starting")
            case StageStarted():
                self.set(self.active, event.stage)
            case StageAdvanced():
                percent, speed, left = self.pace.texts()
                self.set(
                    self.active,
                    ", ".join(filter(None, (f"{event.stage} {percent}", speed, left))),
                    often=True,
                )
            case MachineAdvanced():
                self.machines[event.name] = event.machine
                self.set(self.place[event.name], event.summary, often=True)
            case Noticed():
                self.write(event.message)
            case WriterAdvanced():
                self.set(self.active, f"notes {event.done} of {event.total}", often=True)
            case Covered():
                self.end(event.name, f"done: {event.summary}")
            case FileUnapproved():
                self.end(event.name, event.summary)
            case FileSkipped():
                self.end(event.name, event.reason)
            case FileFailed():
                self.end(event.name, f"failed: {event.message}")

    def end(self, name: str, state: str) -> None:
        """Say what became of a recording."""
        self.over.add(self.place[name])
        machine = self.machines.get(name)
        self.set(self.place[name], f"{machine}: {state}" if machine else state)

    def set(self, row: int, state: str, *, often: bool = False) -> None:
        """Say what a recording is at; what happens often is drawn only so often."""
        self.states[row] = printable(state)
        now = self.clock()
        if often and now - self.drawn < REFRESH_SECONDS:
            return
        self.drawn = now
        self.live.update(self.table(), refresh=True)

    def table(self) -> Table:
        """The recordings around the one at work, as many as the terminal has room for."""
        from rich.table import Table
        from rich.text import Text

        table = Table(box=None, expand=True, pad_edge=False, caption=self.foot(), caption_justify="left")
        table.add_column("recording", ratio=2, no_wrap=True, overflow="ellipsis")
        table.add_column("length", justify="right", no_wrap=True)
        table.add_column("state", ratio=3, no_wrap=True, overflow="ellipsis")
        room = max(1, min(MOST_ROWS, self.live.console.height - FRAME_ROWS))
        first = max(0, min(self.active - min(BEFORE, room - 1), len(self.names) - room))
        for row in range(first, min(len(self.names), first + room)):
            length = self.lengths[row]
            cells = (self.names[row], format_duration(length) if length else "", self.states[row])
            table.add_row(*map(Text, cells), style="bold" if row == self.active else "")
        return table

    def foot(self) -> str:
        """How many are done, how much that is, and when the rest will be."""
        done_ms = sum(self.lengths[row] or 0 for row in self.over)
        all_ms = sum(length or 0 for length in self.lengths)
        said = [f"{len(self.over)} of {len(self.names)} recordings"]
        if all_ms:
            said.append(f"{format_duration(done_ms)} of {format_duration(all_ms)}")
        if 0 < done_ms < all_ms:
            seconds = (self.clock() - self.began) * (all_ms - done_ms) / done_ms
            said.append(f"about {format_duration(round(1000 * seconds))} left")
        return ", ".join(said)


def open_batch_display(settings: DisplaySettings, plan: Plan) -> AbstractContextManager[Progress]:
    """A table on a terminal; lines, JSON or nothing where the settings or the place ask for that."""
    if not is_terminal() or settings.quiet or settings.progress not in ("auto", "bar"):
        return open_display(settings)
    from rich.console import Console

    return open_display(settings, display=BatchDisplay(settings, plan, Console(file=drawing())))
