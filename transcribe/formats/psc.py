"""Podlove Simple Chapters 1.2 (.psc.xml): https://podlove.org/simple-chapters."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from transcribe.core.episode import Episode
from transcribe.core.settings import SubtitleSettings
from transcribe.core.show_notes import Chapter
from transcribe.core.timecode import format_timecode
from transcribe.formats.markup import add_comment, xml_file
from transcribe.formats.outline import (
    chapters_by,
    chapters_of,
    file_address,
    image_name,
    one_line,
    web_address,
)

NAMESPACE = "http://podlove.org/simple-chapters"
VERSION = "1.2"


def write(episode: Episode, settings: SubtitleSettings) -> bytes:  # noqa: ARG001 - all formats are called alike
    """The chapters; where there are none a single one under the episode's title.

    Where a language model wrote titles, a comment says `ai_generated: true` and names it.
    """
    root = element_of(episode)
    if model := chapters_by(episode):
        add_comment(root, f"ai_generated: true; generated_by: {model}")
    return xml_file(root)


def element_of(episode: Episode) -> ET.Element:
    """`<psc:chapters>`, which may also stand in the item of a feed."""
    ET.register_namespace("psc", NAMESPACE)
    root = ET.Element(f"{{{NAMESPACE}}}chapters", version=VERSION)
    for chapter in chapters_of(episode):
        start = format_timecode(chapter.start_ms)
        more = {"href": web_address(chapter.url), "image": _image_address(episode, chapter)}
        element = ET.SubElement(root, f"{{{NAMESPACE}}}chapter", start=start, title=one_line(chapter.title))
        for name, address in more.items():
            if address:
                element.set(name, address)
    return root


def _image_address(episode: Episode, chapter: Chapter) -> str:
    """Where a chapter's picture will lie: this format takes whole addresses only."""
    name = image_name(episode, chapter)
    return file_address(episode, name) if name and chapter.image.startswith(".") else name
