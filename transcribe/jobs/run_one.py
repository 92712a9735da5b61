"""One job, from its recording to its published files."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from transcribe.core.episode import Coverage, Episode, Source
from transcribe.core.errors import (
    GateError,
    InputError,
    OutputError,
    TranscribeError,
)
from transcribe.core.events import (
    Covered,
    FileFinished,
    FileSkipped,
    Progress,
    StageFinished,
    StageStarted,
    Warned,
)
from transcribe.core.files import Room, disk_errors
from transcribe.core.settings import Settings
from transcribe.core.unexpected import ends_run, for_people
from transcribe.core.workspace import Workspace, scratch
from transcribe.jobs.memory import Seen, size_and_time
from transcribe.jobs.plan import STANDARD, Job, formats_of
from transcribe.jobs.publish.content import check_content, content_of
from transcribe.jobs.publish.outputs import Target, check_targets, publish
from transcribe.jobs.publish.tagging import content_of as sound_of
from transcribe.jobs.publish.tagging import picture_targets, publish_sound
from transcribe.jobs.revise import named_since
from transcribe.notes.extractive import NAME as EXTRACTIVE
from transcribe.pipeline.identity import open_workspace
from transcribe.pipeline.notes_step import OpenWriter, gave_up, noted, wants_notes
from transcribe.pipeline.ports import Engines
from transcribe.pipeline.recipe import transcribing
from transcribe.pipeline.speakers.step import diarised
from transcribe.pipeline.stages.probe import changed_since
from transcribe.pipeline.suspend import Pause, Pausing
from transcribe.pipeline.tracks.choice import source_of
from transcribe.pipeline.tracks.inputs import TrackJob, parts_of, track_jobs
from transcribe.pipeline.tracks.recipe import MIX_FILE, mixed, open_joint_workspace, transcribing_tracks


def transcribe_one(
    job: Job, settings: Settings, engines: Engines, progress: Progress, open_writer: OpenWriter | None = None
) -> Pausing[None]:
    """From one path to its published files, or to standard output.

    Raises:
        GateError: Less of the speech has words than was asked for; the transcript is published.
        TranscribeError: It could not be transcribed or published; nothing is.
    """
    if job.tracks and not settings.show.episode_title:
        settings = settings.replace({"episode_title": Path(job.source).stem})
    with _path_of(job.source) as path:
        progress(StageStarted("probe"))
        facts = size_and_time(path)  # before it is read: what is written into it from now on is a change
        tracks = _tracks_of(job, path, settings, engines, progress)
        source = tracks[0].source if tracks else source_of(path, settings, engines, progress)
        progress(StageFinished("probe"))
        if tracks:
            work = open_joint_workspace(tracks, settings, engines)
        else:
            work = open_workspace(source, settings, engines)
        while not work.lock():
            yield Pause.LOCK
        try:
            if job.memory and job.memory.made_meanwhile(source.sha256, job.files):
                progress(FileSkipped(job.name, "another run has done it"))
                return
            output = _Output(job, work, settings, engines, progress)
            output.check(source)
            if tracks:
                episode = yield from transcribing_tracks(work, tracks, settings, engines, progress)
                episode = output.mix(tracks, episode)
            else:
                episode = yield from transcribing(work, source, settings, engines, progress)
                episode = diarised(work, episode, settings, engines, progress)
            episode = noted(work, episode, settings, open_writer, progress, job.chapters)
            episode = named_since(work, episode)
            progress(StageStarted("publish"))
            output.publish(
                episode, changed=any(map(changed_since, [each.source for each in tracks] or [source]))
            )
            if facts:
                asked = open_writer is not None and not gave_up(work, settings)
                output.remember(Seen(*facts, source.sha256), episode, asked=asked)
            progress(StageFinished("publish"))
        finally:
            work.unlock()
    progress(FileFinished(job.name, tuple(map(str, output.written)), episode.audio.duration_ms))
    judge(job.name, episode.coverage, settings.output.fail_under, progress)


class _Output:
    """The files of one job, and what is known of those that are there already.

    Attributes:
        written: The files that were written, in order.
    """

    def __init__(
        self, job: Job, work: Workspace, settings: Settings, engines: Engines, progress: Progress
    ) -> None:
        self._job, self._work, self._settings = job, work, settings
        self._engines, self._progress = engines, progress
        self._ours = (*job.replaces, *(job.memory.ours() if job.memory else ()))
        self._force = settings.output.force
        self.written: tuple[Path, ...] = ()

    def check(self, source: Source) -> None:
        """Refuse, before any work is done, what would be refused after it."""
        mix = [self._job.mix] if self._job.mix else []
        check_targets((*self._job.targets, *mix), self._work, force=self._force, ours=self._ours)
        check_content(source, formats_of(self._job.source, self._settings), self._settings)

    def mix(self, tracks: Sequence[TrackJob], episode: Episode) -> Episode:
        """The episode with a mix of its tracks as its recording, if asked for; a failure is told only."""
        target = self._job.mix
        if target is None:
            return episode
        self._progress(StageStarted("mix"))
        try:
            made = mixed(self._work, tracks, episode, target.path, self._engines)
            copy = partial(shutil.copyfile, self._work.path / MIX_FILE)
            self._write(
                publish(made, [target], lambda *_: copy, self._work, force=self._force, ours=self._ours)
            )
        except Exception as error:
            if ends_run(error):
                raise
            told = for_people(error, debug=self._settings.display.debug)
            self._progress(Warned(f"{target.path.name} could not be written: {told}"))
            return episode
        self._progress(StageFinished("mix"))
        return made

    def publish(self, episode: Episode, *, changed: bool) -> None:
        """Write the formats, then the sound; or the one format that goes to standard output.

        Args:
            episode: What was made of the recording.
            changed: Whether its file is another one by now; then no file gets that one's sound.
        """
        job, settings = self._job, self._settings
        if changed:
            what = f"{job.name} changed after it was transcribed"
            self._progress(Warned(f"{what}; no output gets sound from what is there now"))
            settings = settings.replace({"embed_audio": False})
        if not job.targets:
            only = formats_of(job.source, settings)[0]
            _to_standard_output(content_of(settings, episode, only) or b"")
            return
        content = partial(content_of, settings)
        self._write(publish(episode, job.targets, content, self._work, force=self._force, ours=self._ours))
        sound = publish_sound(
            self._sound(episode), episode, None if changed else self._engines.editor, self._work,
            self._progress, force=self._force, ours=self._ours,
        )  # fmt: skip
        self._write(sound)

    def _sound(self, episode: Episode) -> tuple[tuple[Target, ...], ...]:
        """The groups of sound files, and the pictures of chapters where there are some."""
        if not self._job.sound:
            return ()
        pictures = picture_targets(self._job.targets[0].path.parent, episode)
        return (*self._job.sound, pictures) if pictures else self._job.sound

    def remember(self, seen: Seen, episode: Episode, *, asked: bool) -> None:
        """Keep beside the results what was made of this recording; a failure is told only.

        Args:
            seen: The recording as it was when it was read.
            episode: What was made of it.
            asked: Whether a language model is to write notes, in this run or in the next.
        """
        memory = self._job.memory
        if memory is None:
            return
        made = [each for each in self._job.files if not self._is_owed(each, episode)]
        complete = not episode.speech.assumed and not (asked and self._lacks_its_writer(episode))
        try:
            memory.keep(seen, episode, made, self.written, complete=complete)
        except OutputError as error:
            self._progress(Warned(f"{self._job.name}: the next run will do it again, because {error}"))

    def _write(self, written: Sequence[Path]) -> None:
        self.written += tuple(written)

    def _is_owed(self, target: Target, episode: Episode) -> bool:
        """Whether a sound file should be there and is not, because something went wrong."""
        editor = self._engines.editor
        if target in self._job.targets or target.path in self.written or editor is None:
            return False
        return sound_of(episode, target.format, editor) is not None

    def _lacks_its_writer(self, episode: Episode) -> bool:
        """Whether the language model that was to write notes failed, so that the next run asks it again."""
        if not wants_notes(self._settings) or not episode.transcript.segments:
            return False
        return episode.notes is None or episode.notes.authorship.writer == EXTRACTIVE


def _tracks_of(
    job: Job, path: Path, settings: Settings, engines: Engines, progress: Progress
) -> tuple[TrackJob, ...]:
    """The tracks of a recording that has several; none where everybody is on one."""
    if job.tracks:
        return track_jobs([Path(each) for each in job.tracks], settings, engines, progress)
    return parts_of(path, settings, engines, progress) if settings.tracks.divided else ()


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


def _to_standard_output(content: bytes) -> None:
    try:
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
    except OSError as error:
        # Python would try once more at its end, and end with an exit code of its own.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if not isinstance(error, BrokenPipeError):  # otherwise the reader has had enough
            raise OutputError(f"writing standard output failed: {error.strerror}") from error
