"""What is said of damaged files, and what is not said of healthy ones."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from transcribe.core.events import silent
from transcribe.core.recording import Audio
from transcribe.core.settings import NormaliseSettings
from transcribe.engines.ffmpeg import Ffmpeg
from transcribe.pipeline.stages.damage import zero_blocks, zero_tail
from transcribe.pipeline.stages.normalise import normalise
from transcribe.pipeline.stages.probe import probe

MakeMedia = Callable[..., Path]

SECONDS = 24
"""More than twice as long as zeros have to last before they count as lost."""

NOISE = ("-f", "lavfi", "-i", f"anoisesrc=duration={SECONDS}:amplitude=0.3:seed=1:sample_rate=48000")
PICTURE = ("-f", "lavfi", "-i", "testsrc=size=64x64:rate=10:duration={length}")
CODECS = {"mp3": ("-b:a", "128k"), "ts": ("-c:a", "mp2"), "mka": ("-c:a", "aac")}


def heard(path: Path, ffmpeg: Ffmpeg) -> Audio:
    folder = path.parent / "work"
    folder.mkdir(exist_ok=True)
    return normalise(probe(path, None, ffmpeg), NormaliseSettings(), folder, ffmpeg, silent)


def zeroed(path: Path, first: float, last: float) -> Path:
    content = bytearray(path.read_bytes())
    start, end = int(first * len(content)), int(last * len(content))
    content[start:end] = bytes(end - start)
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("kind", ["mp3", "flac", "m4a"])
@pytest.mark.parametrize("how", ["mislabelled", "broken", "well"])
def test_covers_are_no_damage(make_media: MakeMedia, ffmpeg: Ffmpeg, kind: str, how: str) -> None:
    cover = (*PICTURE[:3], PICTURE[3].format(length=0.1))
    path = make_media(
        f"a.{kind}", *NOISE, *cover, "-t", "5", "-map", "0", "-map", "1", "-c:v", "png",
        "-disposition:v", "attached_pic",
    )  # fmt: skip
    content = bytearray(path.read_bytes())
    at = content.index(b"\x89PNG")
    if how == "mislabelled":
        content[at : at + 4] = b"\xff\xd8\xff\xe0"
    if how == "broken":
        content[at + 40 : at + 300] = b"x" * 260
    path.write_bytes(content)
    audio = heard(path, ffmpeg)
    assert audio.warnings == ()
    assert audio.duration_ms == pytest.approx(5000, abs=100)


@pytest.mark.parametrize("codec", ["mpeg2video", "libx264"])
def test_a_start_in_the_middle_of_the_picture_is_no_damage(
    make_media: MakeMedia, ffmpeg: Ffmpeg, codec: str
) -> None:
    seen = (*PICTURE[:3], PICTURE[3].format(length=20))
    path = make_media("a.ts", *NOISE, *seen, "-t", "20", "-c:v", codec, "-g", "100", "-c:a", "mp2")
    content = path.read_bytes()
    path.write_bytes(content[len(content) * 2 // 5 // 188 * 188 :])
    assert heard(path, ffmpeg).warnings == ()


@pytest.mark.parametrize("kind", ["mp4", "mkv", "mov"])
def test_sound_shorter_than_the_picture_is_no_damage(
    make_media: MakeMedia, ffmpeg: Ffmpeg, kind: str
) -> None:
    seen = (*PICTURE[:3], PICTURE[3].format(length=36))
    audio = heard(make_media(f"a.{kind}", *NOISE, *seen, "-c:v", "mpeg4"), ffmpeg)
    assert audio.warnings == ()
    assert audio.duration_ms == pytest.approx(1000 * SECONDS, abs=200)


@pytest.mark.parametrize("kind", CODECS)
def test_zeros_at_the_end_of_a_compressed_file(make_media: MakeMedia, ffmpeg: Ffmpeg, kind: str) -> None:
    path = zeroed(make_media(f"a.{kind}", *NOISE, *CODECS[kind]), 0.5, 1)
    audio = heard(path, ffmpeg)
    assert audio.duration_ms == pytest.approx(500 * SECONDS, abs=1000)
    (line,) = audio.warnings
    assert "of the file (50 %) are zeros" in line


@pytest.mark.parametrize("kind", ["wav", "mp3", "flac", "ogg", "m4a", "mka", "ts"])
def test_many_zeros_behind_the_sound_cost_no_disk(make_media: MakeMedia, ffmpeg: Ffmpeg, kind: str) -> None:
    path = make_media(f"a.{kind}", *NOISE, "-ar", "16000", "-ac", "1", *CODECS.get(kind, ()))
    with path.open("r+b") as handle:
        size = handle.seek(0, 2)
        handle.truncate(size + 10_000_000)
        if kind == "wav":  # stated as sound
            handle.seek(path.read_bytes()[:200].index(b"data") + 4)
            handle.write((size - 44 + 10_000_000).to_bytes(4, "little"))
    audio = heard(path, ffmpeg)
    assert len(audio.warnings) == 1
    assert "zeros" in audio.warnings[0]
    stored = (path.parent / "work" / audio.file).stat()
    assert stored.st_blocks * 512 < SECONDS * 16_000 * 4 + 500_000
    assert stored.st_size >= (SECONDS - 1) * 16_000 * 4


@pytest.mark.parametrize("codec", ["libvorbis", "libopus"])
def test_a_last_page_that_is_far_ahead_is_no_damage(
    make_media: MakeMedia, ffmpeg: Ffmpeg, codec: str
) -> None:
    jump = f"asetnsamples=480,asetpts=PTS+gte(T\\,{SECONDS - 0.05})*3600/TB"
    audio = heard(make_media("a.ogg", *NOISE, "-af", jump, "-c:a", codec), ffmpeg)
    (line,) = audio.warnings
    assert line.startswith("a timestamp is wrong: 01:00:")
    assert audio.astray
    assert audio.duration_ms == pytest.approx(1000 * SECONDS, abs=100)


@pytest.mark.parametrize("kind", ["mp3", "ts", "mka"])
def test_zeros_in_the_middle_of_a_compressed_file(make_media: MakeMedia, ffmpeg: Ffmpeg, kind: str) -> None:
    path = zeroed(make_media(f"a.{kind}", *NOISE, *CODECS[kind]), 0.25, 0.75)
    audio = heard(path, ffmpeg)
    assert audio.duration_ms == pytest.approx(1000 * SECONDS, abs=1000)
    said = " ".join(audio.warnings)
    assert "from 00:00:0" in said
    assert "of the file (" in said


def test_what_lies_behind_zeros_in_a_fragmented_mp4(make_media: MakeMedia, ffmpeg: Ffmpeg) -> None:
    path = make_media("a.mp4", *NOISE, "-movflags", "frag_keyframe+empty_moov", "-frag_duration", "1000000")
    assert heard(path, ffmpeg).warnings == ()
    audio = heard(zeroed(path, 0.5, 0.6), ffmpeg)
    assert audio.duration_ms == pytest.approx(500 * SECONDS, abs=1500)
    (line,) = audio.warnings
    assert "MB of the file (5" in line or "MB of the file (49" in line
    assert "cannot be read" in line


@pytest.mark.parametrize(
    ("first", "last", "said"),
    [
        (0.5, 1, "12 s, from 00:00:12 to 00:00:24"),
        (0.25, 0.75, "12 s, from 00:00:06 to 00:00:18"),
        (0.002, 0.5, "12 s, from 00:00:00 to 00:00:12"),
    ],
)
def test_zeros_in_place_of_samples(
    make_media: MakeMedia, ffmpeg: Ffmpeg, first: float, last: float, said: str
) -> None:
    audio = heard(zeroed(make_media("a.wav", *NOISE, "-ar", "16000"), first, last), ffmpeg)
    assert len(audio.warnings) == 1
    (line,) = audio.warnings
    assert line.startswith("zeros instead of sound for ")
    assert said in line


def test_nothing_but_zeros(make_media: MakeMedia, ffmpeg: Ffmpeg) -> None:
    audio = heard(make_media("a.wav", "-f", "lavfi", "-i", "anullsrc=d=20"), ffmpeg)
    assert audio.warnings == ("the recording holds nothing but zeros (20 s): nothing was recorded",)


def test_a_fade_into_silence_is_no_loss(make_media: MakeMedia, ffmpeg: Ffmpeg) -> None:
    level = "if(lt(t,6),min(1,max(0,6-t)),if(gt(t,18),min(1,t-18),0))"
    gate = f"volume='{level}':eval=frame,asetnsamples=256,volume='{level}':eval=frame"
    audio = heard(make_media("a.wav", *NOISE, "-af", gate), ffmpeg)
    assert audio.warnings == ()


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv", "a.ogg", "a.flac"])
def test_real_damage_is_told_with_its_length(make_media: MakeMedia, ffmpeg: Ffmpeg, name: str) -> None:
    path = make_media(name, *NOISE)
    content = bytearray(path.read_bytes())
    middle, size = len(content) // 2, len(content) // 20
    content[middle : middle + size] = bytes((i * 37 + 11) & 255 for i in range(size))
    path.write_bytes(content)
    said = " ".join(heard(path, ffmpeg).warnings)
    assert "parts of the file are damaged or missing (" in said
    assert "from 00:00:" in said


@pytest.mark.parametrize("kind", ["mp3", "aac", "mp2"])
def test_streams_put_together_with_their_tags_are_no_damage(
    make_media: MakeMedia, ffmpeg: Ffmpeg, kind: str
) -> None:
    path = make_media(f"a.{kind}", *NOISE, "-metadata", "title=Talk", "-t", "10")
    path.write_bytes(2 * path.read_bytes())
    audio = heard(path, ffmpeg)
    assert audio.warnings == ()
    assert audio.duration_ms == pytest.approx(20_000, abs=200)
    assert probe(path, None, ffmpeg).duration_ms == pytest.approx(20_000, abs=200)


def test_half_a_sample_is_no_damage(make_media: MakeMedia, ffmpeg: Ffmpeg) -> None:
    path = make_media("a.wav", *NOISE, "-t", "2")
    content = path.read_bytes()
    at = content.index(b"data") + 4
    size = int.from_bytes(content[at : at + 4], "little") - 1
    path.write_bytes(content[:at] + size.to_bytes(4, "little") + content[at + 4 : -1])
    assert heard(path, ffmpeg).warnings == ()


@pytest.mark.parametrize("name", ["a.ogg", "a.ac3"])
def test_a_guessed_length_is_none(make_media: MakeMedia, ffmpeg: Ffmpeg, name: str) -> None:
    path = make_media(name, *NOISE, "-t", "5")
    path.write_bytes(path.read_bytes() + bytes(5_000_000))
    assert probe(path, None, ffmpeg).duration_ms is None
    (line,) = heard(path, ffmpeg).warnings
    assert line.startswith("the last 5.0 MB of the file (")


@pytest.mark.parametrize(("content", "tail"), [(b"", 0), (b"\0" * 9, 9), (b"a\0\0", 2), (b"\0a", 0)])
def test_zero_bytes_at_the_end(tmp_path: Path, content: bytes, tail: int) -> None:
    path = tmp_path / "a"
    path.write_bytes(content)
    assert zero_tail(path) == tail
    path.write_bytes(content + b"b" + bytes(3_000_000))
    assert zero_tail(path) == 3_000_000
    assert zero_blocks(path) == pytest.approx(3_000_000, abs=1 << 15)
    assert zero_tail(tmp_path / "none") == zero_blocks(tmp_path / "none") == 0
