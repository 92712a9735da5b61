"""Keeps the report of a batch while it goes on: written after every recording and however the run ends."""

from __future__ import annotations

import contextlib
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from transcribe.core.disk import disk_errors
from transcribe.core.episode import Coverage
from transcribe.core.errors import GateError, OutputError, UsageError
from transcribe.core.events import (
    Covered,
    Event,
    FileFailed,
    FileFinished,
    FileSkipped,
    FileStarted,
    FileUnapproved,
    MachineAdvanced,
    Progress,
    StageAdvanced,
    Warned,
)
from transcribe.core.files import atomic_file, make_folder
from transcribe.core.text import readable
from transcribe.jobs.due import WAITING, Decision, Plan
from transcribe.jobs.plan import Job
from transcribe.jobs.report import GOOD, BatchReport, FileReport, Status, encoded
from transcribe.pipeline.ports import Engines


class Reporter:
    """Keeps the report of a run while it goes on.

    Args:
        path: Where the report goes; None: nowhere.
        previous: The report of the last run, which knows the warnings of recordings that are up to date.
    """

    def __init__(
        self,
        plan: Plan,
        engines: Engines,
        path: Path | None = None,
        previous: BatchReport | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.path = path
        self._clock = clock
        self._began = clock()
        self._fresh_ms, self._fresh_seconds = 0, 0.0
        earlier = {each.source: each for each in previous.files} if previous else {}
        self._files = {
            each.job.source: _planned(each, earlier.get(each.path), plan.fail_under)
            for each in plan.decisions
        }
        left_out = [
            FileReport(readable(each.name), "left_out", readable(each.reason)) for each in plan.left_out
        ]
        self.report = BatchReport(
            schema="transcribe.report",
            version=1,
            program=engines.program,
            engine=engines.engine,
            model=engines.model.name,
            started=_now(),
            ended=None,
            interrupted=False,
            wall_seconds=0.0,
            audio_seconds=0.0,
            counts={},
            files=[*self._files.values(), *left_out],
        )
        self._count()

    @property
    def measured(self) -> tuple[int, float]:
        """How much recording this run recognised from beginning to end, in ms, and in how many seconds."""
        return self._fresh_ms, self._fresh_seconds

    def progress_of(self, tell: Progress) -> Callable[[Job], Progress]:
        """Who is told of everything about a job: the report, then `tell`."""
        watchers: dict[str, _Watcher] = {}

        def of(job: Job) -> Progress:
            return watchers.setdefault(job.source, _Watcher(self, self._files[job.source], tell))

        return of

    def finished(self, file: FileReport, seconds: float, *, fresh: bool, again: bool = False) -> None:
        """A recording came to its end, whatever that is.

        Args:
            again: It had come to one before: what was transcribed is counted.
        """
        file.wall_seconds = round(seconds, 2)
        if not again and file.status in ("done", "unapproved") and file.audio_seconds:
            self.report.audio_seconds = round(self.report.audio_seconds + file.audio_seconds, 3)
            if fresh:
                self._fresh_ms += round(1000 * file.audio_seconds)
                self._fresh_seconds += seconds
        with contextlib.suppress(
            OutputError
        ):  # the recording is done; whether there is a report shows at the end
            self.save()

    def end(self, *, interrupted: bool) -> None:
        """The run is over.

        Raises:
            OutputError: The report cannot be written; that is not told of a run that was stopped.
        """
        self.report.ended, self.report.interrupted = _now(), interrupted
        with contextlib.suppress(*([OutputError] if interrupted else [])):
            self.save()

    def now(self) -> float:
        """Seconds on the clock."""
        return self._clock()

    def save(self) -> None:
        """Write the report as it is now; two runs at once each leave a whole one.

        Raises:
            OutputError: It cannot be written.
        """
        self.report.wall_seconds = round(self._clock() - self._began, 2)
        self._count()
        if self.path is None:
            return
        with disk_errors(self.path, "writing"):
            make_folder(self.path.parent)
        with atomic_file(self.path) as handle:
            handle.write(encoded(self.report))

    def _count(self) -> None:
        self.report.counts = dict(Counter(each.status for each in self.report.files))


class _Watcher:
    """Writes into a recording's report what is told of it, and passes it on."""

    def __init__(self, reporter: Reporter, file: FileReport, tell: Progress) -> None:
        self._reporter = reporter
        self._file = file
        self._tell = tell
        self._began = 0.0
        self._elsewhere = 0.0
        self._fresh = False
        self._over = False

    def __call__(self, event: Event) -> None:
        """Take note and pass on."""
        file = self._file
        self._tell(event)
        match event:
            case MachineAdvanced():
                self._elsewhere = self._elsewhere or self._reporter.now()
            case FileStarted():
                self._began = self._elsewhere or self._reporter.now()
                file.warnings = []
            case Warned():
                file.warnings.append(event.message)
            case StageAdvanced(stage="recognise"):
                self._fresh = event.resumed_ms == 0
            case FileFinished():
                file.status, file.reason, file.exit_code = "done", "", 0
                file.outputs = [str(Path(each).absolute()) for each in event.outputs]
                file.audio_seconds = event.audio_ms / 1000
            case Covered():
                file.coverage_percent, file.to_check = round(event.percent, 2), event.to_check
                self._end()
            case FileUnapproved():
                file.status, file.reason, file.exit_code = "unapproved", event.reason, 0
                file.outputs = [str(Path(each).absolute()) for each in event.outputs]
                file.audio_seconds = event.audio_ms / 1000
                self._end()
            case FileSkipped():
                file.status, file.reason = "current", event.reason
                self._end()
            case FileFailed():
                file.status, file.reason, file.exit_code = "failed", event.message, event.exit_code
                self._end()

    def _end(self) -> None:
        """A recording that waits ends twice, and one of which less has words than was asked for."""
        seconds = self._reporter.now() - self._began
        self._reporter.finished(self._file, seconds, fresh=self._fresh, again=self._over)
        self._over = True


def _planned(decision: Decision, earlier: FileReport | None, fail_under: float) -> FileReport:
    """What is known about a recording before anything is done."""
    status: Status = "waiting" if decision.due or not decision.current else "current"
    if decision.unapproved:
        status = "unapproved"
    report = FileReport(decision.path, status, decision.reason.removeprefix(WAITING))
    report.audio_seconds = None if decision.audio_ms is None else decision.audio_ms / 1000
    memory = decision.job.memory
    if status == "unapproved":
        report.outputs = [str(each.path.absolute()) for each in decision.job.waiting]
    if status != "current" or memory is None or memory.known is None:
        return report
    known = memory.known
    coverage = Coverage(known.speech_ms, known.missing_ms, 0, 0, ())
    if coverage.percent < fail_under:
        report.status, report.exit_code = "failed", GateError.exit_code
        report.reason = f"up to date, but less than {fail_under:g} % of the speech has words"
    written = [each.path for each in decision.job.files if known.files[each.path.name].sha256]
    return replace(
        report,
        coverage_percent=round(coverage.percent, 2),
        to_check=known.to_check,
        outputs=[str(path.absolute()) for path in written],
        warnings=earlier.warnings if earlier and earlier.status in GOOD else [],
    )


def check_report_path(path: Path, plan: Plan) -> None:
    """Refuse a report that would lie where a recording or one of its files does.

    Raises:
        UsageError: It would.
    """
    place = path.absolute()
    for decision in plan.decisions:
        files = (*decision.job.files, *decision.job.waiting)
        taken = [Path(decision.job.source), *(each.path for each in files)]
        if place in [each.absolute() for each in taken]:
            raise UsageError(
                f"{path} would be the report and belong to {decision.job.source}, too",
                "Choose another file with --report",
            )


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
