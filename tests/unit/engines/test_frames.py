"""What MP3 and AAC streams lack keeps its time, although they have no timestamps."""

from __future__ import annotations

import os
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from transcribe.core.events import silent
from transcribe.core.recording import SAMPLE_RATE, Audio
from transcribe.core.settings import NormaliseSettings
from transcribe.core.waveform import Waveform
from transcribe.engines.ffmpeg import Ffmpeg
from transcribe.engines.frames import frames_of, length_ms
from transcribe.pipeline.stages.normalise import normalise
from transcribe.pipeline.stages.probe import probe

MakeMedia = Callable[..., Path]

SECONDS = 20
FIRST_S, SECOND_S = 3, 15
"""When the beeps start."""

NOISE = f"anoisesrc=a=0.02:seed=3:d={SECONDS}:r=44100[n];sine=f=900:r=44100:d={SECONDS}"
BEEPS = (
    "-f",
    "lavfi",
    "-i",
    f"{NOISE},volume='between(t,{FIRST_S},{FIRST_S + 1})+between(t,{SECOND_S},{SECOND_S + 1})':eval=frame[s];"
    "[n][s]amix=normalize=0",
)
KINDS = {
    "cbr.mp3": ("-c:a", "libmp3lame", "-b:a", "96k"),
    "vbr.mp3": ("-c:a", "libmp3lame", "-q:a", "5"),
    "plain.mp3": ("-c:a", "libmp3lame", "-b:a", "96k", "-write_xing", "0", "-id3v2_version", "0"),
    "talk.mp2": ("-c:a", "mp2", "-b:a", "96k"),
    "talk.aac": ("-c:a", "aac", "-b:a", "96k"),
}
EXACT_S, ABOUT_S = 0.12, 0.5
"""How far from the truth: with a header or frames of one size, and with frames of many."""


def heard(path: Path, ffmpeg: Ffmpeg, part: NormaliseSettings | None = None) -> tuple[Audio, list[float]]:
    """When the beeps start, in seconds."""
    folder = path.parent / "work"
    folder.mkdir(exist_ok=True)
    audio = normalise(probe(path, None, ffmpeg), part or NormaliseSettings(), folder, ffmpeg, silent)
    sound: NDArray[np.float32] = Waveform.of(audio, folder).read(audio.start_ms, audio.end_ms)
    size = SAMPLE_RATE // 50
    blocks = np.abs(sound[: len(sound) // size * size].reshape(-1, size)).mean(axis=1)
    loud = np.concatenate([[False], blocks > 0.3 * np.quantile(blocks, 0.95), [False]])
    edges = np.flatnonzero(loud[1:] != loud[:-1]).reshape(-1, 2).tolist()
    # Broken frames may click, and louder than a beep; a beep lasts a second.
    return audio, [start / 50 + audio.start_ms / 1000 for start, end in edges if end - start > 40]


def overwritten(path: Path, share: float = 0.4, size: int = 20_000, zeros: bool = False) -> None:
    with path.open("r+b") as handle:
        handle.seek(int(share * path.stat().st_size))
        handle.write(bytes(size) if zeros else np.random.default_rng(1).bytes(size))


def taken_out(path: Path, share: float = 0.4, size: int = 20_000) -> None:
    content, at = path.read_bytes(), int(share * path.stat().st_size)
    path.write_bytes(content[:at] + content[at + size :])


@pytest.mark.parametrize("name", KINDS)
def test_times_behind_bytes_that_were_overwritten(make_media: MakeMedia, ffmpeg: Ffmpeg, name: str) -> None:
    path = make_media(name, *BEEPS, *KINDS[name])
    _, before = heard(path, ffmpeg)
    for zeros in (False, True):  # at the same place
        overwritten(path, zeros=zeros)
        audio, after = heard(path, ffmpeg)
        off = ABOUT_S if name == "talk.aac" else EXACT_S
        assert after == [pytest.approx(before[0], abs=0.05), pytest.approx(before[1], abs=off)]
        assert [part for part in audio.warnings if "damaged" in part]
        _, part = heard(path, ffmpeg, NormaliseSettings(from_ms=13_000, to_ms=18_000))
        assert part == [pytest.approx(after[1], abs=0.05)]


def test_two_places(make_media: MakeMedia, ffmpeg: Ffmpeg) -> None:
    path = make_media("cbr.mp3", *BEEPS, *KINDS["cbr.mp3"])
    overwritten(path, 0.3)
    overwritten(path, 0.6)
    assert heard(path, ffmpeg)[1] == pytest.approx([FIRST_S, SECOND_S], abs=0.15)


@pytest.mark.parametrize("name", ["cbr.mp3", "vbr.mp3"])
def test_a_header_tells_how_much_was_taken_out(make_media: MakeMedia, ffmpeg: Ffmpeg, name: str) -> None:
    path = make_media(name, *BEEPS, *KINDS[name])
    taken_out(path)
    assert heard(path, ffmpeg)[1] == pytest.approx([FIRST_S, SECOND_S], abs=0.15)


def test_of_two_places_the_header_tells_the_sum(make_media: MakeMedia, ffmpeg: Ffmpeg) -> None:
    path = make_media("cbr.mp3", *BEEPS, *KINDS["cbr.mp3"])
    taken_out(path, 0.3)
    taken_out(path, 0.6)
    audio, _ = heard(path, ffmpeg)
    assert "taken out of the file at about 00:00:06: times behind may be too early by up to 3 s" in str(
        audio.warnings
    )


@pytest.mark.parametrize("name", ["plain.mp3", "talk.aac"])
def test_what_no_header_tells_is_said(make_media: MakeMedia, ffmpeg: Ffmpeg, name: str) -> None:
    path = make_media(name, *BEEPS, *KINDS[name])
    taken_out(path)
    audio, _ = heard(path, ffmpeg)
    assert "times behind may be too early by an amount that the file does not tell" in audio.warnings[0]


@pytest.mark.parametrize("name", KINDS)
def test_the_length_is_counted_where_it_is_not_stated(
    make_media: MakeMedia, ffmpeg: Ffmpeg, name: str
) -> None:
    path = make_media(name, *BEEPS, *KINDS[name])
    with path.open("ab") as handle:
        handle.write(bytes(1_000_000))
    counted = length_ms(path)
    assert counted is not None
    assert counted / 1000 == pytest.approx(SECONDS, abs=0.15)
    audio, _ = heard(path, ffmpeg)
    assert "are zeros" in audio.warnings[0]
    assert len(audio.warnings) == 1


def test_tags_between_frames_are_no_damage(make_media: MakeMedia) -> None:
    path = make_media("cbr.mp3", *BEEPS, "-t", "3", *KINDS["cbr.mp3"])
    sound = path.read_bytes()
    ape = b"APETAGEX" + struct.pack("<4I8x", 2000, 50, 0, 0xA0000000) + bytes(50)
    path.write_bytes(sound + b"TAG" + bytes(125) + ape + sound)
    frames = frames_of(path)
    assert frames is not None
    assert frames.holes == ()


@pytest.mark.parametrize(
    "content", [b"", b"RIFF", b"\xff" * 5000, os.urandom(5000), b"ID3\4\0\0\x7f\x7f\x7f\x7f"]
)
def test_other_files_have_no_frames(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "odd.mp3"
    path.write_bytes(content)
    assert frames_of(path) is None
    assert length_ms(path) is None
    assert frames_of(tmp_path / "nowhere.mp3") is None
