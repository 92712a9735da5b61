"""Times of real files with odd clocks: late sound, gaps and wrong timestamps, in many containers."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from transcribe.core.events import silent
from transcribe.core.recording import SAMPLE_RATE, Audio
from transcribe.core.settings import NormaliseSettings
from transcribe.core.waveform import Waveform
from transcribe.engines.ffmpeg import Ffmpeg
from transcribe.pipeline.stages.normalise import AUDIO_FILE, normalise
from transcribe.pipeline.stages.probe import probe

MakeMedia = Callable[..., Path]

BEEPS = "aevalsrc=0.5*sin(2*PI*1000*t)*lt(mod(t\\,2)\\,0.5):s=48000:d={length}"
"""Half a second of tone every two seconds, from 0 on."""

PICTURE = ("-f", "lavfi", "-i", "testsrc=size=32x32:rate=10:duration=12")

CODECS = {
    "mkv": ("-c:a", "aac"), "mka": ("-c:a", "libopus"), "mp4": ("-c:a", "aac"), "mov": ("-c:a", "pcm_s16le"),
    "ts": ("-c:a", "mp2"), "mpg": ("-c:a", "mp2"), "webm": ("-c:a", "libopus"), "flv": ("-c:a", "aac"),
    "avi": ("-c:a", "pcm_s16le"), "mp3.avi": ("-c:a", "libmp3lame"), "nut": ("-c:a", "flac"),
    "asf": ("-c:a", "wmav2"), "frag.mp4": ("-c:a", "aac"), "ogg": ("-c:a", "flac"),
}  # fmt: skip
FRAGMENTED = ("-movflags", "+frag_keyframe+empty_moov", "-frag_duration", "500000")


def heard(
    path: Path, ffmpeg: Ffmpeg, from_ms: int | None = None, to_ms: int | None = None
) -> tuple[Audio, list[float], Path]:
    """The audio, where beeps start (s), and the folder."""
    folder = path.parent / "work"
    folder.mkdir(exist_ok=True)
    settings = NormaliseSettings(from_ms=from_ms, to_ms=to_ms)
    audio = normalise(probe(path, None, ffmpeg), settings, folder, ffmpeg, silent)
    return audio, beeps(Waveform.of(audio, folder)), folder


def beeps(waveform: Waveform) -> list[float]:
    found: list[float] = []
    for stretch in waveform.stretches():
        samples = np.concatenate(list(waveform.blocks(SAMPLE_RATE, stretch)))
        loud = np.flatnonzero(np.abs(samples) > 0.1) / SAMPLE_RATE
        starts = loud[np.diff(loud, prepend=-1) > 0.2]
        found += [float(start) + stretch.start / SAMPLE_RATE + waveform.start_ms / 1000 for start in starts]
    return found


@pytest.fixture
def make(make_media: MakeMedia) -> MakeMedia:
    """A file with beeps whose timestamps went through a filter of ffmpeg."""

    def made(kind: str, timestamps: str = "PTS", *, length: int = 6, picture: bool = False) -> Path:
        name = kind if "." in kind else f"a.{kind}"
        sound = ("-f", "lavfi", "-i", BEEPS.format(length=length), "-af", f"asetpts={timestamps}")
        seen = (*PICTURE, "-map", "0:a", "-map", "1:v", "-c:v", "mpeg4") if picture else ()
        extra = FRAGMENTED if kind.startswith("frag") else ()
        if kind == "flv" and picture:
            seen = (*seen, "-c:v", "flv1")
        if kind == "webm" and picture:
            seen = (*seen, "-c:v", "libvpx", "-deadline", "realtime", "-cpu-used", "8")
        codec = CODECS[kind]
        return make_media(name, *sound[:4], *seen[:4], *sound[4:], *seen[4:], *codec, *extra)

    return made


@pytest.mark.parametrize("kind", ["mkv", "webm", "mp4", "frag.mp4", "mov", "ts", "mpg", "nut", "flv", "asf"])
@pytest.mark.parametrize("late", [0, 1, 4])
def test_sound_that_starts_after_the_picture(make: MakeMedia, ffmpeg: Ffmpeg, kind: str, late: int) -> None:
    audio, starts, _ = heard(make(kind, f"PTS+{late}/TB", picture=True), ffmpeg)
    assert starts == pytest.approx([late, late + 2, late + 4], abs=0.15)
    assert audio.warnings == ()


@pytest.mark.parametrize("kind", ["avi", "mp3.avi"])
@pytest.mark.parametrize("from_ms", [None, 5_000])
def test_avi_states_in_the_streams_header_how_late_its_sound_is(
    make: MakeMedia, ffmpeg: Ffmpeg, kind: str, from_ms: int | None
) -> None:
    path = make(kind, picture=True)
    content = bytearray(path.read_bytes())
    header = content.index(b"strh", content.index(b"auds") - 12) + 8
    scale, rate, start = struct.unpack_from("<III", content, header + 20)  # of AVISTREAMHEADER
    assert start == 0
    struct.pack_into("<I", content, header + 28, 4 * rate // scale)
    path.write_bytes(content)
    _, starts, _ = heard(path, ffmpeg, from_ms)
    assert starts == pytest.approx([4, 6, 8] if from_ms is None else [6, 8], abs=0.15)


@pytest.mark.parametrize(
    "kind", ["mkv", "mka", "webm", "mp4", "frag.mp4", "ts", "mpg", "nut", "flv", "asf", "ogg"]
)
@pytest.mark.parametrize("gap", [3, 16, 7200])
def test_a_gap_stays(make: MakeMedia, ffmpeg: Ffmpeg, kind: str, gap: int) -> None:
    audio, starts, folder = heard(make(kind, f"PTS+gte(T\\,3)*{gap}/TB"), ffmpeg)
    assert starts == pytest.approx([0, 2, 4 + gap], abs=0.15)
    assert len(audio.warnings) == 1
    assert "no sound was recorded for" in audio.warnings[0]
    assert (folder / AUDIO_FILE).stat().st_size < 8 * SAMPLE_RATE * 4


def test_gaps_cost_neither_disk_nor_memory(make: MakeMedia, ffmpeg: Ffmpeg) -> None:
    audio, starts, folder = heard(make("mka", "PTS+(gte(T\\,1)+gte(T\\,3))*36000/TB"), ffmpeg)
    assert starts == pytest.approx([0, 36_002, 72_004], abs=0.1)
    assert audio.duration_ms == pytest.approx(72_006_000, abs=100)
    assert (folder / AUDIO_FILE).stat().st_size == pytest.approx(6 * SAMPLE_RATE * 4, rel=0.02)
    assert "20:00:00 in 2 places" in audio.warnings[0]


@pytest.mark.parametrize("kind", ["mkv", "ts", "nut", "mp4", "ogg"])
@pytest.mark.parametrize("astray", [3600, 80_000])
def test_one_timestamp_far_ahead(make: MakeMedia, ffmpeg: Ffmpeg, kind: str, astray: int) -> None:
    # Muxers keep timestamps in order: what follows the wrong one stands still at its time.
    bad = f"PTS+between(T\\,3\\,3.01)*{astray}/TB"
    audio, starts, folder = heard(make(kind, bad), ffmpeg)
    assert starts[:2] == pytest.approx([0, 2], abs=0.15)
    assert (folder / AUDIO_FILE).stat().st_size < 8 * SAMPLE_RATE * 4
    assert audio.end_ms < 7_000
    assert starts[2] == pytest.approx(4, abs=0.2)


def test_a_wrong_timestamp_in_the_file_itself(make: MakeMedia, ffmpeg: Ffmpeg) -> None:
    path = make("mkv")
    content = bytearray(path.read_bytes())
    clusters = [at for at in range(len(content)) if content[at : at + 4] == b"\x1f\x43\xb6\x75"]
    assert len(clusters) >= 2
    at = content.index(b"\xe7", clusters[1])
    size = content[at + 1] & 0x7F
    content[at + 2 : at + 2 + size] = (2 ** (8 * size) - 2).to_bytes(size, "big")
    path.write_bytes(content)
    audio, starts, _ = heard(path, ffmpeg)
    assert starts == pytest.approx([0, 2, 4], abs=0.2)
    del audio


@pytest.mark.parametrize("field", [0, 2**33 - 90_000 * 3])
def test_a_clock_of_33_bits_wraps_around(make: MakeMedia, ffmpeg: Ffmpeg, field: int) -> None:
    path = make("ts")
    path.write_bytes(_shifted(path.read_bytes(), field))
    audio, starts, _ = heard(path, ffmpeg)
    assert starts == pytest.approx([0, 2, 4], abs=0.15)
    assert audio.warnings == ()


def _shifted(stream: bytes, ticks: int) -> bytes:
    """An MPEG transport stream with every timestamp of its PES packets moved (ISO 13818-1, 2.4.3.7)."""
    content = bytearray(stream)
    for at in range(0, len(content), 188):
        start = content.find(b"\0\0\1\xc0", at, at + 188)
        if start < 0 or not content[start + 7] & 0x80:
            continue
        fields = struct.unpack(">BHH", content[start + 9 : start + 14])
        stamp = (fields[0] >> 1 & 7) << 30 | fields[1] >> 1 << 15 | fields[2] >> 1
        stamp = (stamp + ticks) % 2**33
        content[start + 9 : start + 14] = struct.pack(
            ">BHH",
            fields[0] & 0xF0 | stamp >> 29 & 0xE | 1,
            stamp >> 14 & 0xFFFE | 1,
            stamp << 1 & 0xFFFE | 1,
        )
    return bytes(content)


@pytest.mark.parametrize("kind", ["mkv", "ts"])
def test_a_part_is_taken_from_its_time(make: MakeMedia, ffmpeg: Ffmpeg, kind: str) -> None:
    path = make(kind, "PTS+gte(T\\,3)*16/TB")
    audio, starts, _ = heard(path, ffmpeg, from_ms=1_000, to_ms=21_000)
    assert (audio.start_ms, audio.end_ms <= 21_000) == (1_000, True)
    assert starts == pytest.approx([2, 20], abs=0.15)
    inside, starts, _ = heard(path, ffmpeg, from_ms=19_500)
    assert inside.start_ms == 19_500
    assert starts == pytest.approx([20], abs=0.15)


def test_a_part_behind_a_restart_is_found(make: MakeMedia, ffmpeg: Ffmpeg) -> None:
    path = make("ts")
    path.write_bytes(path.read_bytes() * 2)
    _, starts, _ = heard(path, ffmpeg, from_ms=7_000, to_ms=9_000)
    assert starts == pytest.approx([8], abs=0.2)


LINKS = {
    "vorbis": ("-c:a", "libvorbis"), "opus": ("-c:a", "libopus"), "flac": ("-c:a", "flac"),
    "two channels": ("-c:a", "libvorbis", "-ac", "2", "-ar", "44100"),
}  # fmt: skip


@pytest.fixture
def chain(make_media: MakeMedia) -> Callable[..., Path]:
    """One Ogg file of several, put together as `cat` does."""

    def made(*kinds: str) -> Path:
        parts = [
            make_media(f"{number}.ogg", "-f", "lavfi", "-i", BEEPS.format(length=6), *LINKS[kind])
            for number, kind in enumerate(kinds)
        ]
        path = parts[0].with_name("chain.ogg")
        path.write_bytes(b"".join(part.read_bytes() for part in parts))
        return path

    return made


@pytest.mark.parametrize(
    "kinds",
    [
        ("vorbis", "opus"),
        ("opus", "vorbis", "flac"),
        ("vorbis", "two channels"),
        ("vorbis", "vorbis"),
        ("opus", "opus"),
    ],
)
@pytest.mark.parametrize("from_ms", [None, 5_000])
def test_all_parts_of_a_chained_ogg_file_follow_each_other(
    chain: Callable[..., Path], ffmpeg: Ffmpeg, kinds: tuple[str, ...], from_ms: int | None
) -> None:
    audio, starts, _ = heard(chain(*kinds), ffmpeg, from_ms)
    assert starts == pytest.approx(
        [at for at in range(0, 6 * len(kinds), 2) if at * 1000 >= (from_ms or 0)], abs=0.05
    )
    assert audio.warnings == ()


def test_a_part_that_cannot_be_opened_costs_no_other(chain: Callable[..., Path], ffmpeg: Ffmpeg) -> None:
    path = chain("vorbis", "opus")
    content = bytearray(path.read_bytes())
    head = content.index(b"OpusHead")
    content[head + 9] = 0  # channels
    path.write_bytes(content)
    audio, starts, _ = heard(path, ffmpeg)
    assert starts == pytest.approx([0, 2, 4], abs=0.05)
    assert "damaged or missing" in audio.warnings[0]
