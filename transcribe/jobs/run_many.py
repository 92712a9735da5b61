"""Many recordings, one after the other: what is asked is checked first, a failure stops nobody else."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path

from transcribe.core.errors import TranscribeError, exit_code_of
from transcribe.core.events import FileFailed, FileStarted, HeldBack, Progress
from transcribe.core.text import printable
from transcribe.core.unexpected import ends_run, for_people
from transcribe.jobs.plan import Job, plan_jobs, plan_tracks
from transcribe.jobs.run_one import transcribe_one
from transcribe.jobs.warm import kept_loaded
from transcribe.pipeline.ports import Run
from transcribe.pipeline.suspend import PATIENCE_SECONDS, Pause, Pausing


@dataclass
class Ended:
    """What became of each recording, and the exit code that follows."""

    done: list[str] = field(default_factory=list)
    failed: list[tuple[str, str]] = field(default_factory=list)

    @property
    def exit_code(self) -> int:
        """0 when nothing failed."""
        return exit_code_of(len(self.done), len(self.failed))

    def summary(self) -> str:
        """One line, and one more for each failure."""
        total = len(self.done) + len(self.failed)
        lines = [f"{len(self.done)} of {total} files transcribed"]
        lines += [printable(f"  failed: {name}: {message}") for name, message in self.failed]
        return "\n".join(lines)


def transcribe_all(sources: Sequence[str], run: Run) -> Ended:
    """Transcribe recordings and publish what was asked for.

    Args:
        sources: Paths, or `-`.
        run: What works on them.

    Raises:
        UsageError: What is asked makes no sense; nothing was done.
        TranscribeError: The only recording failed. Of several, failures are reported and counted.
    """
    return _Turns(plan_jobs(sources, run.settings), run, lambda _: run.progress, raise_alone=True).all()


def transcribe_jobs(jobs: Sequence[Job], run: Run, progress_of: Callable[[Job], Progress]) -> Ended:
    """Do jobs that are planned already; failures are reported and counted, also the only one's.

    Args:
        jobs: What to do, in order.
        run: What works on them.
        progress_of: What is called with every event of a job.
    """
    return _Turns(jobs, run, progress_of, raise_alone=False).all()


def transcribe_together(tracks: Sequence[str], results: Path, run: Run) -> Ended:
    """Transcribe the tracks of one recording, a file for each speaker, into one transcript.

    Args:
        tracks: Paths.
        results: Folder of the results, unless the settings name one, and what their names begin with.
        run: What works on them.

    Raises:
        UsageError: What is asked makes no sense; nothing was done.
        TranscribeError: It failed.
    """
    jobs = plan_tracks(tracks, results, run.settings)
    return _Turns(jobs, run, lambda _: run.progress, raise_alone=True).all()


class _Turns:
    """Finishes one job after the other; begins the next ones as soon as a worker has nothing to do."""

    def __init__(
        self,
        jobs: Sequence[Job],
        run: Run,
        progress_of: Callable[[Job], Progress],
        *,
        raise_alone: bool,
    ) -> None:
        self._raise_alone = raise_alone and len(jobs) == 1
        self._jobs = jobs
        self._run = run
        self._progress_of = progress_of
        self._waiting = deque(enumerate(jobs, start=1))
        self._begun: list[_Begun] = []

    def all(self) -> Ended:
        ended = Ended()
        with kept_loaded(self._run, self._begin_next) as self._run, closing(self):
            while self._begun or self._begin_next():
                finished = next((each for each in self._begun if each.finish()), None)
                if finished is not None:
                    self._begun.remove(finished)
                    self._count(finished, ended)
                elif not self._begin_next():
                    time.sleep(PATIENCE_SECONDS)  # another run works on all of them
        return ended

    def close(self) -> None:
        for begun in self._begun:
            begun.work.close()
            if begun.over:  # where nothing has to be recognised, a recording is published before its turn
                begun.told.release()

    def _begin_next(self) -> bool:
        if not self._waiting:
            return False
        number, job = self._waiting.popleft()
        told = HeldBack(self._progress_of(job))
        shows = (
            self._run.settings.display.debug and not self._raise_alone
        )  # else whoever gets the error shows it
        begun = _Begun(job, told, transcribe_one(job, replace(self._run, progress=told)), shows)
        if not self._begun:
            told.release()
        self._begun.append(begun)
        told(FileStarted(job.name, number, len(self._jobs)))
        begun.advance()
        return True

    def _count(self, begun: _Begun, ended: Ended) -> None:
        if begun.error is None:
            ended.done.append(begun.job.name)
        elif self._raise_alone:
            raise begun.error
        else:
            ended.failed.append((begun.job.name, str(begun.error)))
            failed = FileFailed(begun.job.name, str(begun.error), begun.error.exit_code)
            self._progress_of(begun.job)(failed)


@dataclass(eq=False)
class _Begun:
    """A job under way. What it tells is held back until it is its turn, and so is its error.

    Whatever goes wrong with it, a bug too, is caught here and costs this recording only.
    """

    job: Job
    told: HeldBack
    work: Pausing[None]
    debug: bool
    pause: Pause | None = None
    error: TranscribeError | None = None
    over: bool = False

    def advance(self) -> None:
        """Go on to the next pause, or to the end."""
        try:
            self.pause = next(self.work, None)
            self.over = self.pause is None
        except Exception as error:
            if ends_run(error):
                raise
            self.pause, self.error = None, for_people(error, debug=self.debug)

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
