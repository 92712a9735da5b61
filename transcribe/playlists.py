"""The entries of a list of recordings, which is hostile: a text file with paths, an M3U playlist, a feed."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from transcribe.bounded import decoded, read_bounded
from transcribe.errors import InputError

TEXT_LISTS = (".txt", ".lst")
PLAYLISTS = (".m3u", ".m3u8")
FEEDS = (".rss", ".xml")
LISTS = (*TEXT_LISTS, *PLAYLISTS, *FEEDS)
"""Endings of the files that name recordings."""

MAX_BYTES = 32 * 1024 * 1024
"""A feed of ten thousand episodes with long descriptions has half as many."""

MAX_ENTRIES = 100_000

NOT_HERE = "not on this machine: {}"

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:")
"""How a URL begins (RFC 3986, section 3.1); a single letter is a drive of Windows."""


@dataclass(frozen=True)
class Entry:
    """What one entry of a list says.

    Attributes:
        text: As it stands there.
        path: The file it means; None where it means none on this machine.
        reason: Why it means none, for people.
    """

    text: str
    path: Path | None
    reason: str = ""


def is_list(path: Path) -> bool:
    """Whether a file names recordings rather than being one."""
    return path.suffix.lower() in LISTS and path.is_file()


def entries_of(path: Path) -> tuple[Entry, ...]:
    """Read a list. Its relative paths start from the folder it lies in; nothing is fetched or followed.

    Raises:
        InputError: It cannot be read, is too large, or is no such list.
    """
    content = read_bounded(path, MAX_BYTES, "a list of recordings")
    suffix = path.suffix.lower()
    if suffix in FEEDS:
        found = tuple(_feed_entry(url, path.parent) for url in _enclosures(content, path))
    elif suffix in PLAYLISTS:
        found = tuple(_playlist_entry(line, path.parent) for line in _playlist_lines(content, path))
    else:
        found = tuple(_entry(line, path.parent) for line in _lines(decoded(content, path)))
    if not found:
        raise InputError(f"{path} names no recording", "Write one path on each line")
    if len(found) > MAX_ENTRIES:
        raise InputError(f"{path} has {len(found):,} entries; {MAX_ENTRIES:,} are allowed", "Divide it")
    return found


def _lines(text: str) -> Iterator[str]:
    """Lines that say something; only line feeds end them, because names may hold other separators."""
    for line in text.split("\n"):
        stripped = line.strip("\r\t ")
        if stripped and not stripped.startswith("#"):
            yield stripped


def _playlist_lines(content: bytes, path: Path) -> Iterator[str]:
    """M3U is Latin-1 by its origin (Winamp) and UTF-8 by habit; M3U8 is UTF-8 (RFC 8216, section 4.1)."""
    if path.suffix.lower() == ".m3u8":
        text = decoded(content, path)
    else:
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = content.decode("latin-1")
    if "#EXT-X-TARGETDURATION" in text or "#EXT-X-STREAM-INF" in text:
        raise InputError(
            f"{path} is a stream cut into pieces (HLS), not a list of recordings",
            "Put the pieces together with ffmpeg first",
        )
    return _lines(text)


def _playlist_entry(line: str, folder: Path) -> Entry:
    found = _entry(line, folder)
    if found.path is not None and found.path.suffix.lower() in PLAYLISTS:
        return Entry(line, None, "a playlist in a playlist is not followed")
    return found


def _feed_entry(url: str, folder: Path) -> Entry:
    """An enclosure's address; a relative one is percent-encoded, or written by somebody who forgot to."""
    found = _entry(url, folder)
    if found.path is None or found.path.exists() or _SCHEME.match(url):
        return found
    return Entry(url, _inside(folder, unquote(url)))


def _entry(text: str, folder: Path) -> Entry:
    if "\0" in text:
        return Entry(text, None, "no file can have this name")
    if not _SCHEME.match(text):
        return Entry(text, _inside(folder, text))
    address = urlsplit(text) if text.lower().startswith("file:") else None
    if address is None or address.netloc not in ("", "localhost"):
        return Entry(text, None, NOT_HERE.format(text))
    return Entry(text, _inside(folder, unquote(address.path)))


def _inside(folder: Path, name: str) -> Path:
    return Path(os.path.normpath(folder / Path(name).expanduser()))


def _enclosures(content: bytes, path: Path) -> tuple[str, ...]:
    from xml.etree.ElementTree import ParseError

    from defusedxml import DefusedXmlException
    from defusedxml.ElementTree import fromstring

    try:
        root = fromstring(content, forbid_dtd=True)
    except (ParseError, DefusedXmlException, LookupError, ValueError) as error:
        raise InputError(f"{path} is no feed that can be read: {error}") from error
    return tuple(
        url
        for item in root.iter("item")
        for each in item.iter("enclosure")
        if (url := each.get("url", "").strip())
    )
