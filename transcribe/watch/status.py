"""How a watcher is doing, read from its ledger and its heartbeat, whether it runs or not."""

from __future__ import annotations

import fcntl
import os
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import filelock

from transcribe.core.disk import disk_errors
from transcribe.core.errors import InputError, UsageError
from transcribe.core.files import PRIVATE_FILE, private_folder
from transcribe.core.reading import CAREFUL
from transcribe.core.text import readable
from transcribe.jobs.ledger import Entry, Ledger, LedgerError, Problem, read
from transcribe.jobs.queue import Queue, State
from transcribe.watch.folders import LEDGER, state_folder
from transcribe.watch.heartbeat import Heartbeat, last_beat

LOCK = "watcher.lock"
SHOWN = 20


@dataclass(frozen=True)
class Status:
    """What there is to say.

    Attributes:
        deliveries: Messages that are pending, delivered, given up.
    """

    running: bool
    heartbeat: Heartbeat | None
    counts: dict[State, int]
    deliveries: dict[str, int]
    unapproved: list[Entry]
    failed: list[Entry]
    retrying: list[Entry]
    refused: list[Entry]

    def as_json(self) -> dict[str, Any]:
        """The same for programs; described in docs/watch.md."""
        beat = self.heartbeat
        return {
            "running": self.running,
            "status": (beat.status if beat and self.running else "stopped"),
            "pid": beat.pid if beat and self.running else None,
            "seconds_since_heartbeat": round(time.time() - beat.at, 1) if beat else None,
            "working": beat.working if beat and self.running else "",
            "progress": beat.progress if beat and self.running else "",
            "inbox": beat.inbox if beat else "",
            "counts": {state.value: count for state, count in self.counts.items()},
            "messages": self.deliveries,
            "unapproved": list(map(_listed, self.unapproved)),
            "failed": list(map(_listed, self.failed)),
            "retrying": list(map(_listed, self.retrying)),
            "refused": list(map(_listed, self.refused)),
        }

    def as_lines(self) -> list[str]:
        """The same for people; a line may hold a stranger's text."""
        said = self.as_json()
        head = said["status"] + (f" (process {said['pid']})" if self.running else "")
        if said["working"]:
            head += f": {said['working']}" + (f", {said['progress']}" if said["progress"] else "")
        lines = [head, ""]
        lines += [f"{count:>7}  {state.value}" for state, count in self.counts.items() if count] or [
            "no files yet"
        ]
        for title, jobs in (
            ("waiting for approval", self.unapproved),
            ("failed", self.failed),
            ("tried again", self.retrying),
            ("refused", self.refused),
        ):
            lines += ["", f"{title}:"] if jobs else []
            lines += [f"  {each.name}: {each.reason}" for each in jobs[:SHOWN]]
            lines += [f"  and {len(jobs) - SHOWN} more; --json lists all"] if len(jobs) > SHOWN else []
        if waiting := self.deliveries.get("pending"):
            lines += ["", f"messages that wait to be delivered: {waiting}"]
        if lost := self.deliveries.get("given up"):
            lines += ["", f"messages that could not be delivered: {lost}"]
        return lines


def read_status(out: Path, chosen: Path | None) -> Status:
    """Read it; nothing is written.

    Raises:
        InputError: No watcher was ever started for this folder of results.
        OutputError: The ledger cannot be read.
    """
    folder = state_folder(out, chosen)

    def status(ledger: Ledger) -> Status:
        return Status(
            running=is_locked(folder),
            heartbeat=last_beat(folder),
            counts=ledger.counts(),
            deliveries=ledger.messages(),
            unapproved=ledger.entries(State.UNAPPROVED),
            failed=ledger.entries(State.FAILED),
            retrying=ledger.entries(State.RETRYING),
            refused=ledger.entries(State.REFUSED),
        )

    try:
        return read(folder / LEDGER, status)
    except LedgerError as error:
        raise _never_started(out) if error.problem is Problem.MISSING else error from error


def existing_queue(out: Path, chosen: Path | None) -> closing[Queue]:
    """The ledger of a watcher that was started once, to be closed.

    Raises:
        InputError: There is none.
        OutputError: It cannot be read.
    """
    path = state_folder(out, chosen) / LEDGER
    if not path.exists():
        raise _never_started(out)
    return closing(Queue(path))


def _never_started(out: Path) -> InputError:
    return InputError(f"no watcher has written into {out}", "Start one: transcribe watch FOLDER --out FOLDER")


def is_locked(folder: Path) -> bool:
    """Whether a watcher is at work; nothing is written for it, and where nobody can lock, nobody is."""
    try:
        number = os.open(folder / LOCK, os.O_RDONLY | CAREFUL)
    except OSError:
        return False
    try:
        fcntl.flock(number, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    finally:
        os.close(number)  # and with it the lock
    return False


def lock_for(folder: Path) -> filelock.BaseFileLock:
    """The lock that a watcher holds while it is at work, held.

    Raises:
        UsageError: Another one has it.
    """
    with disk_errors(folder, "making"):
        private_folder(folder)
    lock = filelock.FileLock(folder / LOCK, mode=PRIVATE_FILE)
    try:
        lock.acquire(timeout=1)  # `watch status` has it for a moment
    except filelock.Timeout:
        beat = last_beat(folder)
        who = f" (process {beat.pid})" if beat else ""
        raise UsageError(
            f"another watcher{who} is at work with the ledger in {folder}",
            "Stop it first, or choose another folder with --out",
        ) from None
    return lock


def _listed(job: Entry) -> dict[str, Any]:
    return {
        "name": readable(job.name), "since": job.since, "reason": job.reason, "hint": job.hint,
        "attempts": job.attempts,
        **({"not_before": job.not_before} if job.state is State.RETRYING else {}),
    }  # fmt: skip
