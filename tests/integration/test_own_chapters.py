"""A recording with chapters of its own, from the command line: they are in every file, or are replaced."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import pytest
from desk import SAMPLE, Desk

PICTURE = b"\xff\xd8\xff\xe0" + b"not much of a picture"
CHAPTERS = ((0, 9_000, "Początek"), (9_000, 20_000, "Drugi <&> rozdział"), (90_000, 99_000, "Za końcem"))


def frame(name: bytes, content: bytes) -> bytes:
    return name + struct.pack(">I", len(content)) + b"\0\0" + content


def tag() -> bytes:
    """ID3v2.3 with chapters, in the order in which nobody would write them."""
    frames = []
    for number, (start, end, title) in reversed([*enumerate(CHAPTERS)]):
        inside = frame(b"TIT2", b"\1" + title.encode("utf-16"))
        inside += frame(b"WXXX", b"\0\0https://example.org/%d" % number)
        inside += frame(b"APIC", b"\0image/jpeg\0\3\0" + PICTURE)
        times = struct.pack(">4I", start, end, 0xFFFFFFFF, 0xFFFFFFFF)
        frames.append(frame(b"CHAP", b"chp%d\0" % number + times + inside))
    body = frame(b"TIT2", b"\0Talk") + b"".join(frames)
    size = bytes(len(body) >> shift & 0x7F for shift in (21, 14, 7, 0))
    return b"ID3\3\0\0" + size + body


@pytest.fixture
def talk(desk: Desk) -> Path:
    path = desk.media("talk.mp3", "-i", str(SAMPLE), "-t", "20", "-id3v2_version", "0", "-write_xing", "0")
    path.write_bytes(tag() + path.read_bytes())
    return path


def titles(desk: Desk) -> list[str]:
    chapters = json.loads((desk.folder / "talk.chapters.json").read_text("utf-8"))["chapters"]
    return [each["title"] for each in chapters]


def test_they_are_in_every_published_file(desk: Desk, talk: Path) -> None:
    outcome = desk.transcribe("talk.mp3", "--publish", "-f", "json")
    assert "1 chapter begins after the recording's end: left out" in outcome.stderr
    kept = [title for _, _, title in CHAPTERS[:2]]
    assert titles(desk) == kept
    assert (desk.folder / "talk.chapters.mp3").read_bytes() == talk.read_bytes()
    assert (desk.folder / "talk.chapter-1.jpg").read_bytes() == PICTURE
    for name in (
        "talk.psc.xml",
        "talk.item.xml",
        "talk.notes.md",
        "talk.notes.html",
        "talk.rss.html",
        "talk.html",
    ):
        text = (desk.folder / name).read_text("utf-8")
        assert "Początek" in text, name
        assert "https://example.org/1" in text, name
    desk.run("render", "talk.json", "-f", "chapters", "--force")
    assert titles(desk) == kept
    desk.run("render", "talk.json", "-f", "chapters", "--force", "--chapters", "replace")
    assert not set(titles(desk)) & set(kept)


def test_without_notes_they_are_kept_too_or_replaced(desk: Desk, talk: Path) -> None:
    desk.transcribe("talk.mp3", "-f", "chapters")
    assert titles(desk) == [title for _, _, title in CHAPTERS[:2]]
    desk.transcribe("talk.mp3", "-f", "chapters", "--chapters", "replace")
    assert titles(desk) == ["Talk"]
    assert not (desk.folder / "talk.chapter-1.jpg").exists()
