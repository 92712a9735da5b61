"""The loop: see, wait, look, transcribe, tell; one turn does a little of each, and none waits for another."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from multiprocessing.connection import wait
from typing import Any

from transcribe.core.disk import too_full
from transcribe.core.errors import OutputError, TranscribeError
from transcribe.core.events import Noticed, Progress, Warned
from transcribe.core.places import work_root
from transcribe.core.text import readable
from transcribe.core.unexpected import ends_run, for_people
from transcribe.jobs.queue import State
from transcribe.watch.events import Events
from transcribe.watch.heartbeat import EVERY_S, Heartbeat, beat
from transcribe.watch.working import Working

LOOK_S = 0.3
"""So long files are looked at in one turn."""

PAUSE_S = 10.0
"""How often a disk that is full, or a folder that is not there, is looked at again."""

ROUNDS = 8
"""After so many turns in a row that an unexpected error ended, the watcher ends: after 21 minutes."""

LISTEN_AGAIN_S = 60.0
"""How often it is tried to be told of changes after that failed."""

STOPPED = "the watcher was stopped while it worked on this"

IDLE_S = 1.0
"""Longest sleep: other processes write into the ledger (`watch retry`) and are not heard."""


@dataclass(frozen=True)
class Rhythm:
    """How often things are done.

    Attributes:
        rescan: Seconds between two scans of the whole folder.
        poll: The same where changes are not told; 0: they are.
        keep_loaded: Seconds without work after which the model is let go.
        min_free: Bytes that have to be free on the disks that are written to.
    """

    rescan: float = 300.0
    poll: float = 0.0
    keep_loaded: float = 120.0
    min_free: int = 500_000_000


class Watcher:
    """Everything that belongs to one watched folder.

    Args:
        working: Transcribes them; has the folders, the ledger, and all that does the work.
    """

    def __init__(
        self,
        working: Working,
        rhythm: Rhythm,
        progress: Progress,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._working = working
        self._folders = working.folders
        self._queue = working.queue
        self._intake = working.intake
        self._worker = working.worker
        self._courier = working.courier
        self._rhythm = rhythm
        self._progress = progress
        self._clock = clock
        self._started = time.time()
        self._events: Events | None = None
        self._next_scan = self._next_beat = self._next_listen = self._next_check = 0.0
        self._worked = clock()
        self._changes = self._queue.changes()
        self._missing = self._scanned = self._disordered = False
        self._deaf = ""
        self._failures = 0

    def run(self, stopped: Callable[[], bool]) -> None:
        """Watch until it is time to stop; what is being worked on goes on next time.

        Raises:
            TranscribeError: Unexpected errors ended too many turns in a row.
        """
        self._folders.sweep()
        self._working.resume_moves()
        recovered = self._queue.recover(STOPPED)
        if recovered:
            self._progress(Noticed(f"going on with {readable(recovered[0].name)}"))
        self._listen()
        with ExitStack() as end:  # the last one first, whatever becomes of the others
            end.callback(self._beat, "stopped")
            end.callback(self._stop_listening)
            end.callback(self._courier.close)
            end.callback(self._working.abandon)
            while self._round(stopped):
                pass

    def _round(self, stopped: Callable[[], bool]) -> bool:
        """One turn, and the wait for the next; whether there is one."""
        try:
            if stopped():
                return False
            pause = self.turn()
        except (OutputError, OSError) as error:
            self._rest(PAUSE_S, str(error), stopped)
        except Exception as error:
            if ends_run(error):
                raise
            self._unexpected(error, stopped)
        else:
            self._failures = 0
            wait(self._handles(), pause)  # asked for after the turn, which may have closed some
        return True

    def turn(self) -> float:
        """Do what is due; in how many seconds there is more, if nothing happens before."""
        now = self._clock()
        if self._disordered:
            self._queue.recover(STOPPED)
            self._disordered, self._next_scan = False, now
        self._see(now)
        self._working.turn()
        self._begin()
        until = now + LOOK_S
        while not self._missing and self._intake.look() and self._clock() < until:
            if wait(self._handles(), 0):
                break
        self._begin()  # once more: what was just found complete need not wait for the next turn
        self._courier.turn()
        self._let_go()
        if self._clock() >= self._next_beat:
            self._beat(self._status())
        return self._sleep()

    def _unexpected(self, error: Exception, stopped: Callable[[], bool]) -> None:
        """An error that nobody foresaw, and no recording's: tried again, after twice as long each time.

        Raises:
            TranscribeError: It was so too often.
        """
        self._failures += 1
        said = for_people(error, debug=self._working.debug)
        if self._failures >= ROUNDS:
            told = f"{said.what}: so it was {ROUNDS} times in a row, and the watcher ends"
            last = TranscribeError(told, f"{said.hint}. The next start goes on here".removeprefix(". "))
            last.exit_code = said.exit_code
            raise last from error
        self._rest(PAUSE_S * 2 ** (self._failures - 1), said.what, stopped)

    def _rest(self, seconds: float, why: str, stopped: Callable[[], bool]) -> None:
        """The ledger cannot be written, or something else is wrong: put all down, begin anew later."""
        self._working.forget()
        self._disordered = True
        self._progress(Warned(f"goes on in {seconds:g} s: {why}"))
        until = self._clock() + seconds
        while (left := until - self._clock()) > 0 and not stopped():
            if self._clock() >= self._next_beat:
                self._beat(f"paused: {why}")
            wait([], min(left, IDLE_S))

    @property
    def through(self) -> bool:
        """Whether nothing is left to do now; what is tried again later does not count."""
        if self._disordered or not self._scanned:
            return False
        counts = self._queue.counts()
        left = counts[State.WAITING] + counts[State.READY] + counts[State.WORKING]
        return not (left or len(self._intake.settling) or self._courier.busy)

    def _see(self, now: float) -> None:
        changed = self._events.take() if self._events is not None else set()
        if now >= self._next_check:
            self._next_check = now + IDLE_S
            if (changes := self._queue.changes()) != self._changes:
                self._changes = changes
                self._next_scan = now
        if not self._is_there(now):
            return
        self._listen()
        if now >= self._next_scan or "" in changed:
            self._intake.scan()
            self._scanned = True
            self._next_scan = self._clock() + self._period()
        elif changed:
            self._intake.touched(changed)

    def _is_there(self, now: float) -> bool:
        there = self._intake.there()
        if not there and not self._missing:
            self._progress(Warned(f"{self._folders.inbox} is not there any more; waiting until it is back"))
        if there and self._missing:
            self._progress(Noticed(f"{self._folders.inbox} is back"))
            self._next_scan = now
            self._stop_listening()
        self._missing = not there
        return there

    def _listen(self) -> None:
        """Have changes told, unless they are to be polled; anew after a failure."""
        alive = self._events is not None and self._events.alive
        if self._rhythm.poll or alive or self._clock() < self._next_listen:
            return
        self._stop_listening()
        events = Events(self._folders.inbox)
        self._next_listen = self._clock() + LISTEN_AGAIN_S
        if events.start():
            self._events, self._deaf = events, ""
            self._next_scan = self._clock()  # what happened meanwhile was not told
            return
        if events.problem != self._deaf:
            self._deaf = events.problem
            self._progress(
                Warned(f"changes are not told ({self._deaf}); looking every {PAUSE_S:g} s instead")
            )
        events.close()

    def _stop_listening(self) -> None:
        if self._events is not None:
            self._events.close()
            self._events = None

    def _period(self) -> float:
        if self._events is not None and self._events.alive:
            return self._rhythm.rescan
        return self._rhythm.poll or PAUSE_S

    def _begin(self) -> None:
        if self._missing or not self._working.free:
            return
        folders = self._folders
        written = filter(None, (folders.out, folders.state, work_root(), folders.waiting))
        full = too_full(tuple(written), self._rhythm.min_free)
        if full:
            self._working.block(full, PAUSE_S)
        elif self._working.unblocked():
            while self._working.free and self._working.begin():
                self._worked = self._clock()

    def _let_go(self) -> None:
        """Start the process while the first file is still waited for; end it after long without work."""
        now = self._clock()
        if self._working.current is not None:
            self._worked = now
        elif self._intake.soon():
            if not self._working.blocked:
                self._worker.start()
        elif self._worker.running and now - self._worked > self._rhythm.keep_loaded:
            self._worker.stop()

    def _beat(self, status: str) -> None:
        self._next_beat = self._clock() + EVERY_S
        current = self._working.current
        with suppress(Exception):  # whatever is wrong with it is told where it matters
            beat(
                self._folders.state,
                Heartbeat(
                    pid=os.getpid(),
                    at=time.time(),
                    started=self._started,
                    status=status,
                    working=readable(current.job.name) if current else "",
                    progress=current.stage if current else "",
                    counts={state.value: count for state, count in self._queue.counts().items()},
                    inbox=readable(str(self._folders.inbox)),
                    polling=self._events is None,
                    model_loaded=self._worker.running,
                ),
            )

    def _status(self) -> str:
        if self._missing:
            return "paused: the watched folder is not there"
        if self._working.blocked:
            return f"paused: {self._working.blocked}"
        return "working" if self._working.current else "idle"

    def _handles(self) -> list[Any]:
        return [*self._worker.handles, *([self._events.wake] if self._events else [])]

    def _sleep(self) -> float:
        due = self._intake.settling.next_due()
        soon = IDLE_S if due is None else max(0.0, min(IDLE_S, due - self._clock()))
        return min(soon, 0.1) if self._courier.busy else soon
