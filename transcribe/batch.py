"""Many recordings, one after the other: what is asked is checked first, a failure stops nobody else."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from transcribe.episode import Coverage, Episode
from transcribe.errors import (
    AllFailed,
    GateError,
    Interrupted,
    OutputError,
    SomeFailed,
    TranscribeError,
    UsageError,
)
from transcribe.formats import FORMATS, format_named, render, review
from transcribe.loaded import kept_loaded
from transcribe.pipeline import Engines, open_workspace, transcribe_episode
from transcribe.progress import (
    Covered,
    FileFailed,
    FileFinished,
    FileStarted,
    Progress,
    StageFinished,
    StageStarted,
    printable,
)
from transcribe.settings import Settings
from transcribe.stages.probe import probe
from transcribe.stages.publish import Target, check_targets, publish, target_path
from transcribe.workspace import disk_errors, work_root

STANDARD = "-"
"""Standard input as a source, standard output as a destination."""


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


@dataclass(frozen=True)
class Job:
    """One recording and where its results go.

    Attributes:
        source: Path as the user named it, or `-`.
        targets: The files to write; empty when the result goes to standard output.
    """

    source: str
    targets: tuple[Target, ...]

    @property
    def name(self) -> str:
        """What people are shown."""
        return "standard input" if self.source == STANDARD else Path(self.source).name


def transcribe_all(
    sources: Sequence[str], settings: Settings, engines: Engines, progress: Progress
) -> Report:
    """Transcribe recordings and publish what was asked for.

    Raises:
        UsageError: What is asked makes no sense; nothing was done.
        TranscribeError: The only recording failed. Of several, failures are reported and counted.
    """
    jobs = plan_jobs(sources, settings)
    with kept_loaded(engines) as loaded:
        return _transcribe_jobs(jobs, settings, loaded, progress)


def _transcribe_jobs(jobs: Sequence[Job], settings: Settings, engines: Engines, progress: Progress) -> Report:
    report = Report()
    for number, job in enumerate(jobs, start=1):
        progress(FileStarted(job.name, number, len(jobs)))
        try:
            transcribe_one(job, settings, engines, progress)
        except Interrupted:
            raise
        except TranscribeError as error:
            if len(jobs) == 1:
                raise
            report.failed.append((job.name, str(error)))
            progress(FileFailed(job.name, str(error), error.exit_code))
        else:
            report.done.append(job.name)
    return report


def transcribe_one(job: Job, settings: Settings, engines: Engines, progress: Progress) -> None:
    """From one path to its published files, or to standard output.

    Raises:
        GateError: Less of the speech has words than was asked for; the transcript is published.
        TranscribeError: It could not be transcribed or published; nothing is.
    """
    with _path_of(job.source) as path:
        progress(StageStarted("probe"))
        source = probe(path, settings.normalise.audio_stream, engines.prober)
        progress(StageFinished("probe"))
        force = settings.output.force
        with open_workspace(source, settings, engines) as work:
            check_targets(job.targets, work, force=force)
        episode = transcribe_episode(source, settings, engines, progress)
        progress(StageStarted("publish"))
        written: tuple[Path, ...] = ()
        if job.targets:
            with open_workspace(source, settings, engines) as work:
                written = publish(episode, job.targets, partial(_content, settings), work, force=force)
        else:
            _to_standard_output(render(episode, formats_of(job.source, settings)[0], settings.subtitles))
        progress(StageFinished("publish"))
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


def _content(settings: Settings, episode: Episode, name: str) -> bytes | None:
    return review.write(episode) if name == review.NAME else render(episode, name, settings.subtitles)


def plan_jobs(sources: Sequence[str], settings: Settings) -> list[Job]:
    """Decide where every result goes, and refuse what cannot work before any work is done.

    Raises:
        UsageError: Unknown format, two results in one place, or too much for standard output.
    """
    jobs = [Job(source, _targets(source, settings)) for source in sources]
    if any(not job.targets for job in jobs):
        if len(jobs) > 1:
            raise UsageError("standard output takes one recording at a time", "Choose a folder with -o")
        formats = formats_of(jobs[0].source, settings)
        if len(formats) > 1:
            raise UsageError(
                f"standard output takes one format, not {len(formats)} ({', '.join(formats)})",
                "Choose one with -f",
            )
    _refuse_collisions(jobs)
    return jobs


def formats_of(source: str, settings: Settings) -> tuple[str, ...]:
    """The formats asked for; when none was chosen, standard output gets plain text."""
    chosen = settings.output.formats
    if goes_to_standard_output(source, settings) and chosen == Settings().output.formats:
        chosen = ("txt",)
    return tuple(format_named(name).name for name in dict.fromkeys(chosen))


def goes_to_standard_output(source: str, settings: Settings) -> bool:
    """Whether it was asked for, or follows from reading standard input."""
    return settings.output.output == STANDARD or (source == STANDARD and not settings.output.output)


def _targets(source: str, settings: Settings) -> tuple[Target, ...]:
    formats = formats_of(source, settings)
    if goes_to_standard_output(source, settings):
        return ()
    name = "stdin" if source == STANDARD else source
    folder = Path(settings.output.output).expanduser() if settings.output.output else Path(name).parent
    suffixes = {each: FORMATS[each].suffix for each in formats} | {review.NAME: review.SUFFIX}
    return tuple(
        Target(each, target_path(folder, Path(name).name, suffix)) for each, suffix in suffixes.items()
    )


def _refuse_collisions(jobs: Sequence[Job]) -> None:
    owners: dict[Path, str] = {}
    for job in jobs:
        for target in job.targets:
            place = target.path.absolute()
            owner = owners.setdefault(place, job.source)
            if owner != job.source:
                raise UsageError(
                    f"{owner} and {job.source} would both write {target.path}",
                    "Transcribe them into different folders with -o",
                )
        if Path(job.source).absolute() in owners:
            raise UsageError(
                f"{job.source} would be overwritten by its own transcript", "Choose a folder with -o"
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
