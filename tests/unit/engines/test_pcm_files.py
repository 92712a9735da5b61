"""Sizes in headers of uncompressed files against what there is."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from transcribe.core.errors import InputError, UsageError
from transcribe.core.events import silent
from transcribe.core.recording import SAMPLE_RATE, Audio
from transcribe.core.settings import ComputeSettings, NormaliseSettings
from transcribe.core.waveform import Waveform
from transcribe.engines.ffmpeg import Ffmpeg
from transcribe.engines.pcm_files import samples_of
from transcribe.engines.raw_sound import repaired
from transcribe.pipeline.stages.normalise import normalise
from transcribe.pipeline.stages.probe import probe

MakeMedia = Callable[..., Path]

TONE = ("-f", "lavfi", "-i", "sine=frequency=440:duration=4:sample_rate=16000", "-bitexact")
FORMAT = b"fmt " + struct.pack("<IHHIIHH", 16, 1, 1, 16_000, 32_000, 2, 16)
STATED = {  # where each container states the size of the data, and in which form
    "wav": (b"data", 4, "<I"), "rf64.wav": (b"ds64", 16, "<Q"), "w64": (b"data", 16, "<Q"),
    "aiff": (b"SSND", 4, ">I"), "caf": (b"data", 4, ">Q"), "au": (b".snd", 8, ">I"),
}  # fmt: skip


def write(folder: Path, *chunks: bytes) -> Path:
    path = folder / "a.wav"
    path.write_bytes(b"RIFF\0\0\0\0WAVE" + b"".join(chunks))
    return path


def data(size: int, content: bytes = b"") -> bytes:
    return b"data" + struct.pack("<I", size) + content


def noise(size: int) -> bytes:
    return np.random.default_rng(1).bytes(size)


def stated_ms(path: Path) -> int | None:
    samples = samples_of(path)
    return None if samples is None else samples.duration_ms


def heard(path: Path, ffmpeg: Ffmpeg, settings: NormaliseSettings | None = None) -> tuple[Audio, float]:
    """The audio, and the frequency of the last second that was heard (Hz)."""
    folder = path.parent / "work"
    folder.mkdir(exist_ok=True)
    audio = normalise(probe(path, None, ffmpeg), settings or NormaliseSettings(), folder, ffmpeg, silent)
    last = Waveform.of(audio, folder).read(audio.end_ms - 1000, audio.end_ms)
    return audio, float(np.argmax(np.abs(np.fft.rfft(last))))


def test_the_length_of_a_file_that_was_cut_short_is_the_stated_one(tmp_path: Path) -> None:
    assert stated_ms(write(tmp_path, FORMAT, data(64_000, noise(100)))) == 2000


def test_other_chunks_are_skipped(tmp_path: Path) -> None:
    odd = b"LIST" + struct.pack("<I", 3) + b"abc\0"
    extended = b"fmt " + struct.pack("<IHHIIHHH", 18, 3, 1, 16_000, 64_000, 4, 32, 0)
    assert stated_ms(write(tmp_path, odd, extended, odd, data(64_000, noise(9)))) == 1000


@pytest.mark.parametrize(
    "chunks",
    [
        [],
        [FORMAT],
        [data(64_000, noise(9))],
        [FORMAT[:12]],
        [b"JUNK" + struct.pack("<I", 0xFFFF_FFF0)],
        [b"JUNK\0\0\0\0"] * 10_000,
        [b"fmt " + struct.pack("<IHHIIHH", 16, 1, 0, 0, 0, 0, 0), data(64_000, noise(9))],
    ],
)
def test_headers_that_make_no_sense(tmp_path: Path, chunks: list[bytes]) -> None:
    assert samples_of(write(tmp_path, *chunks)) is None


@pytest.mark.parametrize(
    "content", [b"", b"ID3\4" * 100, b"RIFF", b"FORM\0\0\0\0AIFF", b"caff", b".snd", b"riff\x2e\x91\xcf\x11"]
)
def test_other_files(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "b.wav"
    path.write_bytes(content)
    assert samples_of(path) is None


@pytest.mark.parametrize(("speed", "align"), [(0, 0), (32_000, 0), (0, 2)])
def test_fields_that_follow_from_others_may_be_zero(tmp_path: Path, speed: int, align: int) -> None:
    form = b"fmt " + struct.pack("<IHHIIHH", 16, 1, 1, 16_000, speed, align, 16)
    samples = samples_of(write(tmp_path, form, data(20_000, noise(64_000))))
    assert samples is not None
    assert (samples.raw, samples.bytes_per_second, samples.size, samples.amiss) == (
        "s16le", 32_000, 64_000, True,
    )  # fmt: skip


@pytest.mark.parametrize("size", [0, 0xFFFF_FFFF, 0x7FFF_F000, 0xFFFF_FFD8])
def test_what_was_piped_states_no_length(tmp_path: Path, size: int) -> None:
    samples = samples_of(write(tmp_path, FORMAT, data(size, noise(64_000))))
    assert samples is not None
    assert (samples.stated, samples.size, samples.amiss) == (None, 64_000, False)


@pytest.mark.parametrize(
    ("behind", "amiss"),
    [
        (b"", False),
        (b"LIST" + struct.pack("<I", 20_000) + bytes(range(250)) * 80, False),
        (b"id3 " + struct.pack("<I", 9_999) + noise(9_999) + b"\0", False),
        (bytes(1_000_000), False),
        (b"TAG" + noise(125), False),
        (noise(50_000), True),
        (bytes(50_000) + noise(50_000), True),
        (b"LIST" + struct.pack("<I", 2_000_000_000) + noise(50_000), True),
        (b"LIST\4\0\0\0INFO" + data(64_000, noise(64_000)), True),
        (data(64_000, noise(64_000)), True),
    ],
)
def test_what_follows_the_data(tmp_path: Path, behind: bytes, amiss: bool) -> None:
    samples = samples_of(write(tmp_path, FORMAT, data(64_000, noise(64_000)), behind))
    assert samples is not None
    assert samples.amiss == amiss
    assert samples.size == 64_000 + (len(behind) if amiss else 0)


@pytest.mark.parametrize(("wraps", "chunk"), [(1, False), (1, True), (2, True)])
def test_a_size_that_has_wrapped(tmp_path: Path, wraps: int, chunk: bool) -> None:
    # A sparse file: 4 GiB and more, of which a few bytes are on the disk.
    path, whole = write(tmp_path, FORMAT, data(1_000_000)), wraps * 2**32 + 1_000_000
    with path.open("r+b") as handle:
        for at in (44, 44 + 1_000_000, 44 + whole - 8_000):
            handle.seek(at)
            handle.write(noise(8_000))
        if chunk:
            handle.write(b"iXML" + struct.pack("<I", 9_000) + noise(9_000))
    samples = samples_of(path)
    assert samples is not None
    assert (samples.stated, samples.size, samples.amiss) == (1_000_000, whole, True)
    assert "states 31 s, but there are" in repaired(path).warnings[0]


@pytest.mark.parametrize("name", STATED)
@pytest.mark.parametrize("stated", ["right", "zero", "all ones", "too small", "odd", "too large"])
def test_all_sound_is_read_whatever_the_header_states(
    make_media: MakeMedia, ffmpeg: Ffmpeg, name: str, stated: str
) -> None:
    extra = ("-rf64", "always") if name.startswith("rf64") else ()
    path = make_media(name if "." in name else f"a.{name}", *TONE, *extra)
    mark, shift, form = STATED[name]
    content = bytearray(path.read_bytes())
    at = content.index(mark) + shift
    right = struct.unpack_from(form, content, at)[0]
    sizes = {"right": right, "zero": 0, "all ones": 2 ** (8 * struct.calcsize(form)) - 1, "too small": 20_000}
    struct.pack_into(form, content, at, {**sizes, "odd": 20_001, "too large": 3 * right}[stated])
    path.write_bytes(content)
    audio, pitch = heard(path, ffmpeg)
    assert audio.samples == pytest.approx(4 * SAMPLE_RATE, abs=2)
    assert pitch == pytest.approx(440, abs=2)
    said = " ".join(audio.warnings)
    assert ("the header of the file states" in said) == (stated in ("too small", "odd"))
    assert ("ends early: at 4 s of 12 s" in said) == (stated == "too large")


@pytest.mark.parametrize(
    "codec", ["pcm_u8", "pcm_s24le", "pcm_s32le", "pcm_f32le", "pcm_alaw", "pcm_mulaw", "adpcm_ima_wav"]
)
def test_any_codec_of_a_wav_file_with_a_size_too_small(
    make_media: MakeMedia, ffmpeg: Ffmpeg, codec: str
) -> None:
    path = make_media("a.wav", *TONE, "-c:a", codec, "-ac", "2")
    content = bytearray(path.read_bytes())
    struct.pack_into("<I", content, content.index(b"data") + 4, 8_000)
    path.write_bytes(content)
    audio, pitch = heard(path, ffmpeg)
    assert audio.samples == pytest.approx(4 * SAMPLE_RATE, abs=1000)
    assert pitch == pytest.approx(440, abs=2)
    assert any("the header of the file states" in warning for warning in audio.warnings)


def test_a_part_of_a_mended_file(make_media: MakeMedia, ffmpeg: Ffmpeg) -> None:
    path = make_media("a.wav", *TONE)
    content = bytearray(path.read_bytes())
    struct.pack_into("<I", content, content.index(b"data") + 4, 8_000)
    path.write_bytes(content)
    audio, _ = heard(path, ffmpeg, NormaliseSettings(from_ms=1_500, to_ms=3_000))
    assert (audio.start_ms, audio.end_ms) == (1_500, 3_000)


@pytest.mark.parametrize(
    ("form", "rate", "channels"),
    [
        ("mulaw", None, 1),
        ("alaw", 8000, 1),
        ("s16le", 16_000, 2),
        ("s16be", 44_100, 1),
        ("u8", 8000, 1),
        ("f32le", 48_000, 1),
    ],
)
@pytest.mark.parametrize("ending", ["", ".raw", ".ul", ".wav"])
def test_files_without_a_header(
    make_media: MakeMedia, form: str, rate: int | None, channels: int, ending: str
) -> None:
    made = make_media("made.bin", *TONE, "-ac", str(channels), "-ar", str(rate or 8000), "-f", form)
    path = made.rename(made.with_name(f"call{ending}"))
    settings = NormaliseSettings(raw=form, rate=rate, raw_channels=channels)
    audio, pitch = heard(path, Ffmpeg.find(ComputeSettings(), settings), settings)
    assert audio.duration_ms == pytest.approx(4000, abs=2)
    assert pitch == pytest.approx(440, abs=2)


@pytest.mark.parametrize("form", ["mulaw", "alaw", "s16le", "s24le"])
@pytest.mark.parametrize("ending", [".raw", ".ul", ".al", ".sw", ".pcm", ""])
def test_a_file_without_a_header_names_the_options(
    make_media: MakeMedia, ffmpeg: Ffmpeg, form: str, ending: str
) -> None:
    made = make_media(
        "made.bin", "-f", "lavfi", "-i", "anullsrc=r=8000:cl=mono:d=2", "-ar", "8000", "-f", form
    )
    path = made.rename(made.with_name(f"call{ending}"))
    with pytest.raises(InputError) as caught:
        probe(path, None, ffmpeg)
    assert "--raw and --rate" in caught.value.hint


def test_gsm_is_still_read(make_media: MakeMedia, ffmpeg: Ffmpeg, tmp_path: Path) -> None:
    path = tmp_path / "a.gsm"
    path.write_bytes((b"\xd2" + bytes(32)) * 200)
    assert ffmpeg.probe(path).format == "gsm"


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (NormaliseSettings(rate=8000), "--rate is for files without a header"),
        (NormaliseSettings(raw="s16le"), "needs the sample rate"),
    ],
)
def test_raw_said_in_part(settings: NormaliseSettings, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        Ffmpeg.find(ComputeSettings(), settings)
