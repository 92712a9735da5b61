"""Jobs that the process has: sent to it, put down, tried again, and whose fault it is when it dies."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Generic, TypeVar

from transcribe.core.errors import OutputError, PersonNeeded
from transcribe.core.events import Event, Noticed, Progress, Warned
from transcribe.core.text import readable
from transcribe.core.unexpected import ends_run
from transcribe.jobs.messages import (
    Changed,
    Down,
    Finished,
    Hashed,
    Message,
    More,
    Nothing,
    Request,
    Stumbled,
    Told,
    Unapproved,
)
from transcribe.jobs.queue import PENDING, Queue, QueuedJob, State
from transcribe.jobs.trouble import HURRIED_TRIES, TRIES, Passing, Trouble, trouble_of, wait_s
from transcribe.jobs.worker import Worker

MACHINE_WAIT_S = 60.0
"""How long nothing is started after something that concerns every job, such as a model that is not there."""


@dataclass(eq=False)
class UnderWay:
    """A job that the process has."""

    job: QueuedJob


Held = TypeVar("Held", bound=UnderWay)


@dataclass(kw_only=True)
class JobsUnderWay(ABC, Generic[Held]):
    """Jobs from their turn to their outcome, by whoever asked for them.

    Attributes:
        clock: Seconds, for waiting.
        debug: Whether to show on standard error where an unexpected error comes from.
        under_way: The jobs that the process has, by name, in the order in which they were started.
        blocked: Why nothing is started now; empty: it is.
    """

    queue: Queue
    worker: Worker
    progress: Progress
    clock: Callable[[], float]
    debug: bool = False
    under_way: dict[str, Held] = field(default_factory=dict, init=False)
    blocked: str = field(default="", init=False)
    _blocked_until: float = field(default=0.0, init=False)
    _more: bool = field(default=False, init=False)  # whether it takes another job …
    _asks: bool = field(default=False, init=False)  # … and waits to be told of one

    # What differs by who asked for them.

    @abstractmethod
    def held(self, job: QueuedJob) -> Held:
        """What is kept of a job while the process has it."""

    @abstractmethod
    def request(self, job: QueuedJob) -> Request:
        """What the process is asked to do."""

    @abstractmethod
    def tell(self, under: Held, event: Event) -> None:
        """Something happened to a job."""

    @abstractmethod
    def hashed(self, under: Held, sha256: str) -> None:
        """The content of its recording is known: have it go on, or not."""

    @abstractmethod
    def finished(self, under: Held, finished: Finished) -> None:
        """A job is done."""

    def unapproved(self, under: Held, message: Unapproved) -> None:
        """A job is transcribed, and waits for approval; where nobody can approve, it has failed."""
        code = PersonNeeded.exit_code
        self.failed(under.job, Trouble(message.reason, "Turn require_approval off", Passing.NO, code))

    @abstractmethod
    def not_done(self, under: Held) -> None:
        """A job was told not to go on, or its recording is not the one that was asked for."""

    @abstractmethod
    def failed(self, job: QueuedJob, trouble: Trouble) -> None:
        """A job is not tried again."""

    def write(self, job: QueuedJob, detail: str = "") -> QueuedJob:
        """Put down where a job is now."""
        return self.queue.write(job, detail)

    def hurried(self, job: QueuedJob) -> bool:  # noqa: ARG002 - for those who know
        """Whether a job is of no use later: it waits for no model and no room, and not long."""
        return False

    # What does not.

    @property
    def free(self) -> bool:
        """Whether the process takes a job: it has none, or asks for more."""
        return not self.under_way or self._more

    def may_join(self, job: QueuedJob) -> bool:
        """Whether a job may be under way beside those that are: who may have ended the process runs alone."""
        others = [each.job for each in self.under_way.values()]
        return not others or not any(each.alone for each in (job, *others))

    def send(self, job: QueuedJob) -> None:
        """Ask the process for a job, from its beginning; it is started where there is none."""
        self._more = self._asks = False
        self.under_way[job.name] = self.held(job)
        self.worker.start()
        self.worker.send(self.request(job))

    def nothing_more(self) -> None:
        """Tell the process that there is no other job, if it waits for one."""
        if self._asks:
            self._asks = False
            self.worker.send(Nothing())

    def take_in(self) -> None:
        """Take in what the process says; an error that nobody foresaw fails the one job that it concerns."""
        messages = self.worker.messages()
        stops = self.worker.stops
        for message in messages:
            if self.worker.stops != stops:  # because of an error: what the process had said is void
                break
            under = self.under_way.get(getattr(message, "name", ""))
            with self.at_the_cost_of(under.job if under else None):
                self._take(message, under)

    @contextmanager
    def at_the_cost_of(self, job: QueuedJob | None) -> Iterator[None]:
        """Have an unexpected error fail the one job that it concerns, unless it is through already."""
        try:
            yield
        except (OutputError, OSError):
            raise
        except Exception as error:
            known = None if job is None or ends_run(error) else self.queue.job(job.name)
            if known is None or known.state not in PENDING:
                raise
            self.give_up([known.name])
            self.stumbled(known, trouble_of(error, debug=self.debug))

    def give_up(self, names: Iterable[str]) -> None:
        """Stop with some jobs at once: the process is killed, and the others go on in a new one."""
        for name in names:
            self.under_way.pop(name, None)
        others = [each.job for each in self.under_way.values()]
        self.forget()
        for job in others:
            self.send(job)

    def put_down(self, why: str) -> None:
        """Stop at once; what is under way waits for its next turn, and goes on then where it was."""
        jobs = [each.job for each in self.under_way.values()]
        self.forget()
        for job in jobs:
            self.write(replace(job, state=State.READY), why)

    def forget(self) -> None:
        """Stop at once, and tell the queue nothing."""
        self.worker.stop()
        self._gone()

    def _gone(self) -> None:
        self.under_way.clear()
        self._more = self._asks = False

    def block(self, why: str, seconds: float) -> None:
        """Start nothing for a while; empty: go on."""
        if why != self.blocked:
            self.progress(Warned(f"paused: {why}") if why else Noticed("goes on"))
        self.blocked, self._blocked_until = why, self.clock() + seconds

    def unblocked(self) -> bool:
        """Whether something may be started; tells when that is so again."""
        if self.blocked and self.clock() >= self._blocked_until:
            self.block("", 0.0)
        return not self.blocked

    def _take(self, message: Message, under: Held | None) -> None:
        if isinstance(message, Down):
            self._down(message)
        elif isinstance(message, More):
            self._more = self._asks = True
        elif under is None:
            return
        elif isinstance(message, Told):
            self.tell(under, message.event)
        elif isinstance(message, Hashed):
            self.hashed(under, message.sha256)
        elif isinstance(message, Finished | Unapproved | Stumbled | Changed):
            del self.under_way[message.name]
            under.job = replace(under.job, alone=False)  # whatever became of it, the process lives
            if isinstance(message, Finished):
                self.finished(under, message)
            elif isinstance(message, Unapproved):
                self.unapproved(under, message)
            elif isinstance(message, Stumbled):
                self.stumbled(under.job, message.trouble)
            else:
                self.not_done(under)

    def stumbled(self, job: QueuedJob, trouble: Trouble) -> None:
        """A job could not be transcribed: it is tried again if that may help."""
        hurried = self.hurried(job)
        if trouble.passing is Passing.MACHINE:
            if hurried:
                self.failed(job, trouble)
            else:
                self.write(replace(job, state=State.READY), trouble.what)
            self._block_all(trouble)
            return
        attempts = job.attempts + (hurried or trouble.passing is not Passing.DISK)  # that is waited for
        job = replace(job, attempts=attempts)
        if trouble.passing is Passing.NO or attempts >= (HURRIED_TRIES if hurried else TRIES):
            self.failed(job, trouble)
            return
        wait = wait_s(attempts, hurried=hurried)
        again = replace(job, state=State.RETRYING, not_before=self.queue.now() + wait)
        again = self.write(replace(again, reason=trouble.what, hint=trouble.hint))
        self.progress(Warned(f"{readable(job.name)}: {again.reason}; tried again in {wait:g} s"))

    def _down(self, down: Down) -> None:
        """The process is gone: by the fault of the only job under way; of several, each is tried alone."""
        jobs = [each.job for each in self.under_way.values()]
        self._gone()
        what = down.trouble.what
        if not down.started:  # it cannot even start: no job's fault
            for job in jobs:
                self.stumbled(job, replace(down.trouble, passing=Passing.MACHINE))
            self._block_all(down.trouble)
        elif len(jobs) == 1:
            self.stumbled(replace(jobs[0], alone=True), down.trouble)
        elif jobs:
            with self.queue.transaction():
                for job in jobs:
                    self.write(replace(job, state=State.READY, alone=True), what)
            names = ", ".join(readable(job.name) for job in jobs)
            self.progress(Warned(f"{what}; each of these is tried again, alone: {names}"))

    def _block_all(self, trouble: Trouble) -> None:
        self.block(f"{trouble.what}. {trouble.hint}".strip(), MACHINE_WAIT_S)
