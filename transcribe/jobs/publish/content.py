"""What goes into each file of a job: formats, the review, the user's template, the page with its sound."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from transcribe.core.episode import Episode
from transcribe.core.errors import InputError, UsageError
from transcribe.core.reading import open_regular
from transcribe.core.recording import Source
from transcribe.core.settings import Settings
from transcribe.formats import page, review
from transcribe.formats.known import FORMATS, render
from transcribe.formats.notes import suffix_of as template_suffix
from transcribe.formats.templates import render_file
from transcribe.formats.tokens import encodable

TEMPLATE = "template"
"""What stands for the user's own template (`--template`) among the names of formats."""


def suffix_of(name: str, settings: Settings) -> str:
    """How the file of a format, or of the user's template, ends."""
    if name == TEMPLATE and settings.output.template:
        return template_suffix(settings.output.template)
    return FORMATS[name].suffix


def check_content(source: Source, names: Sequence[str], settings: Settings) -> None:
    """Refuse, before any work is done, what `content_of` would refuse after it.

    Raises:
        UsageError: The recording is too large for a page.
    """
    if page.NAME in names and settings.output.embed_audio:
        _check_size(source.name, source.bytes)


def content_of(settings: Settings, episode: Episode, name: str) -> bytes | None:
    """The bytes of one file; None where there is nothing to say.

    Raises:
        UsageError: A template is wrong, or made of notes that are not there.
        InputError: The recording cannot be put into the page.
    """
    if name == review.NAME:
        return review.write(episode)
    episode = _with_disclosure(episode, settings.notes.disclosure)
    if not settings.output.publish:
        episode = _without_pictures(episode)
    if name == TEMPLATE and settings.output.template:
        return fill_in(settings.output.template, episode)
    if name == page.NAME and settings.output.embed_audio:
        return page.write_page(episode, page.data_url(episode.source.name, _recording(episode.source)))
    return render(episode, name, settings.subtitles)


def _with_disclosure(episode: Episode, wording: str) -> Episode:
    """The episode with the wording that the settings choose; `auto` keeps what its notes say."""
    if episode.notes is None or wording == "auto":
        return episode
    authorship = replace(episode.notes.authorship, disclosure=wording)
    return replace(episode, notes=replace(episode.notes, authorship=authorship))


def _without_pictures(episode: Episode) -> Episode:
    """The episode without names of pictures beside the results: these are written for `--publish` only."""
    if not any(chapter.image.startswith(".") for chapter in episode.chapters):
        return episode
    chapters = tuple(
        replace(chapter, image="") if chapter.image.startswith(".") else chapter
        for chapter in episode.chapters
    )
    notes = replace(episode.notes, chapters=chapters) if episode.notes else None
    return replace(episode, chapters=chapters, notes=notes)


def _recording(source: Source) -> bytes:
    if not source.path:
        raise InputError(
            f"the recording {source.name} does not lie in the folder of its document",
            "Put it there, or leave out --embed-audio",
        )
    try:
        with open_regular(Path(source.path)) as handle:
            content = handle.read(page.EMBED_BYTES + 1)
    except OSError as error:
        raise InputError(
            f"the recording {source.path} cannot be put into the page: {error.strerror or error}",
            "Leave out --embed-audio, or say where it lies",
        ) from error
    _check_size(source.name, len(content))
    return content


def _check_size(name: str, size: int) -> None:
    if size > page.EMBED_BYTES:
        raise UsageError(
            f"{name} is too large to be put into a page ({size // 2**20} MiB, "
            f"{page.EMBED_BYTES // 2**20} MiB are allowed)",
            "Leave out --embed-audio and keep the recording beside the page",
        )


def check_template(template: Path, *, notes: bool = True) -> bytes:
    """Fill a template in with a made-up episode that has everything, or no notes; the text it makes.

    Raises:
        UsageError: There is no such file, or it is wrong; the message names file and line.
    """
    from transcribe.formats.example import example_episode

    example = example_episode()
    return fill_in(template, example if notes else replace(example, notes=None))


def fill_in(template: Path, episode: Episode) -> bytes:
    """An episode by the user's own template, which gets what all of ours get; `notes` may be None.

    Raises:
        UsageError: There is no such file, or it is wrong; the message names file and line.
    """
    values = page.page_values(episode, page.beside(episode.source.name))
    return encodable(render_file(template, **values, passages=review.passages_of(episode))).encode()
