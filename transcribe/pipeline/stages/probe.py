"""Stage 1: from a path to a Source: what the file is, and which of its audio streams is transcribed."""

from __future__ import annotations

import stat
from pathlib import Path

from transcribe.core.digest import file_digest
from transcribe.core.errors import InputError
from transcribe.core.recording import AudioStream, Source
from transcribe.pipeline.chapters.comments import without_chapters
from transcribe.pipeline.chapters.found import ordered
from transcribe.pipeline.chapters.read import found_in
from transcribe.pipeline.ports import Prober

UNDECODABLE = "none"
"""ffmpeg's codec name for a stream it has no decoder for."""


def probe(path: Path, audio_stream: int | None, prober: Prober) -> Source:
    """Look at a recording before any work is spent on it.

    Args:
        audio_stream: The stream to transcribe, from 0; None takes the best one.

    Raises:
        InputError: There is no such file, it cannot be read, it holds no audio, or no such audio stream.
    """
    size = _check_file(path)
    stamp = stamp_of(path)
    digest = digest_of(path)
    container = prober.probe(path)
    if not container.streams:
        raise InputError(
            f"{path} holds no sound that can be decoded ({container.format})",
            "Check that it plays with sound elsewhere",
        )
    return Source(
        path=str(path),
        name=path.name,
        sha256=digest,
        bytes=size,
        container=container.format,
        duration_ms=container.duration_ms,
        streams=container.streams,
        stream=_choose(path, container.streams, audio_stream).index,
        tags=without_chapters(container.tags),
        pictures=container.pictures,
        stamp=stamp,
        chapters=ordered(found_in(path, container)),
    )


def best_stream(streams: tuple[AudioStream, ...]) -> AudioStream:
    """What a player would start with: decodable, marked default, most channels, highest rate, first."""
    return max(
        streams, key=lambda s: (s.codec != UNDECODABLE, s.default, s.channels, s.sample_rate, -s.index)
    )


def decodable(streams: tuple[AudioStream, ...]) -> tuple[AudioStream, ...]:
    """Those that this ffmpeg has a decoder for."""
    return tuple(stream for stream in streams if stream.codec != UNDECODABLE)


def _check_file(path: Path) -> int:
    """Size in bytes of a file that exists, is a plain file and is not empty."""
    try:
        status = path.stat()
    except FileNotFoundError:
        raise InputError(f"there is no file {path}", "Check the name and the folder") from None
    except (OSError, ValueError) as error:  # ValueError: a NUL byte in the name
        raise _unreadable(path, error) from error
    if stat.S_ISDIR(status.st_mode):
        raise InputError(f"{path} is a folder", f"For all recordings in it: transcribe batch {path}")
    if not stat.S_ISREG(status.st_mode):
        raise InputError(
            f"{path} is not a plain file", "Save the recording as a file first, or pipe it in with -"
        )
    if status.st_size == 0:
        raise InputError(f"{path} is empty", "Copy or download it again")
    return status.st_size


def digest_of(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal.

    Raises:
        InputError: It cannot be read.
    """
    try:
        return file_digest(path)
    except OSError as error:
        raise _unreadable(path, error) from error


def stamp_of(path: Path) -> tuple[int, ...]:
    """What changes with a file's content: device, inode, size, times of modification and of change in ns.

    Empty where there is no file.
    """
    try:
        found = path.stat()
    except (OSError, ValueError):
        return ()
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns


def changed_since(source: Source) -> bool:
    """Whether a recording is gone, or another one than when it was probed.

    Where only a time differs, as after a link was made to it, it is read again.
    """
    now = stamp_of(Path(source.path))
    if now == source.stamp or not source.stamp:
        return False
    if now[:3] != source.stamp[:3]:
        return True
    try:
        return file_digest(Path(source.path)) != source.sha256
    except OSError:
        return True


def _unreadable(path: Path, error: Exception) -> InputError:
    reason = getattr(error, "strerror", None) or str(error)
    return InputError(f"{path} cannot be read: {reason}", "Check its permissions")


def _choose(path: Path, streams: tuple[AudioStream, ...], wanted: int | None) -> AudioStream:
    if wanted is None:
        return best_stream(streams)
    for stream in streams:
        if stream.index == wanted:
            return stream
    listed = "; ".join(map(_describe, streams))
    raise InputError(f"{path} has no audio stream {wanted}", f"Choose one with --audio-stream: {listed}")


def _describe(stream: AudioStream) -> str:
    channels = f"{stream.channels} channel" + ("" if stream.channels == 1 else "s")
    facts = (stream.codec, channels, stream.language, stream.title)
    return f"{stream.index} = {', '.join(fact for fact in facts if fact)}"
