"""The recipe: from a recording to a finished episode. Probe, recognise, tell speakers apart, write notes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from transcribe.core.corrections.record import NO_CORRECTIONS, Corrections
from transcribe.core.episode import Episode
from transcribe.core.events import StageFinished, StageStarted
from transcribe.core.recording import Source
from transcribe.core.show_notes import Chapter
from transcribe.core.workspace import Workspace
from transcribe.pipeline.corrected import with_corrections
from transcribe.pipeline.hearing.vocabulary import terms_of
from transcribe.pipeline.identity import open_workspace
from transcribe.pipeline.notes_step import noted
from transcribe.pipeline.ports import Run
from transcribe.pipeline.recognition import recognising
from transcribe.pipeline.speakers.names import named_since, own_names
from transcribe.pipeline.speakers.step import diarised
from transcribe.pipeline.suspend import Pausing
from transcribe.pipeline.tracks.choice import source_of
from transcribe.pipeline.tracks.inputs import TrackJob, parts_of, track_jobs
from transcribe.pipeline.tracks.recipe import open_joint_workspace, recognising_tracks


@dataclass(frozen=True)
class Recording:
    """A recording that was looked at.

    Attributes:
        source: Its file; of several tracks the first one's.
        tracks: Files, channels or streams with a speaker each; none where everybody is on one.
        chapters: Those that a feed has of it; those in the file come first.
        corrections: What people have corrected in its transcript.
    """

    source: Source
    tracks: tuple[TrackJob, ...] = ()
    chapters: tuple[Chapter, ...] = ()
    corrections: Corrections = NO_CORRECTIONS

    @property
    def sources(self) -> tuple[Source, ...]:
        """Every file of it."""
        return tuple(track.source for track in self.tracks) or (self.source,)


def settled(run: Run) -> Run:
    """The same run with the vocabulary file read: an edit while a job goes on changes nothing of it.

    Raises:
        UsageError: It cannot be read, or is not text.
    """
    terms = terms_of(run.settings.recognise)
    return replace(run, settings=run.settings.replace({"terms": terms, "vocabulary": None}))


def looked_at(
    run: Run, path: Path, tracks: Sequence[str] = (), chapters: tuple[Chapter, ...] = ()
) -> Recording:
    """Look at a recording before any work is spent on it.

    Args:
        tracks: Its files, one for each speaker, where there are several; `path` is then not read.

    Raises:
        InputError: It cannot be read, holds no sound, or cannot be divided as asked.
        UsageError: The settings contradict each other.
    """
    run.progress(StageStarted("probe"))
    found: tuple[TrackJob, ...] = ()
    if tracks:
        found = track_jobs(run, [Path(each) for each in tracks])
    elif run.settings.tracks.divided:
        found = parts_of(run, path)
    recording = Recording(found[0].source if found else source_of(run, path), found, chapters)
    run.progress(StageFinished("probe"))
    return recording


def workspace_of(run: Run, recording: Recording) -> Workspace:
    """The work directory of the recording with these settings and weights; not locked."""
    if recording.tracks:
        return open_joint_workspace(run, recording.tracks)
    return open_workspace(run, recording.source)


def transcribing(
    run: Run,
    work: Workspace,
    recording: Recording,
    mix: Callable[[Sequence[TrackJob], Episode], Episode] | None = None,
) -> Pausing[Episode]:
    """Make the episode; goes on where an earlier run was stopped. Others can get ready in its pauses.

    Args:
        work: Its work directory, locked.
        mix: Gives an episode of several tracks one sound file; None: it gets none.

    Raises:
        TranscribeError: A stage failed. What was finished is kept in the work directory.
    """
    if recording.tracks:
        episode = yield from recognising_tracks(run, work, recording.tracks)
        episode = mix(recording.tracks, episode) if mix else episode
    else:
        episode = yield from recognising(run, work, recording.source)
        episode = diarised(run, work, episode)
    episode = with_corrections(episode, recording.corrections.renamed(own_names(work)), run.progress)
    episode = noted(work, episode, run.settings, run.open_writer, run.progress, recording.chapters)
    return named_since(work, episode)
