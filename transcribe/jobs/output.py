"""The files of one job: refused before any work, written once it is done, remembered beside the results."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from transcribe.core.episode import Coverage, Episode
from transcribe.core.errors import GateError, OutputError
from transcribe.core.events import Covered, Progress, StageFinished, StageStarted, Warned
from transcribe.core.recording import Source
from transcribe.core.unexpected import ends_run, for_people
from transcribe.core.workspace import Workspace
from transcribe.jobs.manifest import Making, Seen
from transcribe.jobs.plan import Job, formats_of
from transcribe.jobs.publish.content import check_content, content_of
from transcribe.jobs.publish.outputs import Target, check_targets, publish
from transcribe.jobs.publish.tagging import content_of as sound_of
from transcribe.jobs.publish.tagging import picture_targets, publish_sound
from transcribe.notes.extractive import NAME as EXTRACTIVE
from transcribe.pipeline.notes_step import wants_notes
from transcribe.pipeline.ports import Run
from transcribe.pipeline.tracks.inputs import TrackJob
from transcribe.pipeline.tracks.recipe import MIX_FILE, mixed


class Output:
    """The files of one job, and what is known of those that are there already."""

    def __init__(self, job: Job, work: Workspace, run: Run) -> None:
        self._job, self._work, self._run = job, work, run
        self._ours = (*job.replaces, *(job.memory.ours() if job.memory else ()))
        self._force = run.settings.output.force
        self.written: tuple[Path, ...] = ()

    def check(self, source: Source) -> None:
        """Refuse, before any work is done, what would be refused after it."""
        mix = [self._job.mix] if self._job.mix else []
        check_targets((*self._job.targets, *mix), self._work, force=self._force, ours=self._ours)
        names = [each.format for each in self._job.targets] or formats_of(
            self._job.source, self._run.settings
        )
        check_content(source, names, self._run.settings)

    def mix(self, tracks: Sequence[TrackJob], episode: Episode) -> Episode:
        """The episode with a mix of its tracks as its recording, if asked for; a failure is told only."""
        target = self._job.mix
        if target is None:
            return episode
        self._run.progress(StageStarted("mix"))
        try:
            made = mixed(self._run, self._work, tracks, episode, target.path)
            copy = partial(shutil.copyfile, self._work.path / MIX_FILE)
            self._write(
                publish(made, [target], lambda *_: copy, self._work, force=self._force, ours=self._ours)
            )
        except Exception as error:
            if ends_run(error):
                raise
            told = for_people(error, debug=self._run.settings.display.debug)
            self._run.progress(Warned(f"{target.path.name} could not be written: {told}"))
            return episode
        self._run.progress(StageFinished("mix"))
        return made

    def publish(self, episode: Episode, *, changed: bool) -> None:
        """Write the formats, then the sound; or the one format that goes to standard output.

        Args:
            changed: Whether its file is another one by now; then no file gets that one's sound.
        """
        job, settings = self._job, self._run.settings
        if changed:
            what = f"{job.name} changed after it was transcribed"
            self._run.progress(Warned(f"{what}; no output gets sound from what is there now"))
            settings = settings.replace({"embed_audio": False})
        if not job.targets:
            only = formats_of(job.source, settings)[0]
            _to_standard_output(content_of(settings, episode, only) or b"")
            return
        content = partial(content_of, settings)
        self._write(publish(episode, job.targets, content, self._work, force=self._force, ours=self._ours))
        sound = publish_sound(
            self._sound(episode), episode, None if changed else self._run.engines.editor, self._work,
            self._run.progress, force=self._force, ours=self._ours,
        )  # fmt: skip
        self._write(sound)

    def _sound(self, episode: Episode) -> tuple[tuple[Target, ...], ...]:
        """The groups of sound files, and the pictures of chapters where there are some."""
        if not self._job.sound:
            return ()
        pictures = picture_targets(self._job.targets[0].path.parent, episode)
        return (*self._job.sound, pictures) if pictures else self._job.sound

    def remember(self, seen: Seen, episode: Episode, making: Making, *, asked: bool) -> None:
        """Keep beside the results what was made of this recording; a failure is told only.

        Args:
            asked: Whether a language model is to write notes, in this run or in the next.
        """
        memory = self._job.memory
        if memory is None:
            return
        made = [each for each in self._job.files if not self._is_owed(each, episode)]
        complete = not episode.speech.assumed and not (asked and self._lacks_its_writer(episode))
        try:
            memory.keep(seen, episode, made, self.written, making=making, complete=complete)
        except OutputError as error:
            self._run.progress(Warned(f"{self._job.name}: the next run will do it again, because {error}"))

    def _write(self, written: Sequence[Path]) -> None:
        self.written += tuple(written)

    def _is_owed(self, target: Target, episode: Episode) -> bool:
        """Whether a sound file should be there and is not, because something went wrong."""
        editor = self._run.engines.editor
        if target in self._job.targets or target.path in self.written or editor is None:
            return False
        return sound_of(episode, target.format, editor) is not None

    def _lacks_its_writer(self, episode: Episode) -> bool:
        """Whether the language model that was to write notes failed, so that the next run asks it again."""
        if not wants_notes(self._run.settings) or not episode.transcript.segments:
            return False
        return episode.notes is None or episode.notes.authorship.writer == EXTRACTIVE


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


def _to_standard_output(content: bytes) -> None:
    try:
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
    except OSError as error:
        # Python would try once more at its end, and end with an exit code of its own.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if not isinstance(error, BrokenPipeError):  # otherwise the reader has had enough
            raise OutputError(f"writing standard output failed: {error.strerror}") from error
