"""Many recordings, one after the other: what is asked is checked first, a failure stops nobody else."""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from transcribe.core.errors import PersonNeeded, exit_code_of
from transcribe.core.events import FileFailed, FileStarted, HeldBack, Progress
from transcribe.core.text import printable
from transcribe.jobs.plan import Job, plan_jobs, plan_tracks
from transcribe.jobs.run_one import transcribe_one
from transcribe.jobs.turns import Turn, Turns
from transcribe.pipeline.ports import Run
from transcribe.pipeline.suspend import PATIENCE_SECONDS, Pausing


@dataclass
class Ended:
    """What became of each recording, and the exit code that follows."""

    done: list[str] = field(default_factory=list)
    failed: list[tuple[str, str]] = field(default_factory=list)
    unapproved: list[tuple[str, str]] = field(default_factory=list)

    @property
    def exit_code(self) -> int:
        """0 when nothing failed, or waits for approval."""
        failed = exit_code_of(len(self.done) + len(self.unapproved), len(self.failed))
        return failed or (PersonNeeded.exit_code if self.unapproved else 0)

    def summary(self) -> str:
        """One line, and one more for each failure."""
        total = len(self.done) + len(self.failed) + len(self.unapproved)
        lines = [f"{len(self.done)} of {total} files transcribed"]
        lines += [printable(f"  {message}") for _, message in self.unapproved]
        lines += [printable(f"  failed: {name}: {message}") for name, message in self.failed]
        return "\n".join(lines)


def transcribe_all(sources: Sequence[str], run: Run) -> Ended:
    """Transcribe recordings and publish what was asked for.

    Raises:
        UsageError: What is asked makes no sense; nothing was done.
        TranscribeError: The only recording failed. Of several, failures are reported and counted.
    """
    return _Batch(
        plan_jobs(sources, run.settings), run, lambda _: run.progress, raise_alone=True
    ).transcribe()


def transcribe_jobs(
    jobs: Sequence[Job],
    run: Run,
    progress_of: Callable[[Job], Progress],
    most: Callable[[], float] = lambda: math.inf,
) -> Ended:
    """Do jobs that are planned already; failures are reported and counted, also the only one's.

    Args:
        progress_of: What is called with every event of a job.
        most: How many may be under way.
    """
    return _Batch(jobs, run, progress_of, raise_alone=False, most=most).transcribe()


def transcribe_together(tracks: Sequence[str], results: Path, run: Run) -> Ended:
    """Transcribe the tracks of one recording, a file for each speaker, into one transcript.

    Args:
        results: Folder of the results, unless the settings name one, and what their names begin with.

    Raises:
        UsageError: What is asked makes no sense; nothing was done.
        TranscribeError: It failed.
    """
    jobs = plan_tracks(tracks, results, run.settings)
    return _Batch(jobs, run, lambda _: run.progress, raise_alone=True).transcribe()


class _Batch(Turns[Job]):
    """Jobs that are known beforehand."""

    def __init__(
        self,
        jobs: Sequence[Job],
        run: Run,
        progress_of: Callable[[Job], Progress],
        *,
        raise_alone: bool,
        most: Callable[[], float] = lambda: math.inf,
    ) -> None:
        super().__init__(run)
        self._most = most
        self._raise_alone = raise_alone and len(jobs) == 1
        self._count = len(jobs)
        self._progress_of = progress_of
        self._waiting = deque(enumerate(jobs, start=1))
        self._ended = Ended()

    def transcribe(self) -> Ended:
        self.all()
        return self._ended

    def next_turn(self) -> Turn[Job] | None:
        if not self._waiting or len(self.begun) >= self._most():
            return None
        number, job = self._waiting.popleft()
        told = HeldBack(self._progress_of(job))
        shows = (
            self.run.settings.display.debug and not self._raise_alone
        )  # else whoever gets the error shows it
        return Turn(job, told, self._work(number, job, told), shows)

    def _work(self, number: int, job: Job, told: HeldBack) -> Pausing[None]:
        told(FileStarted(job.name, number, self._count))
        yield from transcribe_one(job, replace(self.run, progress=told))

    def ended(self, turn: Turn[Job]) -> None:
        if turn.error is None:
            self._ended.done.append(turn.item.name)
        elif self._raise_alone:
            raise turn.error
        elif isinstance(turn.error, PersonNeeded):
            self._ended.unapproved.append((turn.item.name, turn.error.what))
        else:
            self._ended.failed.append((turn.item.name, str(turn.error)))
            failed = FileFailed(turn.item.name, str(turn.error), turn.error.exit_code)
            self._progress_of(turn.item)(failed)

    def rest(self) -> None:
        time.sleep(PATIENCE_SECONDS)  # another run works on all of them
