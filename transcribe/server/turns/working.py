"""Jobs under way, each from its turn to its outcome, and what those who listen to it are told."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass, field, replace

from transcribe.core.errors import InputError, OutputError
from transcribe.core.events import (
    Event,
    SegmentRecognised,
    StageAdvanced,
    StageFinished,
    StageStarted,
    Warned,
)
from transcribe.core.places import work_root
from transcribe.jobs.messages import Finished, Go, Request
from transcribe.jobs.queue import NO_FACTS, QueuedJob, State
from transcribe.jobs.submissions import Submission
from transcribe.jobs.trouble import Trouble, trouble_of
from transcribe.jobs.under_way import JobsUnderWay, UnderWay
from transcribe.server.turns.listeners import Line, Listeners
from transcribe.server.turns.schedule import URGENT_MS, Running
from transcribe.server.turns.store import ALIAS, Store

KEPT = ("normalise", "detect")
"""Stages before recognition that take long; what they made is not made again."""

LONGEST_MS = 48 * 3_600_000
"""A small file may hold months of sound, which would fill the disk: two days of it take 11 GB."""

MORE_MS = 60_000
"""A recording that turns out to be so much longer than it says was not what it said."""


def too_long() -> InputError:
    """What is said of a recording that is longer than `LONGEST_MS`."""
    return InputError("the recording is longer than 48 hours", "Divide it, and send the parts")


@dataclass(eq=False)
class Served(UnderWay):
    """A job that the process has.

    Attributes:
        duration_ms: How long its recording says it is, or turned out to be; 0 while neither is known.
        heard: How many segments it has told since it was started.
        total_ms: Speech in it; 0 while that is not known.
        begun_ms: How much of that had been heard when it was started.
        advanced: Whether it has got further since, with something that is kept.
    """

    duration_ms: int = 0
    heard: int = 0
    stage: StageStarted | None = None
    total_ms: int = 0
    done_ms: int = 0
    begun_ms: int | None = None
    advanced: bool = False

    @property
    def left_ms(self) -> int:
        """How much is still to be heard."""
        return max(0, (self.total_ms or self.duration_ms) - self.done_ms)


@dataclass(kw_only=True)
class Working(JobsUnderWay[Served]):
    """What is worked on, and what becomes of it.

    Attributes:
        heard_ms: How much was transcribed since the start, in ms of recordings.
    """

    store: Store
    listeners: Listeners
    heard_ms: int = 0
    _lines: dict[str, list[Line]] = field(default_factory=dict)
    _gave_way: set[str] = field(default_factory=set)

    def held(self, job: QueuedJob) -> Served:
        """A job that is begun."""
        return Served(job, self._submission(job).duration_ms)

    def request(self, job: QueuedJob) -> Request:
        """Have it transcribed into its folder, by its own settings."""
        folder = self.store.folder(job.name)
        return Request(
            name=job.name,
            path=str(self.store.recording(job.name)),
            facts=job.facts or NO_FACTS,
            folder=str(folder),
            alias=str(folder / ALIAS),
            settings=self.store.settings_for(self._submission(job)),
            live=True,
        )

    def tell(self, under: Served, event: Event) -> None:
        """Tell those who listen, and remember how far it is."""
        name = under.job.name
        if isinstance(event, SegmentRecognised):
            self._say(under, event)
        elif isinstance(event, StageStarted):
            under.stage = event
            if event.stage == "recognise":
                under.total_ms = event.total_ms or 0
        elif isinstance(event, StageAdvanced) and event.stage == "recognise":
            under.done_ms = event.done_ms
            under.begun_ms = event.done_ms if under.begun_ms is None else under.begun_ms
            under.advanced |= event.done_ms > under.begun_ms
        elif isinstance(event, StageAdvanced) and event.stage in KEPT:
            self._measured(under, event.done_ms)
        elif isinstance(event, StageFinished):
            under.advanced |= event.stage in KEPT and not event.resumed
        if under.advanced:
            self._gave_way.discard(name)
        if isinstance(event, StageStarted | StageAdvanced | Warned):
            self.listeners.tell(name, event)

    def _measured(self, under: Served, length_ms: int) -> None:
        """Put down that a recording is longer than it says, lest it gain turns by that, or than it may be."""
        if length_ms > LONGEST_MS:
            self.failed(under.job, trouble_of(too_long()))
        if length_ms > under.duration_ms + MORE_MS:
            under.duration_ms = length_ms
            self.store.lengthen(under.job.name, length_ms)

    def _say(self, under: Served, event: SegmentRecognised) -> None:
        under.heard += 1
        lines = self._lines.setdefault(under.job.name, [])
        if under.heard <= len(lines):
            return  # it was told before the process was started again
        segment = event.segment
        line = Line(segment.start_ms, segment.end_ms, segment.text, segment.words[0].space_before)
        lines.append(line)
        self.listeners.tell(under.job.name, line)

    def lines(self, name: str) -> list[Line]:
        """What was recognised so far of a job that is not finished."""
        return self._lines.get(name, [])

    def hashed(self, under: Served, sha256: str) -> None:
        """Go on if it is what was uploaded."""
        self.worker.send(Go(under.job.name, sha256 == under.job.sha256))

    def finished(self, under: Served, finished: Finished) -> None:
        """Put down that it is done."""
        self.heard_ms += under.duration_ms
        done = replace(under.job, state=State.DONE, outputs=finished.outputs, reason=finished.warning)
        self.end(replace(done, hint=""), "done")

    def not_done(self, under: Served) -> None:
        """Fail it: the recording in our own folder is not what was uploaded."""
        lost = OutputError("the recording in the server's folder was changed", "Submit it again")
        self.failed(under.job, trouble_of(lost))

    def failed(self, job: QueuedJob, trouble: Trouble) -> None:
        """Put down that it failed, and why."""
        failed = replace(job, state=State.FAILED, reason=trouble.what, hint=trouble.hint)
        self.end(failed, exit_code=trouble.exit_code)

    def hurried(self, job: QueuedJob) -> bool:
        """Whether it is of no use once the client is gone that waits for it."""
        return self._submission(job).interactive

    def end(self, job: QueuedJob, detail: str = "", exit_code: int = 0) -> None:
        """Put down that nothing more will be done for a job."""
        self._lines.pop(job.name, None)
        self._gave_way.discard(job.name)
        self._write(job, detail, exit_code)

    def write(self, job: QueuedJob, detail: str = "") -> QueuedJob:
        """Put down where a job is now, and tell it."""
        return self._write(job, detail)

    def _write(self, job: QueuedJob, detail: str, exit_code: int = 0) -> QueuedJob:
        job = self.store.write(replace(job, reason=self._for_clients(job)), detail, exit_code)
        self.listeners.tell(job.name, job)
        return job

    def _for_clients(self, job: QueuedJob) -> str:
        """The reason without paths of this machine."""
        told = job.reason.replace(str(self.store.recording(job.name)), self._submission(job).title)
        return told.replace(f"{self.store.folder(job.name)}/", "").replace(f"{work_root()}/", "")

    def _submission(self, job: QueuedJob) -> Submission:
        return self.store.submissions.get(job.name) or Submission(job.name, "", "the recording")

    # For whose turn it is.

    def running(self, awaited: Container[str]) -> list[Running]:
        """What is worked on, as far as it matters for whose turn it is.

        Args:
            awaited: The jobs for whose answers somebody waits.
        """
        first = next(iter(self.under_way), "")
        return [
            Running(
                under.left_ms,
                name in awaited and under.duration_ms <= URGENT_MS,
                name != first or under.advanced or name not in self._gave_way,
            )
            for name, under in self.under_way.items()
        ]

    def give_way(self) -> None:
        """Put down what is worked on for a shorter job; not twice before it has got further."""
        self._gave_way.update(name for name, under in self.under_way.items() if not under.advanced)
        self.put_down("gives way to a shorter one; goes on where it was")
