"""Recordings of many channels: every one is heard, alone and in the mix, whatever their layout."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from transcribe.core.errors import InputError, UsageError
from transcribe.core.events import silent
from transcribe.core.recording import SAMPLE_RATE, Audio
from transcribe.core.settings import ComputeSettings, NormaliseSettings
from transcribe.core.waveform import Waveform
from transcribe.engines.ffmpeg import Ffmpeg
from transcribe.pipeline.stages.normalise import normalise
from transcribe.pipeline.stages.probe import probe

MakeMedia = Callable[..., Path]

SLOT = SAMPLE_RATE // 5
"""In the k-th fifth of a second, only channel k sounds."""


def voices(channels: int) -> NDArray[np.float64]:
    """A sine that goes from channel to channel."""
    samples = np.zeros((channels * SLOT, channels))
    for channel in range(channels):
        slot = slice(channel * SLOT, (channel + 1) * SLOT)
        samples[slot, channel] = 0.5 * np.sin(2 * np.pi * 400 * np.arange(SLOT) / SAMPLE_RATE)
    return samples


def write_wav(path: Path, samples: NDArray[np.float64]) -> Path:
    """16-bit WAV of any number of channels, without a channel mask."""
    data = (samples * 32767).astype("<i2").tobytes()
    channels = samples.shape[1]
    frame = 2 * channels
    head = struct.pack("<HHIIHH", 1, channels, SAMPLE_RATE, SAMPLE_RATE * frame, frame, 16)
    body = b"WAVEfmt " + struct.pack("<I", len(head)) + head + b"data" + struct.pack("<I", len(data)) + data
    path.write_bytes(b"RIFF" + struct.pack("<I", len(body)) + body)
    return path


def normalised(path: Path, ffmpeg: Ffmpeg, channel: int | None = None) -> tuple[Audio, NDArray[np.float32]]:
    settings = NormaliseSettings(channel=channel, loudness=False)
    folder = path.parent / "work"
    folder.mkdir(exist_ok=True)
    audio = normalise(probe(path, None, ffmpeg), settings, folder, ffmpeg, silent)
    return audio, Waveform.of(audio, folder).read(0, audio.duration_ms)


def slots(samples: NDArray[np.float32], channels: int) -> NDArray[np.float32]:
    """How loud each fifth of a second is, without its edges."""
    whole = samples[: channels * SLOT].reshape(channels, SLOT)[:, SLOT // 4 : -SLOT // 4]
    levels: NDArray[np.float32] = np.sqrt(np.mean(whole**2, axis=1))
    return levels


@pytest.mark.parametrize("channels", [3, 5, 8, 9, 12, 15, 16, 17, 24, 64])
def test_every_channel_is_heard_in_the_mix(ffmpeg: Ffmpeg, tmp_path: Path, channels: int) -> None:
    path = write_wav(tmp_path / "many.wav", voices(channels))
    audio, samples = normalised(path, ffmpeg)
    assert slots(samples, channels).min() > 0.02
    assert audio.warnings == ()


@pytest.mark.parametrize("channels", [9, 12, 17, 64])
def test_the_last_channel_can_be_taken_alone(ffmpeg: Ffmpeg, tmp_path: Path, channels: int) -> None:
    path = write_wav(tmp_path / "many.wav", voices(channels))
    _, samples = normalised(path, ffmpeg, channel=channels)
    levels = slots(samples, channels)
    assert levels[-1] > 0.3
    assert levels[:-1].max() < 0.001


@pytest.mark.parametrize("name", ["a.caf", "a.mov", "a.mkv"])
@pytest.mark.parametrize("layout", ["cube", "22.2", "ambisonic 3"])
def test_layouts_with_places_ffmpeg_does_not_mix(
    ffmpeg: Ffmpeg, make_media: MakeMedia, tmp_path: Path, layout: str, name: str
) -> None:
    count = {"cube": 8, "22.2": 24, "ambisonic 3": 16}[layout]
    wav = write_wav(tmp_path / "plain.wav", voices(count))
    mapping = f"channelmap=channel_layout={layout}:map={'|'.join(map(str, range(count)))}"
    path = make_media(name, "-i", str(wav), "-af", mapping, "-c:a", "pcm_s16le")
    _, samples = normalised(path, ffmpeg)
    assert slots(samples, count).min() > 0.02


def test_the_sum_of_many_loud_channels_is_not_clipped(ffmpeg: Ffmpeg, tmp_path: Path) -> None:
    tone = 0.9 * np.sin(2 * np.pi * 400 * np.arange(2 * SAMPLE_RATE) / SAMPLE_RATE)
    _, samples = normalised(write_wav(tmp_path / "loud.wav", np.repeat(tone[:, None], 16, axis=1)), ffmpeg)
    settled = samples[SAMPLE_RATE:]  # the high-pass swings at the start
    assert np.abs(settled).max() == pytest.approx(0.9 * 4, rel=0.02)


def test_a_second_of_one_voice_among_64_channels_is_no_cancellation(ffmpeg: Ffmpeg, tmp_path: Path) -> None:
    samples = np.zeros((SAMPLE_RATE, 64))
    samples[:, 2] = 0.001 * np.sin(2 * np.pi * 400 * np.arange(SAMPLE_RATE) / SAMPLE_RATE)
    audio, heard = normalised(write_wav(tmp_path / "quiet.wav", samples), ffmpeg)
    assert np.abs(heard).max() > 0.0009
    assert "only channel 3 of 64 was used" in audio.warnings[0]
    assert "cancel" not in audio.warnings[0]


def test_channels_that_cancel_each_other_out_behind_a_silent_one(ffmpeg: Ffmpeg, tmp_path: Path) -> None:
    tone = 0.5 * np.sin(2 * np.pi * 400 * np.arange(2 * SAMPLE_RATE) / SAMPLE_RATE)
    samples = np.stack([0 * tone, *[0 * tone] * 8, tone, -tone], axis=1)
    audio, heard = normalised(write_wav(tmp_path / "inverted.wav", samples), ffmpeg)
    assert np.abs(heard).max() > 0.4
    expected = "the channels cancel each other out; only channel 10 of 11 was used"
    assert audio.warnings == (expected,)


def test_silence_of_many_channels_is_silence(ffmpeg: Ffmpeg, tmp_path: Path) -> None:
    audio, _ = normalised(write_wav(tmp_path / "silent.wav", np.zeros((SAMPLE_RATE, 12))), ffmpeg)
    assert (audio.duration_ms, audio.warnings) == (1000, ())


def test_more_channels_than_can_be_read_are_refused(ffmpeg: Ffmpeg, tmp_path: Path) -> None:
    path = write_wav(tmp_path / "96.wav", np.zeros((SAMPLE_RATE, 96)))
    with pytest.raises(InputError, match="has 96 channels; 64 can be read"):
        normalised(path, ffmpeg)


def test_a_channel_that_is_not_there(ffmpeg: Ffmpeg, tmp_path: Path) -> None:
    path = write_wav(tmp_path / "12.wav", np.zeros((SAMPLE_RATE, 12)))
    with pytest.raises(UsageError, match="has no channel 13; it has 12 channels"):
        normalised(path, ffmpeg, channel=13)


def talk(seconds: float = 4) -> NDArray[np.float64]:
    """Noise that comes and goes like syllables."""
    time = np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    noise = np.random.default_rng(1).normal(size=len(time))
    voice = np.convolve(noise, np.ones(16) / 16, mode="same")  # most of it below 1 kHz
    loudness = np.maximum(0.01, np.sin(2 * np.pi * 1.5 * time)) * (np.sin(2 * np.pi * 0.4 * time) > -0.5)
    sound: NDArray[np.float64] = 0.6 * voice * loudness
    return sound


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> tuple[Audio, NDArray[np.float32]]:
    """What becomes of a voice that is alone in its recording."""
    path = write_wav(tmp_path_factory.mktemp("alone") / "alone.wav", talk()[:, None])
    return normalised(path, Ffmpeg.find(ComputeSettings()))


def later(sound: NDArray[np.float64], samples: int) -> NDArray[np.float64]:
    return np.concatenate([np.zeros(samples), sound])[: len(sound)]


@pytest.mark.parametrize("noise", [0.0, 0.01])
@pytest.mark.parametrize("delay", [0, 1])
@pytest.mark.parametrize("gain", [1.0, 0.9, 0.7, 0.5])
def test_channels_that_nearly_cancel_each_other_out(
    ffmpeg: Ffmpeg,
    tmp_path: Path,
    alone: tuple[Audio, NDArray[np.float32]],
    gain: float,
    delay: int,
    noise: float,
) -> None:
    voice = talk()
    hiss = noise * np.random.default_rng(2).normal(size=(len(voice), 2))
    inverted = np.stack([voice, -gain * later(voice, delay)], axis=1) + hiss
    audio, heard = normalised(write_wav(tmp_path / "inverted.wav", inverted), ffmpeg)
    _, expected = alone
    assert "the two channels cancel each other out" in audio.warnings[0] or (gain, delay, noise) == (1, 0, 0)
    assert np.corrcoef(heard, expected)[0, 1] > 0.9
    assert np.abs(heard).max() > 0.7 * np.abs(expected).max()


@pytest.mark.parametrize("noise", [0.0, 0.2])
def test_channels_that_do_not_cancel_out_are_added_up(
    ffmpeg: Ffmpeg, tmp_path: Path, alone: tuple[Audio, NDArray[np.float32]], noise: float
) -> None:
    """Also where noise does, in opposite phase: the voice is in the sum."""
    voice = talk()
    hiss = noise * np.random.default_rng(2).normal(size=len(voice))
    sound = np.stack([voice + hiss, voice - hiss], axis=1)
    audio, heard = normalised(write_wav(tmp_path / "both.wav", sound), ffmpeg)
    unmixed, expected = alone
    assert audio.warnings == unmixed.warnings == ()
    assert np.corrcoef(heard, expected)[0, 1] > 0.99
