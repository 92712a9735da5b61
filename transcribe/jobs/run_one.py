"""One job, from its recording to its published files."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from transcribe.core.corrections.record import NO_CORRECTIONS
from transcribe.core.disk import Room, disk_errors
from transcribe.core.episode import Episode
from transcribe.core.errors import InputError, TranscribeError
from transcribe.core.events import FileFinished, FileSkipped, StageFinished, StageStarted
from transcribe.core.workspace import Workspace, scratch
from transcribe.jobs.corrections import read_sidecar
from transcribe.jobs.fingerprint import made_with
from transcribe.jobs.making import Timed, making_of
from transcribe.jobs.manifest import Seen
from transcribe.jobs.memory import size_and_time
from transcribe.jobs.output import Output, judge
from transcribe.jobs.plan import STANDARD, Job, remembered
from transcribe.jobs.signing import signer_of
from transcribe.jobs.waiting import Waiting
from transcribe.pipeline.notes_step import gave_up
from transcribe.pipeline.ports import Run
from transcribe.pipeline.recipe import Recording, looked_at, settled, transcribing, workspace_of
from transcribe.pipeline.stages.probe import changed_since
from transcribe.pipeline.suspend import Pause, Pausing, to_the_end


def transcribe_one(job: Job, run: Run) -> Pausing[None]:
    """From one path to its published files, or to standard output.

    Raises:
        GateError: Less of the speech has words than was asked for; the transcript is published, or waits.
        PersonNeeded: Its results wait for approval.
        TranscribeError: It could not be transcribed or published; nothing is.
    """
    run = titled(settled(run), Path(job.source).stem) if job.tracks else settled(run)
    progress = timed = Timed(run.progress)
    run, job = replace(run, progress=timed), _with_manifest(job, run)
    with _path_of(job.source) as path:
        facts = size_and_time(path)  # before it is read: what is written into it from now on is a change
        recording = looked_at(run, path, job.tracks, job.chapters)
        sha256 = recording.source.sha256
        work = workspace_of(run, recording)
        while not work.lock():
            yield Pause.LOCK
        try:
            if job.memory and job.memory.made_meanwhile(sha256, job.files):
                progress(FileSkipped(job.name, "another run has done it"))
                return
            seen = Seen(*facts, sha256) if facts else None  # of several tracks there is nothing to remember
            waiting = Waiting.of(job)
            if waiting is None:
                episode, written = yield from _made(job, run, work, recording, seen, timed)
            elif waiting.left_over(sha256):
                waiting.remove()
                progress(FileSkipped(job.name, "it is published already"))
                return
            else:
                if not waiting.made_of(sha256):
                    waiting.begin()
                    yield from _made(waiting.job, run, work, recording, seen, timed)
                episode, written = waiting.publish(run, work, recording, seen)
        finally:
            work.unlock()
    progress(FileFinished(job.name, tuple(map(str, written)), episode.audio.duration_ms))
    judge(job.name, episode.coverage, run.settings.output.fail_under, progress)


def _with_manifest(job: Job, run: Run) -> Job:
    """The job with a manifest, where one was asked for; a batch has given it one already."""
    wanted = run.settings.output.manifest or run.settings.output.sign_key or job.waiting
    if job.memory or not job.targets or not wanted:
        return job
    return remembered(job, made_with(run.settings, run.engines), signer_of(run.settings))


def _made(
    job: Job, run: Run, work: Workspace, recording: Recording, seen: Seen | None, timed: Timed
) -> Pausing[tuple[Episode, tuple[Path, ...]]]:
    """Transcribe a recording and write its files; the episode, and what was written."""
    corrections = read_sidecar(job.corrections) if job.corrections else NO_CORRECTIONS
    output = Output(job, work, run)
    output.check(recording.source)
    if run.elsewhere:
        yield from run.elsewhere(run, work, recording.source, job.name)
    episode = yield from transcribing(run, work, replace(recording, corrections=corrections), output.mix)
    run.progress(StageStarted("publish"))
    output.publish(episode, changed=any(map(changed_since, recording.sources)))
    if seen:
        asked = run.open_writer is not None and not gave_up(work, run.settings)
        output.remember(seen, episode, making_of(timed, run.engines, work, episode), asked=asked)
    run.progress(StageFinished("publish"))
    return episode, output.written


@contextmanager
def _path_of(source: str) -> Iterator[Path]:
    """The file to read; standard input is first written to one, because it is read more than once."""
    if source != STANDARD:
        yield Path(source)
        return
    with scratch() as place:
        path = place / "stdin"
        try:
            with disk_errors(path, "writing"), path.open("wb") as handle:
                room = Room(place, "standard input")
                for block in _standard_input():
                    handle.write(block)
                    room.check(handle.tell())
            yield path
        except TranscribeError as error:  # nobody knows that path
            error.what = error.what.replace(str(path), "standard input")
            raise


def _standard_input() -> Iterator[bytes]:
    try:
        while block := sys.stdin.buffer.read(1 << 20):
            yield block
    except OSError as error:
        raise InputError(f"standard input cannot be read: {error.strerror}", "Send it a recording") from error


def episode_of(run: Run, path: Path, tracks: Sequence[str] = ()) -> Episode:
    """Transcribe one recording and publish nothing; what each stage made is kept in its work directory.

    Args:
        tracks: Its files, one for each speaker, where there are several; `path` is then not read.

    Raises:
        TranscribeError: It could not be transcribed.
    """
    run = settled(run)
    recording = looked_at(run, path, tracks)
    with workspace_of(run, recording) as work:
        return to_the_end(transcribing(run, work, recording))


def titled(run: Run, title: str) -> Run:
    """The same run with a title for the episode, unless the settings have one."""
    if run.settings.show.episode_title:
        return run
    return replace(run, settings=run.settings.replace({"episode_title": title}))
