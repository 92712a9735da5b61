from __future__ import annotations

import struct
from pathlib import Path

import pytest

from transcribe.engines.riff import stated_ms

FORMAT = b"fmt " + struct.pack("<IHHIIHH", 16, 1, 1, 16_000, 32_000, 2, 16)


def write(folder: Path, *chunks: bytes) -> Path:
    path = folder / "a.wav"
    path.write_bytes(b"RIFF\0\0\0\0WAVE" + b"".join(chunks))
    return path


def data(size: int) -> bytes:
    return b"data" + struct.pack("<I", size)


def test_the_stated_length_does_not_depend_on_what_is_there(tmp_path: Path) -> None:
    assert stated_ms(write(tmp_path, FORMAT, data(64_000))) == 2000
    assert stated_ms(write(tmp_path, FORMAT, data(64_000), bytes(100))) == 2000


def test_other_chunks_are_skipped(tmp_path: Path) -> None:
    odd = b"LIST" + struct.pack("<I", 3) + b"abc\0"
    extended = b"fmt " + struct.pack("<IHHIIHHH", 18, 3, 1, 16_000, 64_000, 4, 32, 0)
    assert stated_ms(write(tmp_path, odd, extended, odd, data(64_000))) == 1000


@pytest.mark.parametrize(
    "chunks",
    [
        [],
        [FORMAT],
        [data(64_000)],
        [FORMAT[:12]],
        [FORMAT, data(0)],
        [FORMAT, data(0xFFFF_FFFF)],
        [FORMAT, data(0x7FFF_F000)],
        [b"JUNK" + struct.pack("<I", 0xFFFF_FFF0)],
        [b"JUNK\0\0\0\0"] * 10_000,
    ],
)
def test_headers_that_make_no_sense(tmp_path: Path, chunks: list[bytes]) -> None:
    assert stated_ms(write(tmp_path, *chunks)) is None


def test_other_files(tmp_path: Path) -> None:
    path = tmp_path / "b.wav"
    path.write_bytes(b"")
    assert stated_ms(path) is None
    path.write_bytes(b"ID3\4" * 100)
    assert stated_ms(path) is None
