"""Many recordings, one after the other: what is asked is checked first, a failure stops nobody else."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from transcribe.diarising import diarised
from transcribe.episode import Coverage
from transcribe.errors import (
    AllFailed,
    GateError,
    Interrupted,
    OutputError,
    SomeFailed,
    TranscribeError,
)
from transcribe.jobs import STANDARD, Job, formats_of, plan_jobs
from transcribe.loaded import kept_loaded
from transcribe.noting import OpenWriter, noted
from transcribe.pausing import PATIENCE_SECONDS, Pause, Pausing
from transcribe.pipeline import Engines, open_workspace, transcribing
from transcribe.progress import (
    Covered,
    FileFailed,
    FileFinished,
    FileStarted,
    HeldBack,
    Progress,
    StageFinished,
    StageStarted,
    printable,
)
from transcribe.settings import Settings
from transcribe.stages.content import check_content, content_of
from transcribe.stages.probe import probe
from transcribe.stages.publish import check_targets, publish
from transcribe.stages.tagging import publish_sound
from transcribe.workspace import disk_errors, work_root


@dataclass
class Report:
    """Counts what became of each recording, and knows the exit code that follows."""

    done: list[str] = field(default_factory=list)
    failed: list[tuple[str, str]] = field(default_factory=list)

    @property
    def exit_code(self) -> int:
        """0 when nothing failed, else SomeFailed's or AllFailed's."""
        if not self.failed:
            return 0
        return SomeFailed.exit_code if self.done else AllFailed.exit_code

    def summary(self) -> str:
        """One line, and one more for each failure."""
        total = len(self.done) + len(self.failed)
        lines = [f"{len(self.done)} of {total} files transcribed"]
        lines += [printable(f"  failed: {name}: {message}") for name, message in self.failed]
        return "\n".join(lines)


def transcribe_all(
    sources: Sequence[str],
    settings: Settings,
    engines: Engines,
    progress: Progress,
    open_writer: OpenWriter | None = None,
) -> Report:
    """Transcribe recordings and publish what was asked for.

    Args:
        sources: Paths, or `-`.
        settings: What is asked for.
        engines: What works on them.
        progress: Told of everything.
        open_writer: Gets the language model ready that writes notes; None: none does.

    Raises:
        UsageError: What is asked makes no sense; nothing was done.
        TranscribeError: The only recording failed. Of several, failures are reported and counted.
    """
    return _Run(plan_jobs(sources, settings), settings, engines, progress, open_writer).all()


class _Run:
    """Finishes one job after the other; begins the next ones as soon as a worker has nothing to do."""

    def __init__(
        self,
        jobs: Sequence[Job],
        settings: Settings,
        engines: Engines,
        progress: Progress,
        open_writer: OpenWriter | None,
    ) -> None:
        self._jobs = jobs
        self._open_writer = open_writer
        self._settings = settings
        self._engines = engines
        self._progress = progress
        self._waiting = deque(enumerate(jobs, start=1))
        self._begun: list[_Begun] = []

    def all(self) -> Report:
        report = Report()
        with kept_loaded(self._engines, self._begin_next) as self._engines, closing(self):
            while self._begun or self._begin_next():
                finished = next((each for each in self._begun if each.finish()), None)
                if finished is None:
                    time.sleep(PATIENCE_SECONDS)  # another run works on all of them
                else:
                    self._begun.remove(finished)
                    self._count(finished, report)
        return report

    def close(self) -> None:
        for begun in self._begun:
            begun.work.close()

    def _begin_next(self) -> bool:
        if not self._waiting:
            return False
        number, job = self._waiting.popleft()
        told = HeldBack(self._progress)
        begun = _Begun(job, told, self._transcribe(job, told))
        if not self._begun:
            told.release()
        self._begun.append(begun)
        told(FileStarted(job.name, number, len(self._jobs)))
        begun.advance()
        return True

    def _transcribe(self, job: Job, told: Progress) -> Pausing[None]:
        return transcribe_one(job, self._settings, self._engines, told, self._open_writer)

    def _count(self, begun: _Begun, report: Report) -> None:
        if begun.error is None:
            report.done.append(begun.job.name)
        elif len(self._jobs) == 1:
            raise begun.error
        else:
            report.failed.append((begun.job.name, str(begun.error)))
            self._progress(FileFailed(begun.job.name, str(begun.error), begun.error.exit_code))


@dataclass(eq=False)
class _Begun:
    """A job under way. What it tells is held back until it is its turn, and so is its error."""

    job: Job
    told: HeldBack
    work: Pausing[None]
    pause: Pause | None = None
    error: TranscribeError | None = None

    def advance(self) -> None:
        """Go on to the next pause, or to the end."""
        try:
            self.pause = next(self.work, None)
        except Interrupted:
            raise
        except TranscribeError as error:
            self.pause, self.error = None, error

    def finish(self) -> bool:
        """Go on to the end, unless somebody else has the work directory; whether it came to the end."""
        if self.pause is Pause.LOCK:
            self.advance()
        if self.pause is Pause.LOCK:
            return False
        self.told.release()
        while self.pause:
            self.advance()
        return True


def transcribe_one(
    job: Job, settings: Settings, engines: Engines, progress: Progress, open_writer: OpenWriter | None = None
) -> Pausing[None]:
    """From one path to its published files, or to standard output.

    Raises:
        GateError: Less of the speech has words than was asked for; the transcript is published.
        TranscribeError: It could not be transcribed or published; nothing is.
    """
    with _path_of(job.source) as path:
        progress(StageStarted("probe"))
        source = probe(path, settings.normalise.audio_stream, engines.prober)
        progress(StageFinished("probe"))
        work = open_workspace(source, settings, engines)
        while not work.lock():
            yield Pause.LOCK
        try:
            check_targets(job.targets, work, force=settings.output.force)
            check_content(source, formats_of(job.source, settings), settings)
            episode = yield from transcribing(work, source, settings, engines, progress)
            episode = diarised(work, episode, settings, engines, progress)
            episode = noted(work, episode, settings, open_writer, progress)
            progress(StageStarted("publish"))
            written: tuple[Path, ...] = ()
            if job.targets:
                content = partial(content_of, settings)
                written = publish(episode, job.targets, content, work, force=settings.output.force)
                written += publish_sound(
                    job.sound, episode, engines.editor, work, progress, force=settings.output.force
                )
            else:
                only = formats_of(job.source, settings)[0]
                _to_standard_output(content_of(settings, episode, only) or b"")
            progress(StageFinished("publish"))
        finally:
            work.unlock()
    progress(FileFinished(job.name, tuple(map(str, written))))
    judge(job.name, episode.coverage, settings.output.fail_under, progress)


def judge(name: str, coverage: Coverage, fail_under: float, progress: Progress) -> None:
    """Tell how much of the speech has words.

    Raises:
        GateError: It is less than `fail_under` percent.
    """
    progress(Covered(name, coverage.percent, len(coverage.to_check), coverage.summary()))
    if coverage.percent < fail_under:
        raise GateError(
            f"less than {fail_under:g} % of the speech in {name} has words ({coverage.summary()})",
            "The transcript is written all the same; listen to what is missing",
        )


@contextmanager
def _path_of(source: str) -> Iterator[Path]:
    """The file to read; standard input is first written to one, because it is read more than once."""
    if source != STANDARD:
        yield Path(source)
        return
    folder = work_root()
    with disk_errors(folder, "writing into"):
        folder.mkdir(parents=True, exist_ok=True)
        spool = tempfile.TemporaryDirectory(prefix="stdin-", dir=folder)
    with spool as place:
        path = Path(place) / "stdin"
        with disk_errors(path, "writing"), path.open("wb") as handle:
            shutil.copyfileobj(sys.stdin.buffer, handle)
        yield path


def _to_standard_output(content: bytes) -> None:
    try:
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
    except OSError as error:
        # Python would try once more at its end, and end with an exit code of its own.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if not isinstance(error, BrokenPipeError):  # otherwise the reader has had enough
            raise OutputError(f"writing standard output failed: {error.strerror}") from error
