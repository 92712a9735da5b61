"""`transcribe watch FOLDER --out FOLDER`: watch until told to stop."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from transcribe.cli.options import SettingsCommand, check_policy_flag
from transcribe.cli.watch_options import FOLDER, WatchOptions, watch_options
from transcribe.core.config import Resolved

NO_SENSE = ("output", "live", "force")
"""Settings that have no meaning for a folder that is watched."""


class WatchCommand(SettingsCommand):
    """A command with every setting that makes sense in a service."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.params = [each for each in self.params if each.name not in NO_SENSE]


@contextmanager
def stop_signals() -> Iterator[list[int]]:
    """SIGINT and SIGTERM as they come, for as long as this is open; not those that are to be ignored."""
    came: list[int] = []
    before = {each: signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)}
    taken = [each for each in before if before[each] is not signal.SIG_IGN]
    for number in taken:
        signal.signal(number, lambda caught, _frame: came.append(caught))
    try:
        yield came
    finally:
        for number in taken:
            signal.signal(number, before[number])


@click.command("run", cls=WatchCommand)
@click.argument("inbox", metavar="FOLDER", type=FOLDER)
@watch_options
@click.pass_context
def run(context: click.Context, /, inbox: Path, resolved: Resolved, **given: Any) -> None:
    """Transcribe every recording that is put into FOLDER, once it is complete.

    Recordings are never changed. What fails is tried again, and at last told in OUT/failed; a
    watcher that was stopped or killed goes on where it was.
    """
    from transcribe.archive.follow import keeping
    from transcribe.cli.display import open_display
    from transcribe.cli.watch_open import open_watcher
    from transcribe.core.events import Noticed

    check_policy_flag(context, resolved.settings)
    asked = WatchOptions(**given)
    display = resolved.settings.display
    lines = "plain" if display.progress in ("auto", "bar") else display.progress  # it runs for days
    settings = replace(resolved.settings, display=replace(display, live=False, progress=lines))
    with (
        open_display(settings.display, resolved.warnings) as progress,
        open_watcher(inbox, settings, asked, keeping(progress, settings)) as (folders, watcher),
        stop_signals() as came,
    ):
        progress(Noticed(f"watching {folders.inbox}, results in {folders.out}"))
        watcher.run(lambda: bool(came) or (asked.once and watcher.through))
        if came:
            progress(Noticed("stopped; the next start goes on here"))
    context.exit(128 + came[-1] if came else 0)
