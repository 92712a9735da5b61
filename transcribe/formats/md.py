"""Markdown (.md): a page for people, made by the template `transcript.md.j2`."""

from __future__ import annotations

from pathlib import PurePath

from transcribe.core.episode import Episode
from transcribe.core.settings import SubtitleSettings
from transcribe.formats.paragraphs import paragraphs_of
from transcribe.formats.templates import render_template
from transcribe.formats.tokens import encodable, plain


def write(episode: Episode, settings: SubtitleSettings) -> bytes:  # noqa: ARG001 - all formats are called alike
    """The transcript as a Markdown page.

    The template gets `title`, `episode` (an `episode.Episode`) and `paragraphs` (a tuple of
    `paragraphs.Paragraph`).

    Raises:
        TranscribeError: The template is missing or wrong.
    """
    page = render_template(
        "transcript.md.j2",
        title=title_of(episode),
        episode=episode,
        paragraphs=paragraphs_of(episode.transcript),
    )
    return encodable(page).encode()


def title_of(episode: Episode) -> str:
    """What the recording's own tags call it, else the file's name without its ending."""
    tags = {key.lower(): plain(value) for key, value in episode.source.tags}
    return tags.get("title") or plain(PurePath(episode.source.name).stem)
