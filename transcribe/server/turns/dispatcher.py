"""The loop: wishes of requests come in, and the job whose turn it is goes to the process that transcribes."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace

from transcribe.core.disk import LEAST_FREE, too_full
from transcribe.core.events import Progress, Warned
from transcribe.core.places import work_root
from transcribe.core.unexpected import ends_run, for_people
from transcribe.jobs.queue import PENDING, State
from transcribe.jobs.worker import Worker
from transcribe.server.turns.listeners import Line, Listener, Listeners, Removed, Stopping
from transcribe.server.turns.listeners import Told as Happened
from transcribe.server.turns.schedule import Usage, Waited, Waiting, gives_way, joins, next_of
from transcribe.server.turns.store import Store
from transcribe.server.turns.working import Served, Working

IDLE_S = 1.0
PAUSE_S = 10.0
"""How long nothing is done after the queue could not be written, or something unforeseen happened."""

AGAIN = (State.FAILED, State.CANCELLED)
"""States out of which a job is tried once more."""

SWEEP_S, KEEP_S = 60.0, 3600.0
"""How often jobs that nobody else wants are looked for; how long they stay, for a client that asks again."""


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
        self.stopping = False
        self.waited = Waited()
        self._working = Working(
            queue=store.queue,
            worker=worker,
            progress=progress,
            clock=clock,
            store=store,
            listeners=self.listeners,
        )
        self._worker = worker
        self._progress = progress
        self._keep_loaded = keep_loaded
        self._clock = clock
        self._usage, self._hurried = Usage(), Usage()
        self._awaited: Counter[str] = Counter()
        self._charged: dict[str, int] = {}  # what counts for the client of a job, however often it is begun
        self._expected = self._disordered = False
        self._next_sweep = 0.0
        self._worked = clock()
        self._wake = asyncio.Event()
        self._turned = asyncio.Condition()

    # What handlers of requests call.

    @property
    def under_way(self) -> Mapping[str, Served]:
        """The jobs that the process has, by name."""
        return self._working.under_way

    @property
    def blocked(self) -> str:
        """Why nothing is started now; empty: it is."""
        return self._working.blocked

    @property
    def heard_ms(self) -> int:
        """How much was transcribed since the start, in ms of recordings."""
        return self._working.heard_ms

    def wake(self) -> None:
        """Have a turn as soon as possible."""
        self._wake.set()

    def expect(self) -> None:
        """A job will come soon: start the process meanwhile."""
        self._expected = True
        self.wake()

    @contextmanager
    def awaited(self, name: str) -> Iterator[Listener[Happened]]:
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
        return self._working.lines(name)

    def cancel(self, name: str, why: str) -> bool:
        """Have no more done for a job; whether there was something left to do."""
        job = self.store.queue.job(name)
        if job is None or job.state not in PENDING:
            return False
        self._working.end(replace(job, state=State.CANCELLED, reason=why))
        self.wake()
        return True

    def again(self, name: str) -> bool:
        """Try a job once more that failed or was cancelled; whether its recording is still there."""
        job = self.store.queue.job(name)
        if job is None or job.state not in AGAIN or not self.store.recording(name).exists():
            return False
        self.store.submissions.change(name, interactive=False)
        fresh = replace(job, state=State.READY, attempts=0, not_before=0.0, reason="", hint="", alone=False)
        self._working.write(fresh, "tried again")
        self.wake()
        return True

    def rename(self, name: str, title: str) -> None:
        """Call a recording something else."""
        with self.store.queue.transaction():
            self.store.submissions.change(name, title=title)
        if job := self.store.queue.job(name):
            self.listeners.tell(name, job)

    def remove(self, name: str) -> None:
        """Remove a job that is over, and all that was made of it."""
        submission = self.store.submissions.get(name)
        self.store.remove(name)
        if submission:
            self.listeners.tell(name, Removed(submission))

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
            self._working.put_down("the server was stopped; goes on where it was")

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
            self._working.forget()
            self._disordered = True
            return PAUSE_S
        return IDLE_S

    def turn(self) -> None:
        """Do what is due."""
        unwanted = [name for name in self.under_way if self._is_unwanted(name)]
        if unwanted:
            self._working.give_up(unwanted)
        self._working.take_in()
        self._charge_more()
        self._begin()
        self._working.nothing_more()
        self._let_go()
        if self._clock() >= self._next_sweep:
            self._next_sweep = self._clock() + SWEEP_S
            self._sweep()

    def _is_unwanted(self, name: str) -> bool:
        job = self.store.queue.job(name)
        return job is None or job.state is not State.WORKING

    def _begin(self) -> None:
        """Start with the job whose turn it is, if the process takes one, or what it has gives way."""
        working = self._working
        if full := too_full((self.store.incoming, work_root()), LEAST_FREE // 5):
            working.block(full, PAUSE_S)
            return
        now = self._clock()
        best = None
        if working.unblocked():
            best = next_of(self._waiting(), self._usage.totals(now), self._hurried.totals(now))
        job = self.store.queue.job(best.name) if best else None
        if best is None or job is None:
            return
        running = working.running(self._awaited)
        if gives_way(running, best):
            working.give_way()
        elif running and not (working.free and working.may_join(job) and joins(running, best)):
            return
        if best.name not in self._charged:
            self.waited.add(self.store.queue.now() - best.since)
            self._charge(best.name, best.client, best.length_ms, urgent=best.urgent)
        working.send(working.write(replace(job, state=State.WORKING), "started"))

    def _charge(self, name: str, client: str, length_ms: int, *, urgent: bool) -> None:
        """Count what a client gets; of a job that is longer than it said, the rest."""
        more = length_ms - self._charged.get(name, 0)
        if more > 0:
            self._charged[name] = length_ms
            for usage in (self._usage, self._hurried) if urgent else (self._usage,):
                usage.add(self._clock(), client, more)

    def _charge_more(self) -> None:
        for name, under in self.under_way.items():
            if submission := self.store.submissions.get(name):
                self._charge(name, submission.client, under.duration_ms, urgent=name in self._awaited)

    def _waiting(self) -> list[Waiting]:
        known = ((job, self.store.submissions.get(job.name)) for job in self.store.queue.ready())
        return [
            Waiting(
                job.name,
                submission.client,
                submission.duration_ms,
                job.name in self._awaited,
                submission.at,
            )
            for job, submission in known
            if submission is not None
        ]

    def _let_go(self) -> None:
        """Start the process when a job is expected; end it after long without work."""
        if self._expected and not self.blocked:
            self._worker.start()
        if self._expected or self.under_way:
            self._worked = self._clock()
        elif self._clock() - self._worked > self._keep_loaded:
            self._worker.stop()
        self._expected = False

    def _sweep(self) -> None:
        """Remove what was asked for by clients that waited for it, an hour after it ended."""
        pending = {each.name for each in self.store.queue.jobs(*PENDING)}
        self._charged = {name: each for name, each in self._charged.items() if name in pending}
        before = self.store.queue.now() - KEEP_S
        for submission in [each for each in self.store.submissions.all() if each.interactive]:
            job = self.store.queue.job(submission.name)
            over = job is not None and job.state not in PENDING and job.since < before
            if over and not self.store.held(submission.name):
                self.remove(submission.name)
