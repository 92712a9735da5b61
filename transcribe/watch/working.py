"""Files under way, each from its turn to its outcome, which is on the disk before all that follows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path, PurePath

from transcribe.core.events import Event, FileFailed, Noticed, StageAdvanced, StageStarted, Warned
from transcribe.core.text import readable
from transcribe.jobs.messages import Finished, Go, Request, Unapproved
from transcribe.jobs.notify import Courier
from transcribe.jobs.publish.outputs import Published
from transcribe.jobs.queue import NO_FACTS, Facts, QueuedJob, State
from transcribe.jobs.trouble import Trouble
from transcribe.jobs.under_way import JobsUnderWay, UnderWay
from transcribe.watch import moving
from transcribe.watch.approving import Approving
from transcribe.watch.facts import look_at
from transcribe.watch.folders import Folders, place_key, places
from transcribe.watch.intake import Intake
from transcribe.watch.notices import payload_of, remove_error, write_error

BEGUN = 50
"""So many contents of one file are remembered."""


@dataclass(eq=False)
class Take(UnderWay):
    """A file that the process has.

    Attributes:
        sha256: Its content; empty until the process has read it.
        answered: Whether the process knows whether to go on.
        instead: What becomes of it where it does not go on; None where it does.
    """

    sha256: str = ""
    answered: bool = False
    instead: QueuedJob | None = None
    stage: str = ""


@dataclass(kw_only=True)
class Working(JobsUnderWay[Take]):
    """What is worked on, and what becomes of it.

    Attributes:
        settings: Fingerprint of the settings.
        approving: Looks after what waits for approval; None: none is required.
    """

    folders: Folders
    intake: Intake
    courier: Courier
    settings: str
    approving: Approving | None = None

    @property
    def current(self) -> Take | None:
        """The job that was started first of those under way."""
        return next(iter(self.under_way.values()), None)

    def begin(self) -> bool:
        """Start with the file whose turn it is; whether there was one, and it need not wait for others."""
        job = self.queue.next_ready()
        if job is None or not self.may_join(job):
            return False
        with self.at_the_cost_of(job):
            facts = self._facts(job.name)
            if facts is None:
                self.intake.gone(job.name)
            elif facts != job.facts:
                self.intake.again(job, "changed before its turn came; waited for anew")
            else:
                self._start(job)
        return True

    def turn(self) -> None:
        """Take in what the process says and who has approved what; give up what changed under its hands."""
        if self.approving:
            self.approving.look()
        for name in [each for each in self.under_way if each in self.intake.changed]:
            job = self.under_way[name].job
            with self.at_the_cost_of(job):
                self.give_up([name])
                self.intake.again(job, "changed while it was transcribed; waited for anew")
        self.intake.changed.clear()
        self.take_in()
        for name in [*self.under_way]:
            under = self.under_way.get(name)
            if under is not None and under.sha256 and not under.answered:
                with self.at_the_cost_of(under.job):
                    self._answer(under)

    def abandon(self) -> None:
        """Stop at once; the files go on next time where they were."""
        self.put_down("stopped; goes on where it was")

    def resume_moves(self) -> None:
        """After a kill: finish moving what was done."""
        for job in self.queue.jobs(State.DONE):
            if job.moved_to and self._facts(job.name) == job.facts:
                self._move(job)

    def _start(self, job: QueuedJob) -> None:
        with self.queue.transaction():
            place = job.place or next(
                each for each in places(job.name) if self.queue.claim(place_key(each), job.name)
            )
            tried = f", try {job.attempts + 1}" if job.attempts else ""
            job = self.queue.write(replace(job, state=State.WORKING, place=place), f"started{tried}")
        self.send(job)

    def held(self, job: QueuedJob) -> Take:
        """A file that is begun."""
        return Take(job)

    def request(self, job: QueuedJob) -> Request:
        """Have it transcribed into the folder of results, under the names that are its own."""
        path = self.folders.inbox / job.name
        place = PurePath(job.place)
        return Request(
            name=job.name,
            path=str(path),
            facts=job.facts or NO_FACTS,
            folder=str(self.folders.out / place.parent),
            alias=str(path.with_name(place.name + path.suffix)),
            waiting=str(self.approving.folder / place.parent) if self.approving else "",
            replaces=job.outputs,
            begun=job.begun,
        )

    def tell(self, under: Take, event: Event) -> None:
        """Show it."""
        if isinstance(event, StageStarted):
            under.stage = event.stage
        elif isinstance(event, StageAdvanced):
            under.stage = f"{event.stage}, {event.done_ms // 1000} s of it"
        self.progress(event)

    def hashed(self, under: Take, sha256: str) -> None:
        """Answer, if that is possible already."""
        under.sha256 = sha256
        self._answer(under)

    def _answer(self, under: Take) -> None:
        """The content is known: is there anything to do? That shows once no job with it is under way."""
        job, sha256 = under.job, under.sha256
        if any(each.answered and each.sha256 == sha256 for each in self.under_way.values()):
            return
        # One that has outputs already is done again, so that they fit its content; so is one that waits.
        waits = self.approving is not None and self.approving.holds(job)
        twin = None if job.outputs or waits else self.queue.twin(job, sha256, self.settings)
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

    def not_done(self, under: Take) -> None:
        """Put down what becomes of it instead."""
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

    def finished(self, under: Take, finished: Finished) -> None:
        """Put down that it is done, tell it, move it."""
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

    def unapproved(self, under: Take, message: Unapproved) -> None:
        """Put down what it waits for, tell it."""
        job = under.job
        if self._facts(job.name) not in (job.facts, None):
            self.intake.again(job, "changed while it was transcribed; waited for anew")
            return
        job = replace(job, state=State.UNAPPROVED, reason=message.reason, attempts=0, hint="")
        with self.queue.transaction():
            job = self.queue.write(job)
            self.courier.announce("unapproved", job.name, payload_of(job, self.folders))
        remove_error(job, self.folders)

    def stumbled(self, job: QueuedJob, trouble: Trouble) -> None:
        """A file could not be transcribed: it is tried again if that may help, unless it is another one."""
        facts = self._facts(job.name)
        if facts is None:
            self.queue.write(replace(job, state=State.GONE), "it vanished before it was done")
        elif facts != job.facts:
            self.intake.again(job, f"changed while it was transcribed ({trouble.what}); waited for anew")
        else:
            super().stumbled(job, trouble)

    def failed(self, job: QueuedJob, trouble: Trouble) -> None:
        """Put down that it failed, and why, also beside the results; tell it."""
        job = replace(job, state=State.FAILED, reason=trouble.what, hint=trouble.hint)
        write_error(job, self.folders, self.queue, self.progress)
        with self.queue.transaction():
            job = self.queue.write(job)
            self.courier.announce("failed", job.name, payload_of(job, self.folders))
        told = f"{trouble.what}. {trouble.hint}".rstrip()
        self.progress(FileFailed(readable(job.name), told, trouble.exit_code))

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
