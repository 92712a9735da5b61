"""Podlove Simple Chapters, by themselves or within a feed (podlove.org/simple-chapters, version 1.2)."""

from __future__ import annotations

import re

from transcribe.core.timecode import format_timecode
from transcribe.quality.lint.addresses import url_problem
from transcribe.quality.lint.finding import Findings, shown
from transcribe.quality.lint.limits import Length, is_past
from transcribe.quality.lint.xml_tree import Element

CHAPTERS = "psc:chapters"
VERSIONS = ("1.0", "1.1", "1.2")
_START = re.compile(r"(?:(?:([0-9]{1,6}):)?([0-5]?[0-9]):)?([0-9]{1,9})(?:\.([0-9]{1,9}))?")


def check(root: Element, length: Length | None, findings: Findings) -> None:
    """Check every list of chapters in a tree."""
    found = [element for element in root.walk() if element.name in (CHAPTERS, "chapters")]
    if not found:
        findings.add("file-kind", "there are no Podlove chapters in the file")
    for chapters in found:
        check_chapters(chapters, length, findings)


def check_chapters(chapters: Element, length: Length | None, findings: Findings) -> None:
    """Check a `psc:chapters` element."""
    if (version := chapters.attributes.get("version")) not in VERSIONS:
        findings.add("psc-version", f"version is {version!r:.40}, not '1.2'", *chapters.place)
    if not chapters.children:
        findings.add("psc-none", "there are no chapters", *chapters.place)
    starts: list[int] = []
    for chapter in chapters.children:
        if chapter.name not in ("psc:chapter", "chapter"):
            findings.add("psc-element", f"{shown(chapter.name)} is no chapter", *chapter.place)
            continue
        start = _start(chapter, findings)
        _check_chapter(chapter, findings)
        if start is not None:
            _check_start(chapter, start, starts, findings)
            _check_past_end(chapter, start, length, findings)
            starts.append(start)


LONGEST = 40
"""Characters of a time; real ones have a dozen."""


def _start(chapter: Element, findings: Findings) -> int | None:
    written = chapter.attributes.get("start")
    match = _START.fullmatch(written.strip()) if written is not None else None
    if match is None or len(match[0]) > LONGEST or (match[2] and int(match[3]) > 59):
        what = "there is no start" if written is None else f"start {shown(written)} is no normal play time"
        findings.add("psc-start", what, *chapter.place)
        return None
    hours, minutes, seconds = (int(part or 0) for part in match.groups()[:3])
    fraction = int((match[4] or "0")[:3].ljust(3, "0"))
    return ((hours * 60 + minutes) * 60 + seconds) * 1000 + fraction


def _check_start(chapter: Element, start: int, before: list[int], findings: Findings) -> None:
    time = format_timecode(start)
    if not before and start > 0:
        findings.add("psc-first-at-zero", f"the first chapter starts at {time}", *chapter.place)
    elif before and start < before[-1]:
        message = f"the chapter starts at {time}, the one before at {format_timecode(before[-1])}"
        findings.add("psc-order", message, *chapter.place)


def _check_past_end(chapter: Element, start: int, length: Length | None, findings: Findings) -> None:
    if is_past(length, start + 1):
        message = f"the chapter starts at {format_timecode(start)}, {length}"
        findings.add("psc-past-end", message, *chapter.place)


def _check_chapter(chapter: Element, findings: Findings) -> None:
    if not chapter.attributes.get("title", "").strip():
        findings.add("psc-title", "the chapter has no title", *chapter.place)
    for name in ("href", "image"):
        url = chapter.attributes.get(name)
        if url is not None and (problem := url_problem(url)):
            findings.add("psc-url", f"{name} {shown(url)} {problem}", *chapter.place)
