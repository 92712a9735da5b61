"""Copies of a recording with its chapters in them, pictures of its chapters, its sound bites as clips."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path, PurePath

from transcribe.core.episode import Episode
from transcribe.core.events import Progress, Warned
from transcribe.core.files import Content
from transcribe.core.media import Container, Extract
from transcribe.core.reading import open_regular
from transcribe.core.show_notes import Chapter
from transcribe.core.unexpected import ends_run, for_people
from transcribe.core.workspace import Workspace
from transcribe.formats.id3 import HEADER_BYTES, tag_bytes, with_chapters
from transcribe.formats.outline import chapters_by, one_line, outline_of
from transcribe.jobs.publish.outputs import Published, Target, publish, target_path
from transcribe.pipeline.chapters.found import pictures
from transcribe.pipeline.chapters.mp4_tags import keep_tags
from transcribe.pipeline.chapters.read import found_in
from transcribe.pipeline.ports import Editor
from transcribe.pipeline.stages.channels import extract_of

CHAPTERS = "chapters in the sound file"
MAX_CLIPS = 9
CLIPS = {f"sound bite {number}": f".soundbite-{number}.mp3" for number in range(1, MAX_CLIPS + 1)}
"""What the clips are called in `Target.format`, and how their names end."""

COPIES = {"mp3": ".chapters.mp3", "m4a": ".chapters.m4a", "m4b": ".chapters.m4b"}


def sound_targets(folder: Path, source_name: str) -> tuple[tuple[Target, ...], ...]:
    """Where a recording's sound files go: the copy with chapters, if its kind gets one, and the clips.

    Fewer clips may be written; those of an earlier run beyond them are removed.
    """
    suffix = COPIES.get(PurePath(source_name).suffix.lower().removeprefix("."))
    copies = ((Target(CHAPTERS, target_path(folder, source_name, suffix)),),) if suffix else ()
    clips = (Target(name, target_path(folder, source_name, ending)) for name, ending in CLIPS.items())
    return (*copies, tuple(clips))


def publish_sound(
    groups: Sequence[Sequence[Target]],
    episode: Episode,
    editor: Editor | None,
    workspace: Workspace,
    progress: Progress,
    *,
    force: bool,
    ours: Sequence[Published] = (),
) -> tuple[Path, ...]:
    """Write a recording's sound files by the rules of `publish`; say which were written.

    What goes wrong is told as a warning and costs one group of files: the transcript is published already.

    Raises:
        Interrupted: The user or the system asked to stop.
    """
    if editor is None:
        return ()
    content = partial(content_of, editor=editor)
    written: tuple[Path, ...] = ()
    for targets in groups:
        try:
            written += publish(episode, targets, content, workspace, force=force, ours=ours)
        except Exception as error:
            if ends_run(error):
                raise
            told = for_people(error)
            progress(Warned(f"{episode.source.name}: {targets[0].format} could not be written: {told}"))
    return written


def content_of(episode: Episode, name: str, editor: Editor) -> Content | None:
    """What writes the file of that name (see `Target.format`); None where there is nothing to write.

    What is returned raises TranscribeError or OSError when the file cannot be written.
    """
    if name == CHAPTERS:
        chapters = outline_of(episode)
        in_file = episode.source.chapters and all(track.divided for track in episode.tracks)
        if episode.chapters and in_file:  # not in a mix of several files
            return partial(shutil.copyfile, episode.source.path)
        return partial(_copy_with_chapters, episode, chapters, editor) if chapters else None
    if name.startswith("."):
        return _pictures(episode).get(name)
    bites = episode.notes.sound_bites if episode.notes else ()
    bite = dict(zip(CLIPS, bites, strict=False)).get(name)
    if bite is None:
        return None
    return partial(cut_clip, episode, (bite.start_ms, bite.end_ms), one_line(bite.title), editor)


def picture_targets(folder: Path, episode: Episode) -> tuple[Target, ...]:
    """Where the pictures of the producer's chapters go; their format is how their names end."""
    endings = dict.fromkeys(each.image for each in episode.chapters if each.image.startswith("."))
    return tuple(Target(ending, target_path(folder, episode.source.name, ending)) for ending in endings)


def _pictures(episode: Episode) -> dict[str, Content]:
    """By the ends of their names."""
    source = episode.source
    container = Container(source.container, source.duration_ms, source.streams)
    return {each.ending: each.content for each in pictures(found_in(Path(source.path), container))}


def cut_clip(episode: Episode, span: tuple[int, int], title: str, editor: Editor, target: Path) -> None:
    """Write a stretch of an episode's recording as an MP3.

    Args:
        span: Start and end, in ms.

    Raises:
        InputError: The recording cannot be read.
        EngineError: It cannot be written.
    """
    editor.cut(extracts_of(episode, *span), title, target)


def extracts_of(episode: Episode, start_ms: int, end_ms: int) -> list[Extract]:
    """A stretch of a recording, of each audio stream that was transcribed."""
    source = episode.source
    streams = [track.stream for track in episode.tracks if track.stream is not None] or [source.stream]
    span = start_ms, end_ms - start_ms
    extracts = [extract_of(replace(source, stream=stream), *span, None) for stream in streams]
    return [replace(each, seek=not episode.audio.astray) for each in extracts]


def _copy_with_chapters(episode: Episode, chapters: Sequence[Chapter], editor: Editor, target: Path) -> None:
    path = Path(episode.source.path)
    titled = [replace(chapter, title=one_line(chapter.title)) for chapter in chapters]
    if episode.source.container != "mp3":
        editor.add_chapters(path, titled, target)
        keep_tags(path, target)
        return
    with open_regular(path) as recording, target.open("wb") as copy:
        length = tag_bytes(recording.read(HEADER_BYTES))
        recording.seek(0)
        copy.write(with_chapters(recording.read(length), titled, chapters_by(episode)))
        shutil.copyfileobj(recording, copy)
