"""HTML transcript (.transcript.html) as Podcasting 2.0 has it: `<cite>`, `<time>`, `<p>` a paragraph.

https://github.com/Podcastindex-org/podcast-namespace/blob/main/docs/examples/transcripts/transcripts.md
"""

from __future__ import annotations

from xml.etree import ElementTree as ET

from transcribe.core.episode import Episode
from transcribe.core.settings import SubtitleSettings
from transcribe.core.timecode import format_timecode
from transcribe.formats.markup import added, html_text
from transcribe.formats.outline import facts_of, one_line
from transcribe.formats.paragraphs import Paragraph, paragraphs_of
from transcribe.formats.tokens import UNNAMED


def write(episode: Episode, settings: SubtitleSettings) -> bytes:  # noqa: ARG001 - all formats are called alike
    """The transcript as a page without scripts and styles, for readers of feeds and for search engines."""
    facts = facts_of(episode)
    root = ET.Element("html", {"lang": facts.language} if facts.language else {})
    head, body = added(root, "head"), added(root, "body")
    added(head, "meta", charset="utf-8")
    added(head, "title", facts.title)
    added(head, "meta", name="generator", content=one_line(episode.provenance.program))
    for paragraph in paragraphs_of(episode.transcript):
        _add(body, paragraph)
    ET.indent(root, "")
    return f"<!DOCTYPE html>\n{html_text(root)}\n".encode()


def _add(body: ET.Element, paragraph: Paragraph) -> None:
    if paragraph.speaker and paragraph.begins_turn:
        added(body, "cite", f"{one_line(paragraph.speaker)}:", dir="auto")
    elif paragraph.unnamed_turn:
        added(body, "cite", UNNAMED)
    clock = format_timecode(paragraph.start_ms).partition(".")[0]
    added(body, "time", clock, datetime=f"PT{paragraph.start_ms / 1000:.3f}S")
    added(body, "p", one_line(paragraph.text), dir="auto")
