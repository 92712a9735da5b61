"""Whether files say that they are complete: made by the real ffmpeg, then cut, grown and unpatched."""

from __future__ import annotations

import io
import struct
import subprocess
from collections.abc import Callable
from pathlib import Path

import imageio_ffmpeg
import pytest

from transcribe.watch.endings import Ending, ending_of

MakeMedia = Callable[..., Path]
SECOND = ("-f", "lavfi", "-i", "sine=frequency=440:duration=2")


def judge(content: bytes) -> Ending:
    return ending_of(io.BytesIO(content), len(content))


@pytest.mark.parametrize(
    "name", ["a.wav", "a.aiff", "a.flac", "a.ogg", "a.opus", "a.m4a", "a.mka", "a.mov", "a.avi"]
)
def test_whole_files_are_complete_and_cut_ones_are_not(make_media: MakeMedia, name: str) -> None:
    content = make_media(name, *SECOND).read_bytes()
    assert judge(content) is Ending.COMPLETE
    if name != "a.flac":  # its header has the length, its end has no mark: that is for ffmpeg to see
        for kept in (len(content) - 20, len(content) // 2, 30):
            assert judge(content[:kept]) is Ending.UNFINISHED, kept


@pytest.mark.parametrize("name", ["a.mp3", "a.aac", "a.ac3", "a.ts"])
def test_formats_that_cannot_tell(make_media: MakeMedia, name: str) -> None:
    content = make_media(name, *SECOND).read_bytes()
    assert judge(content) is Ending.UNSURE
    assert judge(content[: len(content) // 2]) is Ending.UNSURE


@pytest.mark.parametrize(
    ("kind", "ending"), [("wav", Ending.UNFINISHED), ("flac", Ending.UNSURE), ("matroska", Ending.UNFINISHED)]
)
def test_what_is_written_into_a_pipe_has_no_length(kind: str, ending: Ending) -> None:
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", *SECOND, "-f", kind, "-"]
    assert judge(subprocess.run(command, check=True, capture_output=True).stdout) is ending


def wav(data: bytes, stated: int, extra: bytes = b"") -> bytes:
    fmt = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, 16_000, 32_000, 2, 16)
    body = b"WAVE" + fmt + struct.pack("<4sI", b"data", stated) + data + extra
    return struct.pack("<4sI", b"RIFF", len(body)) + body


SOUND = bytes(range(256)) * 40


@pytest.mark.parametrize("stated", [0, 0xFFFF_FFFF, 0x7FFF_F000, len(SOUND) - 512, len(SOUND) + 512])
def test_a_wav_header_that_does_not_fit_its_data(stated: int) -> None:
    assert judge(wav(SOUND, stated)) is Ending.UNFINISHED


def test_a_wav_with_chunks_after_its_data() -> None:
    tags = struct.pack("<4sI", b"LIST", 4) + b"INFO"
    assert judge(wav(SOUND, len(SOUND), tags)) is Ending.COMPLETE
    assert judge(wav(SOUND, len(SOUND), tags[:-1])) is Ending.COMPLETE  # a pad byte that is missing
    assert judge(wav(SOUND, len(SOUND), struct.pack("<4sI", b"LIST", 400) + b"INFO")) is Ending.UNFINISHED


def test_a_wav_beyond_4_gib_states_its_size_elsewhere() -> None:
    whole = wav(SOUND, 0xFFFF_FFFF)
    ds64 = struct.pack("<4sIQQQI", b"ds64", 28, 0, len(SOUND), 0, 0)
    assert judge(b"RF64" + whole[4:12] + ds64 + whole[12:]) is Ending.COMPLETE
    assert judge(
        b"RF64" + whole[4:12] + ds64.replace(struct.pack("<Q", len(SOUND)), bytes(8)) + whole[12:]
    ) is (Ending.UNFINISHED)


def test_an_mp4_without_its_index(make_media: MakeMedia) -> None:
    content = make_media("a.m4a", *SECOND).read_bytes()
    assert judge(content[: content.index(b"moov") - 4]) is Ending.UNFINISHED


def test_a_fragmented_mp4_has_no_end(make_media: MakeMedia) -> None:
    content = make_media("a.mp4", *SECOND, "-movflags", "frag_keyframe+empty_moov").read_bytes()
    assert judge(content) in (Ending.UNSURE, Ending.COMPLETE)  # complete where ffmpeg wrote an mfra box
    assert judge(content[: content.rindex(b"mfra") - 4]) is Ending.UNSURE


@pytest.mark.parametrize("content", [b"", bytes(5000)])
def test_nothing_and_room_for_something_are_unfinished(content: bytes) -> None:
    assert judge(content) is Ending.UNFINISHED


@pytest.mark.parametrize("seed", range(20))
def test_any_bytes_are_judged(seed: int) -> None:
    for magic in (b"RIFF1234WAVE", b"FORM1234AIFF", b"\0\0\0\x18ftyp", b"fLaC", b"OggS", b"\x1a\x45\xdf\xa3"):
        noise = bytes((seed * 7919 + place * place) % 251 for place in range(500))
        assert isinstance(judge(magic + noise), Ending)
