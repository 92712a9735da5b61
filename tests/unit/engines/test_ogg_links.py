"""Which Ogg files are taken apart, and where."""

from __future__ import annotations

from pathlib import Path

import pytest

from transcribe.engines.ogg_links import MOST_LINKS, Link, links_of


def page(content: bytes, flags: int = 0) -> bytes:
    sizes = [255] * (len(content) // 255) + [len(content) % 255]
    return b"OggS\0" + bytes([flags]) + bytes(20) + bytes([len(sizes), *sizes]) + content


VORBIS = page(b"\x01vorbis" + b"x" * 22, 2) + page(b"comments" * 40) + page(b"sound" * 1000, 4)
OPUS = page(b"OpusHead" + b"x" * 11, 2) + page(b"OggS\0\2sound", 4)
THEORA = page(b"\x80theora", 2)


@pytest.mark.parametrize(
    ("content", "starts"),
    [
        (VORBIS + OPUS, [0, len(VORBIS)]),
        (OPUS + OPUS + VORBIS, [0, len(OPUS), 2 * len(OPUS)]),
        (VORBIS + OPUS[:-3], [0, len(VORBIS)]),
        (VORBIS, []),
        (THEORA + VORBIS + VORBIS, []),
        (VORBIS + page(b"OpusHead", 2) + VORBIS, []),
        (VORBIS + b"rubbish" + OPUS, []),
        (OPUS + VORBIS + b"TAG" * 50, []),
        (OPUS * MOST_LINKS, [number * len(OPUS) for number in range(MOST_LINKS)]),
        (OPUS * (MOST_LINKS + 1), []),
        (b"RIFF" + VORBIS, []),
        (b"", []),
    ],
    ids=[
        "two", "three", "cut short", "one", "with pictures", "two streams at a time", "damaged", "with a tag",
        "many", "too many", "no Ogg", "nothing",
    ],
)  # fmt: skip
def test_where_the_parts_lie(content: bytes, starts: list[int], tmp_path: Path) -> None:
    path = tmp_path / "a.ogg"
    path.write_bytes(content)
    ends = [*starts[1:], len(content)]
    assert links_of(path) == tuple(Link(*each) for each in zip(starts, ends, strict=False) if starts)


def test_a_file_that_is_not_there_has_none(tmp_path: Path) -> None:
    assert links_of(tmp_path / "a.ogg") == ()
