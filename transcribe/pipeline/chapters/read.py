"""Which reader a file's chapters take: our own where ffmpeg tells less than the file, else ffmpeg's."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from transcribe.core.errors import InputError
from transcribe.core.media import Container
from transcribe.pipeline.chapters import id3, matroska, mp4, vorbis, wav
from transcribe.pipeline.chapters.comments import of_tags
from transcribe.pipeline.chapters.found import Found

READERS: dict[str, Callable[[Path], tuple[Found, ...]]] = {
    "mp3": id3.read, "aac": id3.read, "mov": mp4.read, "mp4": mp4.read, "matroska": matroska.read,
    "ogg": vorbis.read, "flac": vorbis.read, "wav": wav.read,
}  # fmt: skip
"""By ffmpeg's name of the format, or the first of its names."""


def found_in(path: Path, container: Container) -> tuple[Found, ...]:
    """The chapters of a file, as it has them.

    Raises:
        InputError: It cannot be read.
    """
    reader = READERS.get(container.format.partition(",")[0])
    try:
        own = reader(path) if reader else ()
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}", "Check its permissions") from error
    told = tuple(Found(start, end, title) for start, end, title in container.chapters)
    # Where a reader finds none although ffmpeg does, the file is odd: then ffmpeg's are better than none.
    return own or of_tags(dict(container.tags), told)
