"""Chapters of a Matroska or WebM file: those of the default edition, without hidden ones, with nested ones.

RFC 9559, sections 5.1.7 and 20. A nested chapter that begins with its parent has both titles.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from transcribe.core.reading import open_regular
from transcribe.pipeline.chapters.found import MOST_CHAPTERS, Found

MOST_BYTES = 16 * 2**20
DEEPEST = 8

EBML, SEGMENT, SEEK_HEAD, CHAPTERS, CLUSTER = 0x1A45DFA3, 0x18538067, 0x114D9B74, 0x1043A770, 0x1F43B675
SEEK, SEEK_ID, SEEK_POSITION = 0x4DBB, 0x53AB, 0x53AC
EDITION, EDITION_HIDDEN, EDITION_DEFAULT = 0x45B9, 0x45BD, 0x45DB
ATOM, HIDDEN, ENABLED, START, END = 0xB6, 0x98, 0x4598, 0x91, 0x92
DISPLAY, TITLE = 0x80, 0x85


@dataclass(frozen=True)
class _Element:
    """One element in a buffer."""

    name: int
    content: bytes


def read(path: Path) -> tuple[Found, ...]:
    """The chapters of a file; none where it has none, or its elements are damaged.

    Raises:
        OSError: It cannot be read.
    """
    with open_regular(path) as handle:
        content = _chapters(handle)
    editions = [element.content for element in _elements(content) if element.name == EDITION]
    shown = [edition for edition in editions if not _number(edition, EDITION_HIDDEN, 0)] or editions
    chosen = next((each for each in shown if _number(each, EDITION_DEFAULT, 0)), shown[0] if shown else b"")
    return tuple(_flat(chosen))[:MOST_CHAPTERS]


def _flat(content: bytes, depth: int = 0) -> Iterator[Found]:
    """The chapters of an edition or of a chapter, each before those in it."""
    for element in _elements(content):
        if element.name != ATOM or depth > DEEPEST:
            continue
        if _number(element.content, HIDDEN, 0) or not _number(element.content, ENABLED, 1):
            continue
        chapter = _chapter(element.content)
        nested = list(_flat(element.content, depth + 1))
        if nested and nested[0].start_ms == chapter.start_ms:
            titles = [title for title in (chapter.title, nested[0].title) if title]
            nested[0] = replace(nested[0], title=": ".join(titles))
        else:
            yield chapter
        yield from nested


def _chapter(content: bytes) -> Found:
    start, end = _number(content, START, 0), _number(content, END, -1)
    titles = [
        inner.content.rstrip(b"\0").decode("utf-8", "replace")
        for element in _elements(content)
        if element.name == DISPLAY
        for inner in _elements(element.content)
        if inner.name == TITLE
    ]
    return Found(start // 1_000_000, None if end < 0 else end // 1_000_000, titles[0] if titles else "")


def _number(content: bytes, name: int, default: int) -> int:
    found = next((each.content for each in _elements(content) if each.name == name), None)
    return default if found is None else int.from_bytes(found[:8])


def _elements(content: bytes) -> Iterator[_Element]:
    at = 0
    while at < len(content):
        name, at = _vint(content, at, marked=True)
        size, at = _vint(content, at, marked=False)
        if name < 0 or size < 0:
            return
        yield _Element(name, content[at : at + size])
        at += size


def _vint(content: bytes, at: int, *, marked: bool) -> tuple[int, int]:
    """A number of variable length (RFC 8794, section 4) and where it ends; -1 where there is none."""
    if at >= len(content) or not content[at]:
        return -1, at
    length = 9 - content[at].bit_length()
    raw = int.from_bytes(content[at : at + length])
    return raw if marked else raw & ~(1 << 7 * length), at + length


def _chapters(handle: BinaryIO) -> bytes:
    """The content of `Chapters`, where the index says or before the first cluster; else nothing."""
    size = handle.seek(0, os.SEEK_END)
    at, start = 0, -1
    while at < size:
        handle.seek(at)
        head = handle.read(12)
        name, after = _vint(head, 0, marked=True)
        length, after = _vint(head, after, marked=False)
        if name < 0 or length < 0:
            return b""
        at += after
        if name == SEGMENT:
            start = at
        elif name == CHAPTERS:
            handle.seek(at)
            return handle.read(min(length, MOST_BYTES))
        elif name == SEEK_HEAD and start >= 0:
            handle.seek(at)
            place = _place(handle.read(min(length, MOST_BYTES)))
            at = start + place if place >= 0 and start + place > at else at + length
        elif name == CLUSTER:
            return b""
        else:
            at += length
    return b""


def _place(content: bytes) -> int:
    """Where the index says that the chapters are, from the segment's first byte; -1 where it does not."""
    for entry in _elements(content):
        if entry.name == SEEK and _number(entry.content, SEEK_ID, 0) == CHAPTERS:
            return _number(entry.content, SEEK_POSITION, -1)
    return -1
