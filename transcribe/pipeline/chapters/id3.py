"""Reads chapters from an ID3 tag (MP3, AAC): titles, links and pictures of its CHAP frames.

"ID3v2 Chapter Frame Addendum", https://id3.org/id3v2-chapters-1.0. The library that reads this, mutagen, is
under the GPL, and ffmpeg reads titles only; see `transcribe/formats/id3.py`.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

from transcribe.core.errors import InputError
from transcribe.core.reading import open_regular
from transcribe.formats.id3 import HEADER_BYTES, Tag, read_frames, read_tag, tag_bytes
from transcribe.pipeline.chapters.found import Found

MOST_BYTES = 64 * 2**20
"""A larger tag is not read: a hundred pictures of half a MiB each are less."""

MOST_LISTED = 255
_NONE = 0xFFFFFFFF
_ADDRESS = "-->"
"""Instead of a media type: the picture is an address."""


def read(path: Path) -> tuple[Found, ...]:
    """The chapters in the tag at a file's beginning; none where there is no such tag, or it is damaged.

    Where tables of contents name some, those that none names are hidden and left out; but a table counts its
    chapters in one byte, and of more than it can name all are taken.

    Raises:
        OSError: It cannot be read.
    """
    with open_regular(path) as handle:
        head = handle.read(HEADER_BYTES)
        length = tag_bytes(head)
        if not HEADER_BYTES < length <= MOST_BYTES:
            return ()
        content = head + handle.read(length - HEADER_BYTES)
    try:
        return tuple(_chapters(read_tag(content)))
    except InputError:
        return ()


def _chapters(tag: Tag) -> Iterator[Found]:
    found: dict[bytes, Found] = {}
    listed: set[bytes] = set()
    for name, flags, raw in tag.frames:
        if name == b"CHAP" and (content := _plain(tag.version, flags, raw)) is not None:
            key, _, rest = content.partition(b"\0")
            if (chapter := _chapter(tag.version, rest)) is not None:
                found.setdefault(key, chapter)
        elif name == b"CTOC" and (content := _plain(tag.version, flags, raw)) is not None:
            listed |= _listed(content)
    shown = {key: chapter for key, chapter in found.items() if key in listed}
    yield from (shown if shown and len(found) <= MOST_LISTED else found).values()


def _listed(content: bytes) -> set[bytes]:
    """The chapters that a table of contents names."""
    _, _, rest = content.partition(b"\0")
    return set(rest[2:].split(b"\0", rest[1])[: rest[1]]) if len(rest) >= 2 else set()


def _chapter(version: int, rest: bytes) -> Found | None:
    if len(rest) < 16:
        return None
    start_ms, end_ms, _, _ = struct.unpack(">4I", rest[:16])
    if start_ms == _NONE:
        return None
    said = {"title": "", "url": "", "image": ""}
    picture = b""
    for name, flags, raw in read_frames(rest[16:], version):
        content = _plain(version, flags, raw)
        if not content:
            continue
        if name == b"TIT2":
            said["title"] = said["title"] or _text(content[0], content[1:])
        elif name == b"WXXX":
            said["url"] = said["url"] or _split(content[0], content[1:])[1].split(b"\0")[0].decode("latin-1")
        elif name == b"APIC" and not picture:
            kind, picture = _picture(content)
            if kind == _ADDRESS:
                said["image"], picture = picture.decode("latin-1"), b""
    return Found(start_ms, None if end_ms == _NONE else end_ms, picture=picture, **said)


def _picture(content: bytes) -> tuple[str, bytes]:
    """Its media type and its bytes."""
    kind, _, rest = content[1:].partition(b"\0")
    _, picture = _split(content[0], rest[1:])
    return kind.decode("latin-1"), picture


def _split(encoding: int, content: bytes) -> tuple[bytes, bytes]:
    """A text and what follows its end; two-byte characters end with two zeros at an even place."""
    if encoding not in (1, 2):
        before, _, after = content.partition(b"\0")
        return before, after
    for at in range(0, len(content) - 1, 2):
        if content[at : at + 2] == b"\0\0":
            return content[:at], content[at + 2 :]
    return content, b""


def _text(encoding: int, content: bytes) -> str:
    codec = {0: "latin-1", 1: "utf-16", 2: "utf-16-be", 3: "utf-8"}.get(encoding, "latin-1")
    text, _ = _split(encoding, content)
    if codec == "utf-16" and text[:2] not in (b"\xff\xfe", b"\xfe\xff"):
        codec = "utf-16-le"  # some programs leave the byte order mark out
    return text.decode(codec, "replace")


def _plain(version: int, flags: bytes, content: bytes) -> bytes | None:
    """A frame's content without what its flags say of it; None where it is encrypted or damaged."""
    said = flags[1]
    packed, secret, grouped = (0x80, 0x40, 0x20) if version == 3 else (0x08, 0x04, 0x40)
    if said & secret:
        return None
    content = content[1:] if said & grouped and version == 4 else content
    stated = said & 0x01 if version == 4 else said & packed
    content = content[4:] if stated else content
    content = content[1:] if said & grouped and version == 3 else content
    if version == 4 and said & 0x02:
        content = content.replace(b"\xff\0", b"\xff")
    if not said & packed:
        return content
    try:
        return zlib.decompressobj().decompress(content, MOST_BYTES)
    except zlib.error:
        return None
