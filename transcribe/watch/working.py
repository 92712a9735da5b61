"""Files under way, each from its turn to its outcome, which is on the disk before all that follows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePath

from transcribe.core.errors import OutputError
from transcribe.core.events import (
    FileFailed,
    Noticed,
    Progress,
    StageAdvanced,
    StageStarted,
    Warned,
)
from transcribe.core.text import readable
from transcribe.core.unexpected import ends_run
from transcribe.jobs.messages import (
    Changed,
    Down,
    Finished,
    Go,
    Hashed,
    Message,
    More,
    Request,
    Stumbled,
    Told,
)
from transcribe.jobs.notify import Courier
from transcribe.jobs.publish.outputs import Published
from transcribe.jobs.queue import Facts, Queue, QueuedJob, State
from transcribe.jobs.trouble import TRIES, Passing, Trouble, trouble_of, wait_s
from transcribe.jobs.worker import Worker
from transcribe.watch import moving
from transcribe.watch.facts import look_at
from transcribe.watch.folders import Folders, place_key, places
from transcribe.watch.intake import Intake
from transcribe.watch.notices import payload_of, remove_error, write_error

MACHINE_WAIT_S = 60.0
"""How long nothing is started after something that concerns every file, such as a model that is not there."""

BEGUN = 50
"""So many contents of one file are remembered."""


@dataclass(eq=False)
class UnderWay:
    """A job that the process has.

    Attributes:
        facts: By which its recording is told from what may have replaced it.
        sha256: Its content; empty until the process has read it.
        answered: Whether the process knows whether to go on.
        instead: What becomes of it where it does not go on; None where it does.
    """

    job: QueuedJob
    facts: Facts
    sha256: str = ""
    answered: bool = False
    instead: QueuedJob | None = None
    stage: str = ""


@dataclass
class Working:
    """What is worked on, and what becomes of it.

    Attributes:
        settings: Fingerprint of the settings.
        debug: Whether to show on standard error where an unexpected error comes from.
        under_way: The jobs that the process has, by name, in the order in which they were started.
    """

    folders: Folders
    queue: Queue
    intake: Intake
    worker: Worker
    courier: Courier
    settings: str
    progress: Progress
    clock: Callable[[], float]
    debug: bool = False
    under_way: dict[str, UnderWay] = field(default_factory=dict)
    blocked: str = ""
    _blocked_until: float = 0.0
    _more: bool = False

    @property
    def current(self) -> UnderWay | None:
        """The job that was started first of those under way."""
        return next(iter(self.under_way.values()), None)

    @property
    def free(self) -> bool:
        """Whether the process takes a job: it has none, or asks for more."""
        return not self.under_way or self._more

    def begin(self) -> bool:
        """Start with the file whose turn it is; whether there was one, and it need not wait for others."""
        job = self.queue.next_ready()
        if job is None or not self._may_join(job):
            return False
        with self._at_the_cost_of(job):
            facts = self._facts(job.name)
            if facts is None:
                self.intake.gone(job.name)
            elif facts != job.facts:
                self.intake.again(job, "changed before its turn came; waited for anew")
            else:
                self._start(job, facts)
        return True

    def _may_join(self, job: QueuedJob) -> bool:
        """Whether a job may be under way beside those that are: who may have ended the process runs alone."""
        others = [each.job for each in self.under_way.values()]
        return not others or not any(each.alone for each in (job, *others))

    def turn(self) -> None:
        """Take in what the process says; give up what changed under its hands."""
        for name in [each for each in self.under_way if each in self.intake.changed]:
            job = self.under_way[name].job
            with self._at_the_cost_of(job):
                self._give_up(name)
                self.intake.again(job, "changed while it was transcribed; waited for anew")
        self.intake.changed.clear()
        messages = self.worker.messages()
        stops = self.worker.stops
        for message in messages:
            if self.worker.stops != stops:  # because of an error: what the process had said is void
                break
            under = self.under_way.get(getattr(message, "name", ""))
            with self._at_the_cost_of(under.job if under else None):
                self._take(message, under)
        for name in [*self.under_way]:
            under = self.under_way.get(name)
            if under is not None and under.sha256 and not under.answered:
                with self._at_the_cost_of(under.job):
                    self._answer(under)

    @contextmanager
    def _at_the_cost_of(self, job: QueuedJob | None) -> Iterator[None]:
        """Have an unexpected error fail the one recording that it concerns, unless it is through already."""
        try:
            yield
        except (OutputError, OSError):
            raise
        except Exception as error:
            known = None if job is None or ends_run(error) else self.queue.job(job.name)
            if known is None or known.state not in (State.READY, State.RETRYING, State.WORKING):
                raise
            self._give_up(known.name)
            self._stumbled(known, trouble_of(error, debug=self.debug))

    def _give_up(self, name: str) -> None:
        """Stop with one job at once: the process is killed, and the others go on in a new one."""
        self.under_way.pop(name, None)
        others, self.under_way = self.under_way, {}
        self._stop()
        for each in others.values():
            self._send(each.job, each.facts)

    def _stop(self) -> None:
        self.worker.stop()
        self._more = False

    def abandon(self) -> None:
        """Stop at once; the files go on next time where they were."""
        jobs = [each.job for each in self.under_way.values()]
        self.put_down()
        for job in jobs:
            self.queue.write(replace(job, state=State.READY), "stopped; goes on where it was")

    def put_down(self) -> None:
        """Stop at once, and tell the ledger nothing."""
        self._stop()
        self.under_way.clear()

    def resume_moves(self) -> None:
        """After a kill: finish moving what was done."""
        for job in self.queue.jobs(State.DONE):
            if job.moved_to and self._facts(job.name) == job.facts:
                self._move(job)

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

    def _start(self, job: QueuedJob, facts: Facts) -> None:
        with self.queue.transaction():
            place = job.place or next(
                each for each in places(job.name) if self.queue.claim(place_key(each), job.name)
            )
            tried = f", try {job.attempts + 1}" if job.attempts else ""
            job = self.queue.write(replace(job, state=State.WORKING, place=place), f"started{tried}")
        self._more = False
        self._send(job, facts)

    def _send(self, job: QueuedJob, facts: Facts) -> None:
        """Ask the process for a job, from its beginning."""
        self.under_way[job.name] = UnderWay(job, facts)
        path = self.folders.inbox / job.name
        place = PurePath(job.place)
        self.worker.start()
        self.worker.send(
            Request(
                name=job.name,
                path=str(path),
                facts=facts,
                folder=str(self.folders.out / place.parent),
                alias=str(path.with_name(place.name + path.suffix)),
                replaces=job.outputs,
                begun=job.begun,
            )
        )

    def _take(self, message: Message, under: UnderWay | None) -> None:
        if isinstance(message, Down):
            self._down(message)
        elif isinstance(message, More):
            self._more = True
        elif under is None:
            return
        elif isinstance(message, Told):
            self._tell(message, under)
        elif isinstance(message, Hashed):
            under.sha256 = message.sha256
            self._answer(under)
        elif isinstance(message, Finished | Stumbled | Changed):
            del self.under_way[message.name]
            under.job = replace(under.job, alone=False)  # whatever became of it, the process lives
            if isinstance(message, Finished):
                self._finished(under, message)
            elif isinstance(message, Stumbled):
                self._stumbled(under.job, message.trouble)
            else:
                self._not_done(under)

    def _tell(self, told: Told, under: UnderWay) -> None:
        event = told.event
        if isinstance(event, StageStarted):
            under.stage = event.stage
        elif isinstance(event, StageAdvanced):
            under.stage = f"{event.stage}, {event.done_ms // 1000} s of it"
        self.progress(event)

    def _answer(self, under: UnderWay) -> None:
        """The content is known: is there anything to do? That shows once no job with it is under way."""
        job, sha256 = under.job, under.sha256
        if any(each.answered and each.sha256 == sha256 for each in self.under_way.values()):
            return
        # One that has outputs already is done again, so that they fit its content.
        twin = None if job.outputs else self.queue.twin(job, sha256, self.settings)
        same = job.sha256 == sha256 and job.settings == self.settings
        if same and job.outputs and all(map(_there, job.outputs)):
            under.instead = replace(job, state=State.DONE, reason="")
        elif twin is not None:
            reason = f"the same content as {twin}, which is done"
            under.instead = replace(job, state=State.DUPLICATE, sha256=sha256, twin=twin, reason=reason)
        elif sha256 not in job.begun and (first := self.queue.begun_before(job, sha256)):
            # A kill stopped that one, and its files may be there already: else both would be published.
            under.instead = replace(
                job, state=State.READY, reason=f"waits for {first}, which has its content"
            )
        elif sha256 not in job.begun:  # known before anything is published for it
            begun = (*job.begun, sha256)[-BEGUN:]
            under.job = self.queue.write(replace(job, begun=begun), f"content is {sha256}")
        under.answered = True
        self.worker.send(Go(job.name, under.instead is None))

    def _not_done(self, under: UnderWay) -> None:
        job, instead = under.job, under.instead
        if instead is None:
            self.intake.again(job, "changed when its turn came; waited for anew")
            return
        unchanged = instead.state is State.DONE
        written = self.queue.write(
            replace(instead, alone=False), "its content has not changed" if unchanged else ""
        )
        if not unchanged:
            self.progress(Noticed(f"{readable(job.name)}: {readable(written.reason)}"))

    def _finished(self, under: UnderWay, finished: Finished) -> None:
        job = replace(under.job, outputs=finished.outputs, sha256=under.sha256, settings=self.settings)
        if self._facts(job.name) not in (job.facts, None):
            self.intake.again(job, "changed while it was transcribed; waited for anew")
            return
        moved_to = self._plan_move(job)
        job = replace(job, state=State.DONE, version=job.version + 1, attempts=0, hint="")
        job = replace(job, reason=finished.warning, moved_to=moved_to)
        with self.queue.transaction():
            job = self.queue.write(job, finished.warning or f"done, version {job.version}")
            self.courier.announce("done", job.name, payload_of(job, self.folders))
        remove_error(job, self.folders)
        if moved_to:
            self._move(job)

    def _stumbled(self, job: QueuedJob, trouble: Trouble) -> None:
        facts = self._facts(job.name)
        if facts is None:
            self.queue.write(replace(job, state=State.GONE), "it vanished before it was done")
        elif facts != job.facts:
            self.intake.again(job, f"changed while it was transcribed ({trouble.what}); waited for anew")
        elif trouble.passing is Passing.MACHINE:
            self.queue.write(replace(job, state=State.READY), trouble.what)
            self.block(f"{trouble.what}. {trouble.hint}".strip(), MACHINE_WAIT_S)
        elif trouble.passing is Passing.NO or (trouble.passing is Passing.YES and job.attempts + 1 >= TRIES):
            self._failed(job, trouble)
        else:
            self._later(job, trouble)

    def _later(self, job: QueuedJob, trouble: Trouble) -> None:
        attempts = job.attempts + (trouble.passing is Passing.YES)
        wait = wait_s(attempts)
        again = replace(job, state=State.RETRYING, attempts=attempts, not_before=self.queue.now() + wait)
        again = replace(again, reason=trouble.what, hint=trouble.hint)
        self.queue.write(again)
        self.progress(Warned(f"{readable(job.name)}: {trouble.what}; tried again in {wait:g} s"))

    def _failed(self, job: QueuedJob, trouble: Trouble) -> None:
        job = replace(
            job, state=State.FAILED, attempts=job.attempts + 1, reason=trouble.what, hint=trouble.hint
        )
        write_error(job, self.folders, self.queue, self.progress)
        with self.queue.transaction():
            job = self.queue.write(job)
            self.courier.announce("failed", job.name, payload_of(job, self.folders))
        told = f"{trouble.what}. {trouble.hint}".rstrip()
        self.progress(FileFailed(readable(job.name), told, trouble.exit_code))

    def _down(self, down: Down) -> None:
        """The process is gone: by the fault of the only job under way; of several, each is tried alone."""
        jobs = [each.job for each in self.under_way.values()]
        self.under_way.clear()
        self._more = False
        what = down.trouble.what
        if down.started and len(jobs) == 1:
            self._stumbled(replace(jobs[0], alone=True), down.trouble)
            return
        with self.queue.transaction():
            for job in jobs:
                suspect = down.started or job.alone
                self.queue.write(replace(job, state=State.READY, alone=suspect), what)
        if not down.started:  # it cannot even start: no file's fault
            self.block(f"{what}. {down.trouble.hint}".strip(), MACHINE_WAIT_S)
        elif jobs:
            names = ", ".join(readable(job.name) for job in jobs)
            self.progress(Warned(f"{what}; each of these files is tried again, alone: {names}"))

    def _plan_move(self, job: QueuedJob) -> str:
        if self.folders.done is None:
            return ""
        try:
            return str(moving.free_name(self.folders.done, job.name))
        except OSError as error:
            self.progress(Warned(f"{readable(job.name)} is not moved: {error.strerror}"))
            return ""

    def _move(self, job: QueuedJob) -> None:
        source = self.folders.inbox / job.name
        try:
            if self._facts(job.name) == job.facts:
                moving.move(source, Path(job.moved_to))
                self.progress(Noticed(f"{readable(job.name)} is moved to {readable(job.moved_to)}"))
        except OSError as error:
            self.queue.write(replace(job, moved_to=""), f"it stays where it is: {error.strerror}")
            self.progress(Warned(f"{readable(job.name)} is not moved: {error.strerror}"))

    def _facts(self, name: str) -> Facts | None:
        try:
            seen = look_at(str(self.folders.inbox), name)
        except OSError:
            return None
        return seen.facts if seen else None


def _there(output: Published) -> bool:
    return Path(output.path).exists()
