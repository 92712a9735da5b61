"""Podlove Simple Chapters 1.2 (.psc.xml): https://podlove.org/simple-chapters."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from transcribe.episode import Episode
from transcribe.formats.markup import add_comment, xml_file
from transcribe.formats.outline import chapters_of, generated_by, one_line
from transcribe.settings import SubtitleSettings
from transcribe.timecode import format_timecode

NAMESPACE = "http://podlove.org/simple-chapters"
VERSION = "1.2"


def write(episode: Episode, settings: SubtitleSettings) -> bytes:  # noqa: ARG001 - all formats are called alike
    """The chapters; without notes a single one under the episode's title.

    Where a language model wrote, a comment says `ai_generated: true` and names it.
    """
    root = element_of(episode)
    if model := generated_by(episode):
        add_comment(root, f"ai_generated: true; generated_by: {model}")
    return xml_file(root)


def element_of(episode: Episode) -> ET.Element:
    """`<psc:chapters>`, which may also stand in the item of a feed."""
    ET.register_namespace("psc", NAMESPACE)
    root = ET.Element(f"{{{NAMESPACE}}}chapters", version=VERSION)
    for chapter in chapters_of(episode):
        start = format_timecode(chapter.start_ms)
        ET.SubElement(root, f"{{{NAMESPACE}}}chapter", start=start, title=one_line(chapter.title))
    return root
