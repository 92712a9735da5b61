"""Clips of what was found: the sentences around it as a sound file, with subtitles."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from transcribe.archive.search import Hit
from transcribe.core.digest import file_digest
from transcribe.core.disk import disk_errors
from transcribe.core.episode import Episode, Segment, Word
from transcribe.core.errors import InputError, OutputError
from transcribe.core.files import make_folder, write_together
from transcribe.core.recording import SAMPLES_PER_MS
from transcribe.core.settings import SubtitleSettings
from transcribe.formats import srt
from transcribe.jobs.documents import open_corrected
from transcribe.jobs.publish.outputs import target_path
from transcribe.jobs.publish.tagging import cut_clip
from transcribe.pipeline.ports import Editor

MARGIN_MS = 250
"""Of sound before the first word and after the last: a breath."""


@dataclass(frozen=True)
class Clip:
    """What was written for a place."""

    sound: Path
    subtitles: Path


def cut(hit: Hit, folder: Path, editor: Editor) -> Clip:
    """Write a clip and its subtitles into a folder; files that are there are not replaced.

    Raises:
        InputError: The document or the recording cannot be read, or is not the one that was found.
        OutputError: A file cannot be written, or is there already.
    """
    episode = open_corrected(Path(hit.document))
    check_recording(hit, episode)
    start_ms, end_ms = _span(hit, episode)
    seconds = start_ms // 1000
    ending = f".{seconds // 3600:02d}-{seconds // 60 % 60:02d}-{seconds % 60:02d}"
    clip = Clip(
        *(target_path(folder, f"{Path(hit.document).stem}{ending}.x", each) for each in (".mp3", ".srt"))
    )
    for path in (clip.sound, clip.subtitles):
        if path.exists():
            raise OutputError(f"{path} is there already", "Name another folder, or remove it first")
    with disk_errors(clip.sound, "writing"):
        make_folder(folder.absolute())
    sound = partial(cut_clip, episode, (start_ms, end_ms), hit.title, editor)
    subtitles = srt.write(_part(episode, start_ms, end_ms), SubtitleSettings())
    write_together({clip.sound: sound, clip.subtitles: subtitles})
    return clip


def check_recording(hit: Hit, episode: Episode) -> None:
    """See that the recording lies beside its document, and is the one that was transcribed.

    Raises:
        InputError: It is not.
    """
    path, name = Path(episode.source.path), episode.source.name
    if not episode.source.path or not path.is_file():
        raise InputError(
            f"the recording {name} does not lie beside {hit.document}", "Put it there, and try again"
        )
    with disk_errors(path, "reading"):
        if file_digest(path) != episode.source.sha256:
            raise InputError(f"{path} is another recording than the one that was transcribed")


def _span(hit: Hit, episode: Episode) -> tuple[int, int]:
    """Start and end of the sentences in which it stands, in ms."""
    inside = [
        each
        for each in episode.transcript.segments
        if each.start_ms <= hit.last_ms and hit.start_ms < max(each.end_ms, each.start_ms + 1)
    ]
    start_ms = min([hit.start_ms, *(each.start_ms for each in inside)])
    end_ms = max([hit.last_ms + 1, *(each.end_ms for each in inside)])
    return max(0, start_ms - MARGIN_MS), min(end_ms + MARGIN_MS, max(episode.duration_ms, end_ms))


def _part(episode: Episode, start_ms: int, end_ms: int) -> Episode:
    """A stretch of an episode on a timeline of its own."""
    segments = tuple(_segments(episode, start_ms, end_ms))
    audio = replace(episode.audio, start_ms=0, samples=(end_ms - start_ms) * SAMPLES_PER_MS)
    return replace(episode, transcript=replace(episode.transcript, segments=segments), audio=audio)


def _segments(episode: Episode, start_ms: int, end_ms: int) -> Iterator[Segment]:
    for segment in episode.transcript.segments:
        inside = [each for each in segment.words if start_ms <= each.start_ms < end_ms]
        if inside:
            yield segment.of([_moved(each, start_ms, end_ms) for each in inside])


def _moved(word: Word, start_ms: int, end_ms: int) -> Word:
    return replace(word, start_ms=word.start_ms - start_ms, end_ms=min(word.end_ms, end_ms) - start_ms)
