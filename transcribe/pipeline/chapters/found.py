"""What readers of chapters find, which is hostile, and what becomes of its times, titles and addresses."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from transcribe.core.episode import Segment
from transcribe.core.show_notes import Chapter
from transcribe.formats.outline import one_line

MOST_CHAPTERS = 10_000
"""More than anybody sets; a hostile file may have millions."""

LONGEST_TITLE = 1000
LONGEST_ADDRESS = 2000
"""What browsers and servers take; longer ones are no links anybody set."""

MOST_PICTURES = 100
MOST_PICTURE_BYTES = 5 * 2**20
"""Players show chapter pictures at 1400 to 3000 pixels, as JPEG well under one MiB."""

LATEST_MS = 1000 * 3600 * 1000
"""A thousand hours: what begins later is no time in a recording."""

KINDS = ((b"\xff\xd8\xff", ".jpg"), (b"\x89PNG\r\n\x1a\n", ".png"))
"""How the pictures that every player shows begin, and how their names end. Others are left out."""


@dataclass(frozen=True)
class Found:
    """One chapter as a file has it; nothing in it can be trusted.

    Attributes:
        start_ms: Its start.
        end_ms: Its end; None where the file does not say.
        title: Any text, or nothing.
        url: Any text, or nothing.
        image: Address of its picture: any text, or nothing.
        picture: Its picture; empty where it has none in the file.
    """

    start_ms: int
    end_ms: int | None = None
    title: str = ""
    url: str = ""
    image: str = ""
    picture: bytes = b""


@dataclass(frozen=True)
class Picture:
    """A picture in a recording.

    Attributes:
        ending: How the name of its file ends, such as `.chapter-1.jpg`.
        content: Its bytes.
    """

    ending: str
    content: bytes


def ordered(found: Iterable[Found]) -> tuple[Chapter, ...]:
    """Chapters in order of their starts, with titles of one line and addresses that can be published.

    Where the file gives no title it is `Chapter 3`; no end, it is the next start (or its own, of the last).
    """
    known = sorted(_possible(found), key=lambda each: each.start_ms)
    endings = {id(each): ending for each, ending in _with_pictures(known)}
    chapters = []
    for number, each in enumerate(known, 1):
        after = next((later.start_ms for later in known[number:]), each.start_ms)
        chapters.append(
            Chapter(
                start_ms=each.start_ms,
                end_ms=max(each.start_ms, after if each.end_ms is None else min(each.end_ms, LATEST_MS)),
                title=one_line(each.title[:LONGEST_TITLE]) or f"Chapter {number}",
                segments=(),
                origin="producer",
                url=published(each.url),
                image=endings.get(id(each)) or published(each.image),
            )
        )
    return tuple(chapters)


def pictures(found: Iterable[Found]) -> tuple[Picture, ...]:
    """The pictures that `ordered` names, each once."""
    known = sorted(_possible(found), key=lambda each: each.start_ms)
    contents = {ending: each.picture for each, ending in _with_pictures(known)}
    return tuple(Picture(ending, content) for ending, content in contents.items())


def _possible(found: Iterable[Found]) -> list[Found]:
    possible = [each for each in found if each.start_ms <= LATEST_MS]
    return [replace(each, start_ms=max(0, each.start_ms)) for each in possible[:MOST_CHAPTERS]]


def _with_pictures(known: Sequence[Found]) -> Iterable[tuple[Found, str]]:
    """The chapters that have one, and how the name of its file ends; equal pictures have one file."""
    endings: dict[str, str] = {}
    for each in known:
        kind = next((ending for begins, ending in KINDS if each.picture.startswith(begins)), "")
        if not kind or len(each.picture) > MOST_PICTURE_BYTES:
            continue
        digest = hashlib.sha256(each.picture).hexdigest()
        if digest in endings or len(endings) < MOST_PICTURES:
            yield each, endings.setdefault(digest, f".chapter-{len(endings) + 1}{kind}")


def published(address: str) -> str:
    """The address where it is one that can be published: http or https, with a host; else nothing."""
    address = address.strip()
    try:
        parts = urlsplit(address)
        host = parts.hostname
    except ValueError:
        return ""
    if parts.scheme not in ("http", "https") or not host or len(address) > LONGEST_ADDRESS:
        return ""
    plain = address.isprintable() and not any(character in address for character in " <>\"'`\\{}|^")
    return address if plain and address == one_line(address) else ""


@dataclass(frozen=True)
class Kept:
    """The chapters of a recording whose length and words are known.

    Attributes:
        chapters: Those that begin before its end.
        beyond: How many begin after it.
    """

    chapters: tuple[Chapter, ...]
    beyond: int


def fitted(chapters: Sequence[Chapter], length_ms: int, segments: Sequence[Segment]) -> Kept:
    """The producer's chapters on a recording: none overlaps the next one or goes past the end."""
    inside = [each for each in chapters if each.start_ms < max(1, length_ms)]
    kept: list[Chapter] = []
    position = 0
    for number, each in enumerate(inside):
        after = inside[number + 1].start_ms if number + 1 < len(inside) else length_ms
        # A gap belongs to the chapter before it: players have no time without one.
        first = position
        while position < len(segments) and segments[position].start_ms < after:
            position += 1
        own = tuple(at for at in range(first, position) if segments[at].start_ms >= each.start_ms)
        kept.append(replace(each, end_ms=after, segments=own))
    return Kept(tuple(kept), len(chapters) - len(inside))
