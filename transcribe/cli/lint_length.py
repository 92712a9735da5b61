"""How long the recording of a checked file is, by what lies beside the file and has its name."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from transcribe.core.errors import InputError, TranscribeError

if TYPE_CHECKING:
    from transcribe.core.episode import Episode
    from transcribe.quality.lint import Length

SLACK_MS = 1000
"""Forgiven at the end: a last subtitle may be shown a little longer than the sound lasts, and programs differ
by some frames in how they count a compressed file's length."""


def length_of(media: Path) -> Length:
    """The length of a recording, or of what a transcript document is of.

    Raises:
        InputError: It is neither, or does not say how long it is.
        TranscribeError: There is no ffmpeg, or it fails.
    """
    if not os.path.isfile(media):  # noqa: PTH113 - which answers for any path
        raise InputError(f"there is no file {media}", "Name the recording, or its JSON by transcribe")
    length = _of_document(media) if media.suffix.lower() == ".json" else _of_recording(media)
    if length is None:
        raise InputError(f"{media} does not say how long it is", "Say it with --duration")
    return length


def length_beside(path: Path) -> Length | None:
    """The length of the recording of a file, by the document or else the recording that has its name.

    The name may go on before the file's own ending as those of this program do, or with a language:
    `talk.podcast.srt`, `talk.pl.vtt` and `talk.mp3.vtt` belong to `talk.mp3`. What cannot be read is no
    such file.
    """
    for stem in _stems(path):
        document = path.with_name(f"{stem}.json")
        if document != path:
            with suppress(TranscribeError):
                return _of_document(document)
        for recording in _recordings(path.parent).get(stem, ()):
            with suppress(TranscribeError):
                if (length := _of_recording(recording)) is not None:
                    return length
    return None


def _stems(path: Path) -> Iterator[str]:
    from transcribe.formats.known import FORMATS
    from transcribe.quality.lint.languages import is_language

    yield path.stem
    inner = Path(path.stem)
    ours = {each.suffix for each in FORMATS.values()}
    language = inner.suffix[1:]
    two_letters = len(language.partition("-")[0]) == 2  # most words of three are the code of a language
    if inner.suffix + path.suffix in ours or (two_letters and is_language(language)):
        yield inner.stem


@lru_cache(maxsize=1)
def _recordings(folder: Path) -> dict[str, list[Path]]:
    """The recordings of a folder by their names, with endings and without; kept for its other files."""
    from transcribe.jobs.find import looks_like_recording

    found: dict[str, list[Path]] = defaultdict(list)
    with suppress(OSError):
        for name in sorted(os.listdir(folder)):  # noqa: PTH208 - names without making a path of each
            if looks_like_recording(name) and os.path.isfile(folder / name):  # noqa: PTH113 - no pipe
                for key in (name, Path(name).stem):
                    found[key].append(folder / name)
    return found


def _of_document(path: Path) -> Length:
    from transcribe.jobs.documents import open_document
    from transcribe.quality.lint import Length

    episode = open_document(path)
    return Length(_end_ms(episode), SLACK_MS, episode.source.name)


def _end_ms(episode: Episode) -> int:
    """Where the recording ends, of which a part may have been transcribed."""
    heard = episode.audio.start_ms + episode.audio.duration_ms
    return max(heard, 0 if episode.audio.astray else episode.source.duration_ms or 0)


def _of_recording(path: Path) -> Length | None:
    from transcribe.core.settings import ComputeSettings
    from transcribe.engines.ffmpeg import Ffmpeg
    from transcribe.quality.lint import Length

    container = Ffmpeg.find(ComputeSettings()).probe(path)
    if container.duration_ms is None or container.estimated:
        return None
    return Length(container.duration_ms, SLACK_MS, path.name)
