"""Which tracks a recording has, and who speaks on them: files of one talk, channels or tracks of one file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from transcribe.core.episode import Track
from transcribe.core.errors import InputError, UsageError
from transcribe.core.events import Warned
from transcribe.core.recording import Source
from transcribe.core.settings import Settings
from transcribe.core.text import plain_name
from transcribe.formats.outline import one_line
from transcribe.pipeline.ports import Run
from transcribe.pipeline.stages.probe import decodable, probe
from transcribe.pipeline.tracks.choice import source_of, track_label
from transcribe.pipeline.tracks.names import find_track, speakers_of, values_of


@dataclass(frozen=True)
class TrackJob:
    """One track to be recognised.

    Attributes:
        source: Its file; its name is what people are shown of the track.
        settings: Those of the job, with the channel.
    """

    track: Track
    source: Source
    settings: Settings


def parts_of(run: Run, path: Path) -> tuple[TrackJob, ...]:
    """A job for every channel of a recording, or for every audio track, as the settings say.

    Raises:
        InputError: It cannot be read, or cannot be divided in this way.
        UsageError: The settings contradict each other.
    """
    settings = run.settings
    if settings.tracks.tracks:
        return stream_jobs(run, probe(path, settings.normalise.audio_stream, run.engines.prober))
    return channel_jobs(run, source_of(run, path))


def channel_jobs(run: Run, source: Source) -> tuple[TrackJob, ...]:
    """A job for every channel of a recording.

    Raises:
        InputError: It has one channel only.
        UsageError: A speaker is given in another form than TRACK=NAME, or one channel was chosen.
    """
    settings = run.settings
    if settings.normalise.channel is not None:
        raise UsageError("--channels recognises every channel and --channel only one", "Drop one of them")
    count = source.streams[source.stream].channels
    if count < 2:
        several = len(decodable(source.streams)) > 1
        raise InputError(
            f"{source.path} has one channel, so its speakers cannot be told apart by channel",
            divided_by(source) if several else "Leave out --channels",
        )
    names = [f"Channel {number}" for number in range(1, count + 1)]
    speakers = _named(names, [source.name] * count, run)
    return tuple(
        TrackJob(
            Track(source.name, source.sha256, speaker, channel),
            replace(source, name=f"{source.name}, channel {channel}"),
            settings.replace({"channel": channel}),
        )
        for channel, speaker in enumerate(speakers, 1)
    )


def stream_jobs(run: Run, source: Source) -> tuple[TrackJob, ...]:
    """A job for every audio track of a recording.

    Raises:
        InputError: It has one audio track only.
        UsageError: A speaker is given in another form than TRACK=NAME, or one track or channel was chosen.
    """
    settings = run.settings
    chosen = {
        "--audio-stream": settings.normalise.audio_stream is not None,
        "--channel": settings.normalise.channel is not None,
        "--channels": settings.tracks.channels,
    }
    if flag := next((flag for flag, given in chosen.items() if given), ""):
        raise UsageError(
            f"--tracks recognises every track whole, and {flag} is given, too", "Drop one of them"
        )
    streams = decodable(source.streams)
    if len(streams) < 2:
        raise InputError(f"{source.path} has one audio track only", divided_by(source))
    titles = [plain_name(one_line(stream.title)) or f"Track {stream.index + 1}" for stream in streams]
    names = [
        f"{title} {stream.index + 1}" if titles.count(title) > 1 else title
        for title, stream in zip(titles, streams, strict=True)
    ]
    speakers = _named(list(names), names, run)
    return tuple(
        TrackJob(
            Track(source.name, source.sha256, speaker, stream=stream.index),
            replace(source, name=f"{source.name}, {track_label(stream)}", stream=stream.index),
            settings,
        )
        for stream, speaker in zip(streams, speakers, strict=True)
    )


def divided_by(source: Source) -> str:
    """What to do to tell the speakers of one file apart: a command that works for it."""
    if len(decodable(source.streams)) > 1:
        return "It has several audio tracks. Run transcribe FILE --tracks"
    if source.streams[source.stream].channels > 1:
        return "Run transcribe FILE --channels where each channel is a speaker, else with --speakers auto"
    return "Run transcribe FILE --speakers auto"


def check_options(asked: Settings) -> None:
    """Refuse what is meant for a file with several speakers, where each of them has a file.

    Args:
        asked: The settings that were asked for with these tracks; a config's are not among them.

    Raises:
        UsageError: One of them divides a file, or tells its speakers apart.
    """
    given = {option.name: option.flag for option, value in asked.flat() if value}
    if flag := given.get("channels") or given.get("tracks"):
        raise UsageError(
            f"multitrack takes a file for each speaker, and {flag} divides one file",
            f"Run transcribe FILE {flag}",
        )
    if flag := next(
        (given[name] for name in ("speakers", "speaker_names", "turns", "voices") if name in given), ""
    ):
        raise UsageError(
            f"multitrack takes a file for each speaker, and {flag} is for a file with several",
            f"Drop {flag}; --speaker TRACK=NAME names a speaker",
        )


def track_jobs(run: Run, paths: Sequence[Path]) -> tuple[TrackJob, ...]:
    """A job for every file.

    Raises:
        InputError: A file is missing, is no recording, or is there twice; or there is only one.
        UsageError: A speaker is given in another form than TRACK=NAME, or the tracks are to be cut.
    """
    settings = run.settings
    if settings.normalise.from_ms is not None or settings.normalise.to_ms is not None:
        raise UsageError(
            "--from and --to cut one recording, and tracks may begin at different times",
            "Transcribe the whole tracks",
        )
    sources = [source_of(run, path) for path in paths]
    if len(sources) == 1:
        raise InputError(
            f"{sources[0].path} is one file, and multitrack takes at least two, one for each speaker",
            divided_by(sources[0]),
        )
    known: dict[str, Source] = {}
    for source in sources:
        twin = known.setdefault(source.sha256, source)
        if twin is not source:
            raise InputError(f"{twin.path} and {source.path} are the same recording", "Name each track once")
    names = [source.name for source in sources]
    speakers = _named(speakers_of(names), names, run)
    return tuple(
        TrackJob(Track(source.name, source.sha256, speaker), source, settings)
        for source, speaker in zip(sources, speakers, strict=True)
    )


def _named(speakers: list[str], names: Sequence[str], run: Run) -> list[str]:
    """The speakers, those that the user names under the user's names."""
    for key, name in values_of(run.settings.tracks.track_speakers, "--speaker", "NAME"):
        index = find_track(key, names, speakers)
        if index is None:
            run.progress(Warned(f"--speaker {key}={name}: there is no track {key}; tracks: {listed(names)}"))
        else:
            speakers[index] = name
    if (twice := next((each for each in speakers if speakers.count(each) > 1), None)) is not None:
        raise UsageError(
            f"two tracks have the speaker {twice}",
            "Give them different names with --speaker; parts of a recording that was stopped are no tracks",
        )
    return speakers


def listed(names: Sequence[str]) -> str:
    """How the tracks can be called, for people."""
    return ", ".join(f"ch{number}" if len(set(names)) == 1 else name for number, name in enumerate(names, 1))
