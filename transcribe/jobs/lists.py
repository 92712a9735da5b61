"""The entries of a list of recordings, which is hostile: a text file with paths, a playlist, a feed."""

from __future__ import annotations

import codecs
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote_to_bytes, urlsplit

from transcribe.core.errors import InputError
from transcribe.core.places import expanded
from transcribe.core.reading import read_bounded
from transcribe.core.show_notes import Chapter
from transcribe.pipeline.chapters.feed import chapters_of_item

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

TEXT_LISTS = (".txt", ".lst")
PLAYLISTS = (".m3u", ".m3u8", ".pls", ".xspf")
FEEDS = (".rss", ".xml")
LISTS = (*TEXT_LISTS, *PLAYLISTS, *FEEDS)
"""Endings of the files that name recordings."""

MAX_BYTES = 32 * 1024 * 1024
"""A feed of ten thousand episodes with long descriptions has half as many."""

MAX_ENTRIES = 100_000

MAX_NAME_BYTES, MAX_PATH_BYTES = 255, 4096
"""NAME_MAX and PATH_MAX of Linux; other systems allow less."""

MAX_SHOWN = 200

_STREAM = re.compile(rb"#EXT-X-(?:TARGETDURATION|STREAM-INF)")
"""What only HLS has (RFC 8216, section 4.3)."""

_PLS = re.compile(r"File[0-9]+[ \t]*=[ \t]*(?P<place>.+)", re.IGNORECASE)
"""What names a recording in PLS; there is no specification, this is what Winamp writes."""

_XSPF = "{http://xspf.org/ns/0/}"

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:")
"""How a URL begins (RFC 3986, section 3.1); a single letter is a drive of Windows."""


@dataclass(frozen=True)
class Entry:
    """What one entry of a list says.

    Attributes:
        text: As it stands there, at most its first 200 characters.
        path: The file it means; None where it means none on this machine.
        reason: Why it means none, and where it stands, for people.
        chapters: Those that a feed has of it.
    """

    text: str
    path: Path | None
    reason: str = ""
    chapters: tuple[Chapter, ...] = ()


def is_list(path: Path) -> bool:
    """Whether a file names recordings rather than being one."""
    if path.suffix.lower() not in LISTS:
        return False
    return os.path.exists(path) and not os.path.isdir(path)  # noqa: PTH110, PTH112 - for any path


def entries_of(path: Path) -> tuple[Entry, ...]:
    """Read a list. Its relative paths start from the folder it lies in; nothing is fetched or followed.

    What is wrong with one entry costs that entry: it has no path, and a reason with its line.

    Raises:
        InputError: It cannot be read, is too large, or is no such list.
    """
    content = read_bounded(path, MAX_BYTES, "a list of recordings")
    suffix = path.suffix.lower()
    if suffix in FEEDS:
        places = enumerate(_enclosures(content, path), start=1)
        found = tuple(
            replace(_checked(url, f"enclosure {number}", path.parent, _feed_path), chapters=chapters)
            for number, (url, chapters) in places
        )
    elif suffix == ".xspf":
        found = tuple(
            _checked(address, f"track {number}", path.parent, _feed_path, in_playlist=True)
            for number, address in _tracks(content, path)
        )
    else:
        is_playlist = suffix in PLAYLISTS
        if is_playlist and _STREAM.search(content):
            raise InputError(
                f"{path} is a stream cut into pieces (HLS), not a list of recordings",
                "Put the pieces together with ffmpeg first",
            )
        found = tuple(
            _checked(line, f"line {number}", path.parent, _path, in_playlist=is_playlist)
            for number, line in _named(suffix, _lines(content, latin_1=suffix in (".m3u", ".pls")))
        )
    if not found:
        raise InputError(f"{path} names no recording", "Write one path on each line")
    if len(found) > MAX_ENTRIES:
        raise InputError(f"{path} has {len(found):,} entries; {MAX_ENTRIES:,} are allowed", "Divide it")
    return found


def _lines(content: bytes, *, latin_1: bool) -> Iterator[tuple[int, str]]:
    """Lines that say something, numbered; only line feeds end them, because names may hold other separators.

    A line that is not UTF-8 stands for a name with these bytes; in M3U and PLS for Latin-1, which they are by
    their origin (Winamp). M3U8 is UTF-8 (RFC 8216, section 4.1).
    """
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        content = content.decode("utf-16", "replace").encode()
    for number, line in enumerate(content.removeprefix(codecs.BOM_UTF8).split(b"\n"), start=1):
        stripped = line.strip(b"\r\t ")
        if stripped and not stripped.startswith(b"#"):
            try:
                yield number, stripped.decode()
            except UnicodeDecodeError:
                yield number, stripped.decode("latin-1") if latin_1 else os.fsdecode(stripped)


def _named(suffix: str, lines: Iterator[tuple[int, str]]) -> Iterator[tuple[int, str]]:
    """Those lines that name a recording, without what stands before the name."""
    for number, line in lines:
        found = _PLS.fullmatch(line) if suffix == ".pls" else None
        if found:
            yield number, found["place"]
        elif suffix != ".pls":
            yield number, line


def _checked(
    text: str, place: str, folder: Path, meant: Callable[[str, Path], Path], *, in_playlist: bool = False
) -> Entry:
    """An entry, whatever is wrong with it."""
    try:
        path = meant(text, folder)
        if in_playlist and path.suffix.lower() in PLAYLISTS:
            raise _NoFile("a playlist in a playlist is not followed")
        if any(len(os.fsencode(part)) > MAX_NAME_BYTES for part in path.parts):
            raise _NoFile("no file can have this name")
        if len(os.fsencode(path)) > MAX_PATH_BYTES:
            raise _NoFile("no path can be so long")
    except _NoFile as error:
        return Entry(text[:MAX_SHOWN], None, f"{place}: {error}")
    return Entry(text[:MAX_SHOWN], path)


class _NoFile(Exception):  # noqa: N818 - says what the text means
    """The text means no file on this machine; the message says why."""


def _feed_path(url: str, folder: Path) -> Path:
    """What an enclosure means; a relative one is percent-encoded, or written by somebody who forgot to."""
    found = _path(url, folder)
    if _SCHEME.match(url) or os.path.exists(found):  # noqa: PTH110 - which also answers where none can be
        return found
    return _inside(folder, _unquoted(url))


def _path(text: str, folder: Path) -> Path:
    if not _SCHEME.match(text):
        return _inside(folder, text)
    try:
        address = urlsplit(text)
    except ValueError as error:
        raise _NoFile(f"no address: {error}") from error
    if address.scheme != "file" or address.netloc not in ("", "localhost"):
        raise _NoFile("not on this machine")
    return _inside(folder, _unquoted(address.path))


def _unquoted(text: str) -> str:
    return os.fsdecode(unquote_to_bytes(os.fsencode(text)))


def _inside(folder: Path, name: str) -> Path:
    if "\0" in name:
        raise _NoFile("no file can have this name")
    return Path(os.path.normpath(folder / expanded(name)))


def _enclosures(content: bytes, path: Path) -> tuple[tuple[str, tuple[Chapter, ...]], ...]:
    """The address of each enclosure, and the chapters that its item has."""
    return tuple(
        (url, chapters_of_item(item, path.parent))
        for item in _xml(content, path, "feed").iter("item")
        for each in item.iter("enclosure")
        if (url := each.get("url", "").strip())
    )


def _tracks(content: bytes, path: Path) -> Iterator[tuple[int, str]]:
    """The first address of each track that has one, of an XSPF playlist (version 1, section 4.1.1.2.14)."""
    for number, track in enumerate(_xml(content, path, "playlist").iter(f"{_XSPF}track"), start=1):
        if address := (track.findtext(f"{_XSPF}location") or "").strip():
            yield number, address


def _xml(content: bytes, path: Path, what: str) -> Element:
    from xml.etree.ElementTree import ParseError

    from defusedxml import DefusedXmlException
    from defusedxml.ElementTree import fromstring

    try:
        root: Element = fromstring(content, forbid_dtd=True)
    except (ParseError, DefusedXmlException, LookupError, ValueError) as error:
        raise InputError(f"{path} is no {what} that can be read: {error}") from error
    return root
