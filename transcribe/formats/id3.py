"""Writes chapters into the ID3 tag of an MP3: every other frame stays as it is, byte for byte.

ID3v2.3 (https://id3.org/id3v2.3.0), ID3v2.4 (https://id3.org/id3v2.4.0-structure) and "ID3v2 Chapter
Frame Addendum" (https://id3.org/id3v2-chapters-1.0). Ours because the library that does this, mutagen,
is under the GPL, and because ffmpeg writes no table of contents, without which some players show no
chapters.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from transcribe.core.errors import InputError
from transcribe.core.show_notes import Chapter

HEADER_BYTES = 10
MAX_CHAPTERS = 255
"""The table of contents counts its entries in one byte."""

_REPLACED = (b"CHAP", b"CTOC")
_NOWHERE = 0xFFFFFFFF
"""Instead of a byte offset: the times are to be used."""
_TOP_AND_ORDERED = 0b11
_UNSYNCHRONISED = 0x80
_EXTENDED = 0x40
_FOOTER = 0x10
_FRAME_UNSYNCHRONISED = 0x02
_FRAME_ID = re.compile(rb"[A-Z0-9]{4}")


@dataclass(frozen=True)
class Tag:
    """A tag as it was read.

    Attributes:
        frames: Name, flags and content of each frame.
    """

    version: int
    frames: tuple[tuple[bytes, bytes, bytes], ...]


def tag_bytes(head: bytes) -> int:
    """How many bytes of a file are its ID3v2 tag, judged by its first ten; 0 where there is none."""
    if len(head) < HEADER_BYTES or head[:3] != b"ID3":
        return 0
    footer = HEADER_BYTES if head[3] == 4 and head[5] & _FOOTER else 0
    return HEADER_BYTES + _from_syncsafe(head[6:10]) + footer


def with_chapters(tag: bytes, chapters: Sequence[Chapter], model: str = "") -> bytes:
    """A tag with these chapters, and with everything else that `tag` holds.

    Args:
        tag: The file's ID3v2 tag, or nothing; without one the new tag is ID3v2.3.
        chapters: In order; of more than 255 the first 255 are written.
        model: The language model that wrote the titles, noted as `TXXX:ai_generated`; or empty.

    Raises:
        InputError: The tag is damaged, or of a version before 2.3.
    """
    old = read_tag(tag) if tag else Tag(3, ())
    frames = [_frame(old.version, *frame) for frame in old.frames if frame[0] not in _REPLACED]
    frames += [_frame(old.version, *frame) for frame in _chapter_frames(old.version, chapters[:MAX_CHAPTERS])]
    if model:
        marked = _text(old.version, "ai_generated", model)
        frames.append(_frame(old.version, b"TXXX", b"\0\0", marked))
    body = b"".join(frames)
    return b"ID3" + bytes([old.version, 0, 0]) + _to_syncsafe(len(body)) + body


def _chapter_frames(version: int, chapters: Sequence[Chapter]) -> Iterator[tuple[bytes, bytes, bytes]]:
    names = [f"chp{number}".encode() + b"\0" for number in range(len(chapters))]
    yield b"CTOC", b"\0\0", b"toc\0" + bytes([_TOP_AND_ORDERED, len(names)]) + b"".join(names)
    for name, chapter in zip(names, chapters, strict=True):
        times = struct.pack(">4I", chapter.start_ms, chapter.end_ms, _NOWHERE, _NOWHERE)
        said = _frame(version, b"TIT2", b"\0\0", _text(version, chapter.title))
        if chapter.url and chapter.url.isascii():  # without a description, which has a coding of its own
            said += _frame(version, b"WXXX", b"\0\0", b"\0\0" + chapter.url.encode())
        yield b"CHAP", b"\0\0", name + times + said


def _text(version: int, *texts: str) -> bytes:
    """UTF-8 where the version knows it; else UTF-16, with the byte order mark before each text."""
    if version == 4:
        return b"\3" + b"\0".join(text.encode("utf-8", "replace") for text in texts)
    return b"\1" + b"\0\0".join(b"\xff\xfe" + text.encode("utf-16-le", "replace") for text in texts)


def _frame(version: int, name: bytes, flags: bytes, content: bytes) -> bytes:
    size = _to_syncsafe(len(content)) if version == 4 else struct.pack(">I", len(content))
    return name + size + flags + content


def read_tag(tag: bytes) -> Tag:
    """Every frame of a tag.

    Raises:
        InputError: It is damaged, or of a version before 2.3.
    """
    version, flags = tag[3], tag[5]
    if version not in (3, 4):
        raise InputError(
            f"its tag is ID3v2.{version}, which chapters cannot be added to", "Save its tags as ID3v2.3"
        )
    body = tag[HEADER_BYTES : HEADER_BYTES + _from_syncsafe(tag[6:10])]
    if version == 3 and flags & _UNSYNCHRONISED:
        body = body.replace(b"\xff\0", b"\xff")
    if flags & _EXTENDED:
        stated = body[:4].ljust(4, b"\0")
        body = body[_from_syncsafe(stated) :] if version == 4 else body[4 + int.from_bytes(stated) :]
    frames = read_frames(body, version)
    if version == 4 and flags & _UNSYNCHRONISED:  # said of the whole tag, but frames added to it are not
        frames = tuple((n, bytes([f[0], f[1] | _FRAME_UNSYNCHRONISED]), c) for n, f, c in frames)
    return Tag(version, frames)


def read_frames(body: bytes, version: int) -> tuple[tuple[bytes, bytes, bytes], ...]:
    """Name, flags and content of every frame before the padding; also of those in a frame.

    Some programs wrote plain sizes into ID3v2.4; both are tried.

    Raises:
        InputError: The frames do not follow each other.
    """
    for read_size in (_from_syncsafe, int.from_bytes) if version == 4 else (int.from_bytes,):
        frames = []
        position = 0
        while position < len(body) and body[position]:
            name, flags = body[position : position + 4], body[position + 8 : position + 10]
            start = position + HEADER_BYTES
            position = start + read_size(body[position + 4 : position + 8])
            if not _FRAME_ID.fullmatch(name) or position > len(body):
                break
            frames.append((name, flags, body[start:position]))
        else:
            return tuple(frames)
    raise InputError("its ID3 tag is damaged", "Repair its tags with a tag editor")


def _from_syncsafe(digits: bytes) -> int:
    """A number of seven bits a byte, so that no tag contains what looks like the start of sound."""
    number = 0
    for digit in digits:
        number = number << 7 | digit & 0x7F
    return number


def _to_syncsafe(number: int) -> bytes:
    if number >= 1 << 28:
        raise InputError("its ID3 tag would be larger than 256 MiB", "Take a smaller picture for its cover")
    return bytes(number >> shift & 0x7F for shift in (21, 14, 7, 0))
