"""Recordings into transcripts and subtitles on your own machine, with nothing sent anywhere.

    import transcribe

    episode = transcribe.transcribe_file("episode.mp3", model="base")
    print(episode.transcript.text)

The same recipe as the command line; see docs/api.md.
"""

from __future__ import annotations

from os import PathLike
from typing import TYPE_CHECKING, Any

from transcribe.core import telemetry

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from transcribe.core.episode import Episode
    from transcribe.core.events import Progress
    from transcribe.core.settings import Settings

__all__ = ["render_episode", "transcribe_file", "transcribe_tracks"]

telemetry.turn_off()  # before anything of `transcribe` imports a dependency, in every process that does


def transcribe_file(
    path: str | PathLike[str], *, progress: Progress | None = None, **options: Any
) -> Episode:
    """Transcribe one recording and return everything known about it; writes no file beside it.

    A job that was stopped goes on where it was, and a finished one answers at once: what each
    stage made is kept in the work directory, as on the command line.

    Args:
        path: Any file ffmpeg reads.
        progress: Called with every event of `transcribe.core.events`; nobody is told when not given.
        **options: Any option by its config name: `model="base"`, `language="pl"`, `from_ms=90_000`.

    Raises:
        ValueError: An option is unknown or its value is not allowed.
        transcribe.core.errors.TranscribeError: What went wrong, for which file, and what to do next.
    """
    from pathlib import Path

    from transcribe.core.events import silent
    from transcribe.core.settings import Settings
    from transcribe.jobs.assemble.engines import choose_engines
    from transcribe.jobs.assemble.writer import choose_writer
    from transcribe.pipeline.identity import open_workspace
    from transcribe.pipeline.notes_step import noted
    from transcribe.pipeline.recipe import transcribing
    from transcribe.pipeline.speakers.step import check_speakers, diarised
    from transcribe.pipeline.suspend import to_the_end
    from transcribe.pipeline.tracks.choice import source_of

    settings = Settings.of(**options)
    check_speakers(settings, [str(path)])
    if settings.tracks.divided:
        return _together([Path(path)], settings, progress)
    open_writer = choose_writer(settings)
    engines = choose_engines(settings)
    tell = progress or silent
    source = source_of(Path(path), settings, engines, tell)
    with open_workspace(source, settings, engines) as work:
        episode = to_the_end(transcribing(work, source, settings, engines, tell))
        episode = diarised(work, episode, settings, engines, tell)
        return noted(work, episode, settings, open_writer, tell)


def transcribe_tracks(
    paths: Sequence[str | PathLike[str]], *, progress: Progress | None = None, **options: Any
) -> Episode:
    """Transcribe the tracks of one conversation, a file for each speaker, into one episode.

    Args:
        paths: Any files ffmpeg reads, at least two.
        progress: As for `transcribe_file`.
        **options: As for `transcribe_file`; `track_speakers=("host.wav=Ala",)` names speakers.

    Raises:
        ValueError: An option is unknown or its value is not allowed.
        transcribe.core.errors.TranscribeError: What went wrong, for which file, and what to do next.
    """
    from pathlib import Path

    from transcribe.core.settings import Settings
    from transcribe.pipeline.tracks.names import found_tracks

    return _together(
        list(found_tracks([Path(path) for path in paths]).tracks), Settings.of(**options), progress
    )


def _together(paths: list[Path], settings: Settings, progress: Progress | None) -> Episode:
    from transcribe.core.events import silent
    from transcribe.jobs.assemble.engines import choose_engines
    from transcribe.jobs.assemble.writer import choose_writer
    from transcribe.jobs.warm import kept_loaded
    from transcribe.pipeline.notes_step import noted
    from transcribe.pipeline.suspend import to_the_end
    from transcribe.pipeline.tracks.inputs import parts_of, track_jobs
    from transcribe.pipeline.tracks.recipe import open_joint_workspace, transcribing_tracks

    open_writer = choose_writer(settings)
    engines = choose_engines(settings)
    tell = progress or silent
    if settings.tracks.divided:
        jobs = parts_of(paths[0], settings, engines, tell)
    else:
        jobs = track_jobs(paths, settings, engines, tell)
    with open_joint_workspace(jobs, settings, engines) as work, kept_loaded(engines) as loaded:
        episode = to_the_end(transcribing_tracks(work, jobs, settings, loaded, tell))
        return noted(work, episode, settings, open_writer, tell)


def render_episode(episode: Episode, format_name: str, **options: Any) -> bytes:
    """An episode in one of the formats of `transcribe formats`, as the bytes of a file.

    Args:
        episode: What `transcribe_file` returned.
        format_name: Such as `srt`.
        **options: Options of the subtitles, by their config names: `max_line_chars=37`.

    Raises:
        ValueError: An option is unknown or its value is not allowed.
        transcribe.core.errors.UsageError: There is no such format.
    """
    from transcribe.core.settings import Settings
    from transcribe.formats import render

    return render(episode, format_name, Settings.of(**options).subtitles)
