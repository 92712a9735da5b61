"""Jobs under way: which ones the process that transcribes has, and what becomes of them."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace

from transcribe.core.disk import LEAST_FREE, too_full
from transcribe.core.errors import OutputError
from transcribe.core.events import (
    Progress,
    SegmentRecognised,
    StageAdvanced,
    StageFinished,
    StageStarted,
    Warned,
)
from transcribe.core.places import work_root
from transcribe.core.unexpected import ends_run, for_people
from transcribe.jobs.messages import (
    Changed,
    Down,
    Finished,
    Go,
    Hashed,
    Message,
    More,
    Nothing,
    Request,
    Stumbled,
    Told,
)
from transcribe.jobs.queue import PENDING, QueuedJob, State
from transcribe.jobs.submissions import Submission
from transcribe.jobs.trouble import TRIES, Passing, Trouble, trouble_of, wait_s
from transcribe.jobs.worker import Worker
from transcribe.server.listeners import Line, Listener, Listeners, Stopping
from transcribe.server.schedule import URGENT_MS, Running, Usage, Waiting, gives_way, joins, next_of
from transcribe.server.store import ALIAS, Store

IDLE_S = 1.0
PAUSE_S = 10.0
"""How long nothing is done after the queue could not be written, or something unforeseen happened."""

MACHINE_WAIT_S = 60.0
"""How long nothing is started after something that concerns every job, such as a model that is not there."""

KEPT = ("normalise", "detect")
"""Stages before recognition that take long; what they made is not made again."""

AWAITED_TRIES, AWAITED_WAIT_S = 2, 1.0
"""For jobs that are of no use once their client is gone."""

SWEEP_S, KEEP_S = 60.0, 3600.0
"""How often jobs that nobody else wants are looked for; how long they stay, for a client that asks again."""


@dataclass(eq=False)
class UnderWay:
    """A job that the process has.

    Attributes:
        heard: How many segments it has told since it was started.
        total_ms: Speech in it; 0 while that is not known.
        begun_ms: How much of that had been heard when it was started.
        advanced: Whether it has got further since, with something that is kept.
    """

    job: QueuedJob
    submission: Submission
    heard: int = 0
    stage: StageStarted | None = None
    total_ms: int = 0
    done_ms: int = 0
    begun_ms: int | None = None
    advanced: bool = False

    @property
    def left_ms(self) -> int:
        """How much is still to be heard."""
        length = self.total_ms or self.submission.duration_ms
        return max(0, length - self.done_ms)


class Dispatcher:
    """Has the queue and the process that transcribes.

    Handlers of requests only read here and put down wishes; everything else happens in `turn`.

    Args:
        keep_loaded: Seconds without work after which the process is ended.
        clock: Seconds, for waiting.
    """

    def __init__(
        self,
        store: Store,
        worker: Worker,
        progress: Progress,
        keep_loaded: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.store = store
        self.listeners = Listeners()
        self.under_way: dict[str, UnderWay] = {}
        self.blocked = ""
        self.stopping = False
        self._worker = worker
        self._progress = progress
        self._keep_loaded = keep_loaded
        self._clock = clock
        self._usage = Usage()
        self._awaited: Counter[str] = Counter()
        self._lines: dict[str, list[Line]] = {}
        self._gave_way: set[str] = set()
        self._counted: set[str] = set()
        self._more = self._owed = False  # whether it asks for another job, and waits for an answer
        self._disordered = False
        self._blocked_until = self._next_sweep = 0.0
        self._expected = False
        self._worked = clock()
        self._wake = asyncio.Event()
        self._turned = asyncio.Condition()

    # What handlers of requests call.

    def wake(self) -> None:
        """Have a turn as soon as possible."""
        self._wake.set()

    def expect(self) -> None:
        """A job will come soon: start the process meanwhile."""
        self._expected = True
        self.wake()

    @contextmanager
    def awaited(self, name: str) -> Iterator[Listener]:
        """Wait for a job; one that is of no use to anybody else is cancelled when nobody waits any more."""
        self._awaited[name] += 1
        self.wake()
        try:
            with self.listeners.to(name) as listener:
                yield listener
        finally:
            self._awaited[name] -= 1
            if not self._awaited[name]:
                del self._awaited[name]
                submission = self.store.submissions.get(name)
                if submission and submission.interactive and not self.stopping:
                    self.cancel(name, "the client that waited for it is gone")

    def lines(self, name: str) -> list[Line]:
        """What was recognised so far of a job that is not finished."""
        return self._lines.get(name, [])

    def cancel(self, name: str, why: str) -> bool:
        """Have no more done for a job; whether there was something left to do."""
        job = self.store.queue.job(name)
        if job is None or job.state not in PENDING:
            return False
        self._ended(self.store.write(replace(job, state=State.CANCELLED, reason=why)))
        self.wake()
        return True

    async def turned(self) -> None:
        """Wait until what was wished before is done."""
        async with self._turned:
            self.wake()
            await self._turned.wait()

    def stop(self) -> None:
        """Tell everybody who waits that the server ends."""
        self.stopping = True
        self.listeners.tell_all(Stopping())

    # The loop.

    async def run(self) -> None:
        """Work until cancelled; what is under way goes on with the next start."""
        self._recover("the server was stopped while it worked on this")
        try:
            while True:
                await self._rest(self._safe_turn())
        finally:
            self._put_down("the server was stopped; goes on where it was")

    def _recover(self, why: str) -> None:
        for job in self.store.queue.recover(why):
            self.listeners.tell(job.name, job)
        for job in self.store.queue.jobs(*PENDING):
            submission = self.store.submissions.get(job.name)
            if submission and submission.interactive and not self._awaited[job.name]:
                self.cancel(job.name, "the server was stopped, and its client is gone")

    async def _rest(self, seconds: float) -> None:
        async with self._turned:
            self._turned.notify_all()
        loop = asyncio.get_running_loop()
        numbers = [each if isinstance(each, int) else each.fileno() for each in self._worker.handles]
        for number in numbers:
            loop.add_reader(number, self._wake.set)
        try:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), seconds)
        finally:
            for number in numbers:
                loop.remove_reader(number)
        self._wake.clear()

    def _safe_turn(self) -> float:
        """One turn; in how many seconds there is more, if nothing happens before."""
        try:
            if self._disordered:
                self._recover("something went wrong while this was worked on")
                self._disordered = False
            self.turn()
        except Exception as error:
            if ends_run(error):
                raise
            self._progress(Warned(f"goes on in {PAUSE_S:g} s: {for_people(error, debug=False)}"))
            self._worker.stop()
            self.under_way.clear()
            self._disordered = True
            return PAUSE_S
        return IDLE_S

    def turn(self) -> None:
        """Do what is due."""
        if any(self._is_unwanted(name) for name in self.under_way):
            self._start_again()
        stops = self._worker.stops
        for message in self._worker.messages():
            self._take(message)
            if self._worker.stops != stops and not isinstance(message, Down):
                break  # what the process had said is void
        self._begin()
        if self._owed:
            self._owed = False
            self._worker.send(Nothing())
        self._let_go()
        if self._clock() >= self._next_sweep:
            self._next_sweep = self._clock() + SWEEP_S
            self._sweep()

    def _is_unwanted(self, name: str) -> bool:
        job = self.store.queue.job(name)
        return job is None or job.state is not State.WORKING

    def _start_again(self) -> None:
        """End the process; what is still wanted goes on in a new one."""
        kept = [under for name, under in self.under_way.items() if not self._is_unwanted(name)]
        self.under_way.clear()
        self._stop()
        for under in kept:
            self._send(under.job, under.submission)

    def _put_down(self, why: str) -> None:
        """End the process; what is under way waits for its next turn."""
        self._stop()
        under_way, self.under_way = self.under_way, {}
        for under in under_way.values():
            self._write(replace(under.job, state=State.READY), why)

    def _stop(self) -> None:
        self._worker.stop()
        self._more = self._owed = False

    def _begin(self) -> None:
        """Start with the job whose turn it is, if the process takes one, or what it has gives way."""
        now = self._clock()
        if self.blocked and now < self._blocked_until:
            return
        self._block("", 0.0)
        best = next_of(self._waiting(), self._usage.totals(now))
        if best is None:
            return
        if full := too_full((self.store.incoming, work_root()), LEAST_FREE // 5):
            self._block(full, PAUSE_S)
            return
        if self.under_way and gives_way(self._running(), best):
            self._gave_way.update(name for name, under in self.under_way.items() if not under.advanced)
            self._put_down("gives way to a shorter one; goes on where it was")
        elif self.under_way and not (self._more and self._may_join(best)):
            return
        job, submission = self.store.queue.job(best.name), self.store.submissions.get(best.name)
        if job is not None and submission is not None:
            if best.name not in self._counted:  # however often it is begun
                self._counted.add(best.name)
                self._usage.add(now, submission.client, best.length_ms)
            self._send(self._write(replace(job, state=State.WORKING), "started"), submission)

    def _waiting(self) -> list[Waiting]:
        now = self.store.queue.now()
        found = []
        for job in self.store.queue.jobs(State.READY, State.RETRYING):
            submission = self.store.submissions.get(job.name)
            if submission is not None and (job.state is State.READY or job.not_before <= now):
                found.append(
                    Waiting(
                        job.name,
                        submission.client,
                        submission.duration_ms,
                        bool(self._awaited[job.name]),
                        submission.at,
                    )
                )
        return found

    def _running(self) -> list[Running]:
        first = next(iter(self.under_way))
        return [
            Running(
                under.left_ms,
                bool(self._awaited[name]) and under.submission.duration_ms <= URGENT_MS,
                name != first or under.advanced or name not in self._gave_way,
            )
            for name, under in self.under_way.items()
        ]

    def _may_join(self, waiting: Waiting) -> bool:
        """Whether a job may be under way beside those that are: who may have ended the process runs alone."""
        job = self.store.queue.job(waiting.name)
        others = [each.job for each in self.under_way.values()]
        alone = job is None or any(each.alone for each in (job, *others))
        return not alone and joins(self._running(), waiting)

    def _send(self, job: QueuedJob, submission: Submission) -> None:
        """Ask the process for a job, from its beginning."""
        self._more = self._owed = False
        self._worked = self._clock()
        self.under_way[job.name] = UnderWay(job, submission)
        self._worker.start()
        folder = self.store.folder(job.name)
        if job.facts is not None:
            self._worker.send(
                Request(
                    name=job.name,
                    path=str(self.store.recording(job.name)),
                    facts=job.facts,
                    folder=str(folder),
                    alias=str(folder / ALIAS),
                    settings=self.store.settings_of(submission.options),
                    live=True,
                )
            )

    def _take(self, message: Message) -> None:
        under = self.under_way.get(getattr(message, "name", ""))
        if isinstance(message, Down):
            self._down(message)
        elif isinstance(message, More):
            self._more = self._owed = True
        elif under is None:
            return
        elif isinstance(message, Told):
            self._tell(message, under)
        elif isinstance(message, Hashed):
            self._worker.send(Go(message.name, message.sha256 == under.job.sha256))
        elif isinstance(message, Finished | Stumbled | Changed):
            del self.under_way[message.name]
            self._worked = self._clock()
            job = replace(under.job, alone=False)  # whatever became of it, the process lives
            if isinstance(message, Finished):
                done = replace(
                    job, state=State.DONE, outputs=message.outputs, reason=message.warning, hint=""
                )
                self._ended(self.store.write(done, "done"))
            elif isinstance(message, Stumbled):
                self._stumbled(job, message.trouble)
            else:
                lost = OutputError("the recording in the server's folder was changed", "Submit it again")
                self._failed(job, trouble_of(lost))

    def _tell(self, told: Told, under: UnderWay) -> None:
        event, name = told.event, told.name
        if isinstance(event, SegmentRecognised):
            under.heard += 1
            lines = self._lines.setdefault(name, [])
            if under.heard <= len(lines):
                return  # it was told before the process was started again
            segment = event.segment
            first = segment.words[0]
            line = Line(segment.start_ms, segment.end_ms, segment.text, first.space_before)
            lines.append(line)
            self.listeners.tell(name, line)
            return
        if isinstance(event, StageStarted):
            under.stage = event
            if event.stage == "recognise":
                under.total_ms = event.total_ms or 0
        elif isinstance(event, StageAdvanced) and event.stage == "recognise":
            under.done_ms = event.done_ms
            under.begun_ms = event.done_ms if under.begun_ms is None else under.begun_ms
            under.advanced |= event.done_ms > under.begun_ms
        elif isinstance(event, StageFinished):
            under.advanced |= event.stage in KEPT and not event.resumed
        if under.advanced:
            self._gave_way.discard(name)
        if isinstance(event, StageStarted | StageAdvanced | Warned):
            self.listeners.tell(name, event)

    def _stumbled(self, job: QueuedJob, trouble: Trouble) -> None:
        submission = self.store.submissions.get(job.name)
        awaited = submission is not None and submission.interactive
        attempts = job.attempts + (awaited or trouble.passing is not Passing.DISK)  # that is waited for
        if trouble.passing is Passing.NO or attempts >= (AWAITED_TRIES if awaited else TRIES):
            self._failed(replace(job, attempts=attempts), trouble)
        elif trouble.passing is Passing.MACHINE:
            if awaited:
                self._failed(job, trouble)
            else:
                self._write(replace(job, state=State.READY), trouble.what)
            self._block(f"{trouble.what}. {trouble.hint}".strip(), MACHINE_WAIT_S)
        else:
            wait = AWAITED_WAIT_S if awaited else wait_s(attempts)
            again = replace(
                job,
                state=State.RETRYING,
                attempts=attempts,
                not_before=self.store.queue.now() + wait,
                reason=self._for_clients(job.name, trouble.what),
                hint=trouble.hint,
            )
            self._write(again)

    def _failed(self, job: QueuedJob, trouble: Trouble) -> None:
        failed = replace(
            job, state=State.FAILED, reason=self._for_clients(job.name, trouble.what), hint=trouble.hint
        )
        self._ended(self.store.write(failed, exit_code=trouble.exit_code))

    def _for_clients(self, name: str, what: str) -> str:
        """A message without paths of this machine."""
        submission = self.store.submissions.get(name)
        title = submission.title if submission else "the recording"
        told = what.replace(str(self.store.recording(name)), title)
        return told.replace(f"{self.store.folder(name)}/", "").replace(f"{work_root()}/", "")

    def _down(self, down: Down) -> None:
        """The process is gone: by the fault of the only job under way; of several, each is tried alone."""
        jobs = [each.job for each in self.under_way.values()]
        self.under_way.clear()
        self._more = self._owed = False
        self._progress(Warned(down.trouble.what))
        if down.started and len(jobs) == 1:
            self._stumbled(replace(jobs[0], alone=True), down.trouble)
            return
        for job in jobs:
            if down.started:
                self._write(replace(job, state=State.READY, alone=True), down.trouble.what)
            else:
                machine = replace(down.trouble, passing=Passing.MACHINE)
                self._stumbled(job, machine)
        if not down.started:  # it cannot even start: no job's fault
            self._block(f"{down.trouble.what}. {down.trouble.hint}".strip(), MACHINE_WAIT_S)

    def _block(self, why: str, seconds: float) -> None:
        """Start nothing for a while; empty: go on."""
        if why and why != self.blocked:
            self._progress(Warned(f"paused: {why}"))
        self.blocked, self._blocked_until = why, self._clock() + seconds

    def _let_go(self) -> None:
        """Start the process when a job is expected; end it after long without work."""
        if self._expected and not self.blocked:
            self._worked = self._clock()
            self._worker.start()
        self._expected = False
        if not self.under_way and self._clock() - self._worked > self._keep_loaded:
            self._worker.stop()

    def _sweep(self) -> None:
        """Remove what was asked for by clients that waited for it, an hour after it ended."""
        before = self.store.queue.now() - KEEP_S
        for submission in [each for each in self.store.submissions.all() if each.interactive]:
            job = self.store.queue.job(submission.name)
            if job is not None and job.state not in PENDING and job.since < before:
                self.store.remove(submission.name)

    def _write(self, job: QueuedJob, detail: str = "") -> QueuedJob:
        job = self.store.write(job, detail)
        self.listeners.tell(job.name, job)
        return job

    def _ended(self, job: QueuedJob) -> None:
        self._lines.pop(job.name, None)
        self._gave_way.discard(job.name)
        self._counted.discard(job.name)
        self.listeners.tell(job.name, job)
