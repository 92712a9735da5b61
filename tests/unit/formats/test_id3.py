"""Chapters in ID3 tags, read back by ffmpeg; whatever else a tag holds stays byte for byte."""

from __future__ import annotations

import struct

import pytest

from transcribe.core.errors import InputError
from transcribe.core.show_notes import Chapter
from transcribe.formats.id3 import tag_bytes, with_chapters

CHAPTERS = (Chapter(0, 255 << 8, "Początek", (0,)), Chapter(255 << 8, 90_000, "二 ÿ", (1,)))


def syncsafe(number: int) -> bytes:
    return bytes(number >> shift & 0x7F for shift in (21, 14, 7, 0))


def frame(name: bytes, content: bytes, *, version: int = 3, flags: bytes = b"\0\0") -> bytes:
    size = syncsafe(len(content)) if version == 4 else struct.pack(">I", len(content))
    return name + size + flags + content


def tag(body: bytes, *, version: int = 3, flags: int = 0) -> bytes:
    return b"ID3" + bytes([version, 0, flags]) + syncsafe(len(body)) + body


PICTURE = frame(b"APIC", b"\0image/png\0\3\0" + bytes(range(256)))
TITLE = frame(b"TIT2", b"\0Talk")


def test_a_file_without_a_tag_gets_one_of_version_2_3() -> None:
    made = with_chapters(b"", CHAPTERS)
    assert made[:5] == b"ID3\3\0"
    assert tag_bytes(made) == len(made)
    assert b"CTOC" in made
    assert made.count(b"CHAP") == 2
    assert b"\0\0\0\0\0\0\xff\0\xff\xff\xff\xff\xff\xff\xff\xff" in made


def test_frames_that_are_there_stay_as_they_are_and_padding_goes() -> None:
    made = with_chapters(tag(TITLE + PICTURE + bytes(500)), CHAPTERS)
    assert made[10:].startswith(TITLE + PICTURE + b"CTOC")
    assert not made.endswith(bytes(20))


def test_chapters_that_are_there_are_replaced() -> None:
    once = with_chapters(tag(TITLE), CHAPTERS)
    assert with_chapters(once, CHAPTERS) == once


def test_the_table_of_contents_names_the_chapters_in_order() -> None:
    made = with_chapters(b"", CHAPTERS)
    start = made.index(b"CTOC")
    size = int.from_bytes(made[start + 4 : start + 8])
    assert made[start + 10 : start + 10 + size] == b"toc\0\3\2chp0\0chp1\0"


def test_more_chapters_than_the_table_can_count_are_left_out() -> None:
    made = with_chapters(b"", [Chapter(n, n + 1, "x", (n,)) for n in range(300)])
    assert made.count(b"CHAP") == 255


def test_a_tag_of_version_2_4_stays_one() -> None:
    title = frame(b"TIT2", b"\3" + b"x" * 200, version=4)
    made = with_chapters(tag(title, version=4), CHAPTERS)
    assert made[3] == 4
    assert title in made
    assert "\3二 ÿ".encode() in made


def test_plain_sizes_in_a_tag_of_version_2_4_are_understood() -> None:
    written = frame(b"TIT2", b"\3" + b"x" * 200) + frame(b"TALB", b"\3y")  # as old iTunes wrote them
    made = with_chapters(tag(written, version=4), CHAPTERS)
    assert frame(b"TIT2", b"\3" + b"x" * 200, version=4) in made
    assert frame(b"TALB", b"\3y", version=4) in made


def test_a_tag_without_false_syncs_gets_its_bytes_back() -> None:
    body = frame(b"PRIV", b"\xff\xe0\xff\0").replace(b"\xff", b"\xff\0")
    assert frame(b"PRIV", b"\xff\xe0\xff\0") in with_chapters(tag(body, flags=0x80), CHAPTERS)


def test_in_version_2_4_each_frame_says_that_it_has_no_false_syncs() -> None:
    title = frame(b"TIT2", b"\1\xff\0\xfe", version=4)
    made = with_chapters(tag(title, version=4, flags=0x80), CHAPTERS)
    assert made[5] == 0
    assert frame(b"TIT2", b"\1\xff\0\xfe", version=4, flags=b"\0\2") in made


@pytest.mark.parametrize(
    ("version", "extended"), [(3, struct.pack(">I", 6) + bytes(6)), (4, syncsafe(6) + b"\1\0")]
)
def test_extended_headers_are_left_out(version: int, extended: bytes) -> None:
    title = frame(b"TIT2", b"\0Talk", version=version)
    made = with_chapters(tag(extended + title, version=version, flags=0x40), CHAPTERS)
    assert made[10:].startswith(title)


def test_a_footer_counts() -> None:
    assert tag_bytes(tag(b"", version=4, flags=0x10)) == 20


@pytest.mark.parametrize("head", [b"", b"ID3", b"\xff\xfb\x90\x00" + bytes(6), b"RIFF" + bytes(6)])
def test_other_files_have_no_tag(head: bytes) -> None:
    assert tag_bytes(head) == 0


@pytest.mark.parametrize("body", [b"rubbish, not a frame", frame(b"TIT2", b"x")[:-1], b"\1"])
def test_a_damaged_tag_is_refused(body: bytes) -> None:
    with pytest.raises(InputError, match="damaged"):
        with_chapters(tag(body), CHAPTERS)


def test_a_tag_of_version_2_2_is_refused() -> None:
    with pytest.raises(InputError, match=r"ID3v2\.2"):
        with_chapters(tag(b"", version=2), CHAPTERS)


def test_a_model_is_named() -> None:
    made = with_chapters(tag(b"", version=4), CHAPTERS, "qwen3")
    assert b"TXXX" in made
    assert b"\3ai_generated\0qwen3" in made
    assert b"TXXX" not in with_chapters(b"", CHAPTERS)
