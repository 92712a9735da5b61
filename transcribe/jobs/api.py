"""The functions of the public face: transcribe a recording or its tracks, render an episode, read one."""

from __future__ import annotations

from collections.abc import Sequence
from os import PathLike, fspath
from pathlib import Path
from typing import Unpack

from transcribe.core.episode import Episode
from transcribe.core.errors import InputError
from transcribe.core.events import Progress, Warned, silent
from transcribe.core.seal.take import take
from transcribe.core.settings import Settings
from transcribe.core.typed_options import Options
from transcribe.formats.known import render
from transcribe.jobs.assemble.run import assemble
from transcribe.jobs.documents import open_corrected
from transcribe.jobs.run_one import episode_of, titled
from transcribe.jobs.warm import kept_loaded
from transcribe.pipeline.speakers.step import check_speakers
from transcribe.pipeline.tracks.inputs import check_options
from transcribe.pipeline.tracks.names import found_tracks


def transcribe_file(
    path: str | PathLike[str], *, progress: Progress | None = None, **options: Unpack[Options]
) -> Episode:
    """Transcribe one recording and return everything known about it; write no file beside it.

    A job that was stopped goes on where it was, and a finished one answers at once: what each
    stage made is kept in the work directory, as on the command line.

    Args:
        path: Any file that ffmpeg reads.
        progress: Called with every event; None: nobody is told.
        **options: Any option by its config name: `model="base"`, `language="pl"`, `from_ms=90_000`.
            `sealed="auto"` shuts the network off for the whole process, for good.

    Raises:
        ValueError: An option is unknown or its value is not allowed.
        TranscribeError: What went wrong, for which file, and what to do next.
    """
    tell = progress or silent
    settings, recording = _settings(options, tell), _path(path)
    check_speakers(settings, [fspath(recording)])
    return episode_of(assemble(settings, tell), recording)


def transcribe_tracks(
    paths: str | PathLike[str] | Sequence[str | PathLike[str]],
    *,
    progress: Progress | None = None,
    **options: Unpack[Options],
) -> Episode:
    """Transcribe the tracks of one conversation, a file for each speaker, into one episode.

    Args:
        paths: A folder that holds the tracks, or files that ffmpeg reads, at least two.
        progress: As for `transcribe_file`.
        **options: As for `transcribe_file`; `track_speakers=("host.wav=Ala",)` names speakers.

    Raises:
        ValueError: An option is unknown or its value is not allowed.
        TranscribeError: What went wrong, for which file, and what to do next.
    """
    named = [paths] if isinstance(paths, str | PathLike) else paths
    tell = progress or silent
    settings = _settings(options, tell)
    check_options(settings)
    found = found_tracks([_path(path) for path in named])
    run = titled(assemble(settings, tell), found.results.name)
    with kept_loaded(run) as loaded:
        return episode_of(loaded, found.results, [fspath(path) for path in found.tracks])


def render_episode(episode: Episode, format_name: str, **options: Unpack[Options]) -> bytes:
    """Render an episode in one of the formats of `transcribe formats`, as the bytes of a file.

    Args:
        episode: What `transcribe_file` or `read_transcript` returned.
        format_name: Such as `srt`.
        **options: Options of subtitles by their config names: `max_line_chars=37`.

    Raises:
        ValueError: An option is unknown or its value is not allowed.
        UsageError: There is no such format.
    """
    return render(episode, format_name, Settings.of(**options).subtitles)


def read_transcript(path: str | PathLike[str]) -> Episode:
    """Read the episode that the format `json` wrote, as people have corrected it since.

    Raises:
        InputError: The file or the corrections beside it cannot be read, or are something else.
    """
    return open_corrected(_path(path))


def _settings(options: Options, tell: Progress) -> Settings:
    settings = Settings.of(**options)
    if why := take(settings.seal.sealed):
        tell(Warned(why))
    return settings


def _path(path: str | PathLike[str]) -> Path:
    if not fspath(path):  # or it would be the current folder
        raise InputError("the name of the file is empty", "Check the variable that should hold it")
    return Path(path)
