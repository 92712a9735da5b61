"""One file after the other, from its turn to its outcome, which is on the disk before all that follows."""

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
from transcribe.jobs.notify import Courier
from transcribe.jobs.publish.outputs import Published
from transcribe.jobs.queue import Facts, Queue, QueuedJob, State
from transcribe.jobs.trouble import TRIES, Passing, Trouble, trouble_of, wait_s
from transcribe.jobs.worker import Changed, Down, Finished, Hashed, Message, Request, Stumbled, Told, Worker
from transcribe.watch import moving
from transcribe.watch.facts import look_at
from transcribe.watch.folders import Folders, place_key, places
from transcribe.watch.intake import Intake
from transcribe.watch.notices import payload_of, remove_error, write_error

MACHINE_WAIT_S = 60.0
"""How long nothing is started after something that concerns every file, such as a model that is not there."""

BEGUN = 50
"""So many contents of one file are remembered."""


@dataclass
class Working:
    """What is worked on, and what becomes of it.

    Attributes:
        folders: Where things lie.
        queue: Where every file's state is.
        intake: Told of files that changed.
        worker: Does the work.
        courier: Told of outcomes.
        settings: Fingerprint of the settings.
        progress: Told of everything.
        clock: Seconds on a clock that never goes back.
        debug: Whether to show on standard error where an unexpected error comes from.
        current: The file that is worked on.
        stage: How far it is, for people.
        blocked: Why nothing is started; empty where it is.
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
    current: QueuedJob | None = None
    stage: str = ""
    blocked: str = ""
    _blocked_until: float = 0.0
    _content: str = ""
    _instead: QueuedJob | None = field(default=None)

    def begin(self) -> bool:
        """Start with the file whose turn it is; whether there was one."""
        job = self.queue.next_ready()
        if job is None:
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

    def turn(self) -> None:
        """Take in what the process says; give up what changed under its hands."""
        with self._at_the_cost_of(self.current):
            if self.current is not None and self.current.name in self.intake.changed:
                job, self.current = self.current, None
                self.worker.stop()
                self.intake.again(job, "changed while it was transcribed; waited for anew")
            self.intake.changed.clear()
            for message in self.worker.messages():
                self._take(message)

    @contextmanager
    def _at_the_cost_of(self, job: QueuedJob | None) -> Iterator[None]:
        """Have an unexpected error fail the one recording that is worked on, unless it is through already."""
        try:
            yield
        except (OutputError, OSError):
            raise
        except Exception as error:
            known = None if job is None or ends_run(error) else self.queue.job(job.name)
            if known is None or known.state not in (State.READY, State.RETRYING, State.WORKING):
                raise
            self.put_down()
            self._stumbled(known, trouble_of(error, debug=self.debug))

    def abandon(self) -> None:
        """Stop at once; the file goes on next time where it was."""
        job = self.put_down()
        if job is not None:
            self.queue.write(replace(job, state=State.READY), "stopped; goes on where it was")

    def put_down(self) -> QueuedJob | None:
        """Stop at once, and tell the ledger nothing; what was worked on."""
        self.worker.stop()
        job, self.current = self.current, None
        return job

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
            self.current = self.queue.write(replace(job, state=State.WORKING, place=place), f"started{tried}")
        path = self.folders.inbox / job.name
        name = PurePath(place)
        self.stage, self._instead = "", None
        self.worker.start()
        self.worker.send(
            Request(
                path=str(path),
                facts=facts,
                folder=str(self.folders.out / name.parent),
                alias=str(path.with_name(name.name + path.suffix)),
                replaces=job.outputs,
                begun=job.begun,
            )
        )

    def _take(self, message: Message) -> None:
        if isinstance(message, Down):
            self._down(message)
        elif self.current is None:
            return
        elif isinstance(message, Told):
            self._tell(message)
        elif isinstance(message, Hashed):
            self._hashed(self.current, message.sha256)
        elif isinstance(message, Finished):
            self._finished(self.current, message)
        elif isinstance(message, Stumbled):
            self._stumbled(self.current, message.trouble)
        elif isinstance(message, Changed):
            self._not_done(self.current)

    def _tell(self, told: Told) -> None:
        event = told.event
        if isinstance(event, StageStarted):
            self.stage = event.stage
        elif isinstance(event, StageAdvanced):
            self.stage = f"{event.stage}, {event.done_ms // 1000} s of it"
        self.progress(event)

    def _hashed(self, job: QueuedJob, sha256: str) -> None:
        """The content is known: is there anything to do?"""
        # One that has outputs already is done again, so that they fit its content.
        twin = None if job.outputs else self.queue.twin(job, sha256, self.settings)
        self._content = sha256
        same = job.sha256 == sha256 and job.settings == self.settings
        if same and job.outputs and all(map(_there, job.outputs)):
            self._instead = replace(job, state=State.DONE, reason="")
        elif twin is not None:
            reason = f"the same content as {twin}, which is done"
            self._instead = replace(job, state=State.DUPLICATE, sha256=sha256, twin=twin, reason=reason)
        elif sha256 not in job.begun:  # known before anything is published for it
            begun = (*job.begun, sha256)[-BEGUN:]
            self.current = self.queue.write(replace(job, begun=begun), f"content is {sha256}")
        self.worker.send(self._instead is None)

    def _not_done(self, job: QueuedJob) -> None:
        self.current = None
        if self._instead is None:
            self.intake.again(job, "changed when its turn came; waited for anew")
            return
        unchanged = self._instead.state is State.DONE
        written = self.queue.write(self._instead, "its content has not changed" if unchanged else "")
        if not unchanged:
            self.progress(Noticed(f"{readable(job.name)}: {readable(written.reason)}"))

    def _finished(self, job: QueuedJob, finished: Finished) -> None:
        self.current = None
        job = replace(job, outputs=finished.outputs, sha256=self._content, settings=self.settings)
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
        self.current = None
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
        job, self.current = self.current, None
        if down.started:
            if job is not None:
                self._stumbled(job, down.trouble)
            return
        if job is not None:  # it cannot even start: no file's fault
            self.queue.write(replace(job, state=State.READY), down.trouble.what)
        self.block(f"{down.trouble.what}. {down.trouble.hint}".strip(), MACHINE_WAIT_S)

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
