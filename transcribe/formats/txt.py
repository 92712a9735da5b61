"""Plain text (.txt): a paragraph a line, empty lines between, `Name: ` at a change of speaker."""

from __future__ import annotations

from transcribe.core.episode import Episode
from transcribe.core.settings import SubtitleSettings
from transcribe.formats.paragraphs import Paragraph, paragraphs_of
from transcribe.formats.tokens import UNNAMED, plain


def write(episode: Episode, settings: SubtitleSettings) -> bytes:  # noqa: ARG001 - all formats are called alike
    """The transcript as plain text; empty where nothing was said."""
    return "\n".join(_line(paragraph) for paragraph in paragraphs_of(episode.transcript)).encode()


def _line(paragraph: Paragraph) -> str:
    if paragraph.speaker and paragraph.begins_turn:
        return f"{plain(paragraph.speaker)}: {paragraph.text}\n"
    return f"{UNNAMED} {paragraph.text}\n" if paragraph.unnamed_turn else f"{paragraph.text}\n"
