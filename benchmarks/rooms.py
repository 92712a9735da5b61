"""Recordings with several microphones, made of clean voices: bleed, echo, noise and clocks that are off."""

from __future__ import annotations

import subprocess
import wave
from dataclasses import dataclass
from pathlib import Path

import imageio_ffmpeg
import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float64]

RATE = 16_000


@dataclass(frozen=True)
class Room:
    """How voices come over from one microphone to another.

    Attributes:
        bleed_db: Level of a voice at another one's microphone, against its own; None: not at all.
        delay_ms: How much later it arrives there.
        noise_db: Level of each microphone's own noise, in dB of full scale.
        echo_s: Time in which the room's echo falls by 60 dB.
    """

    bleed_db: float | None
    delay_ms: float = 6.0
    noise_db: float = -65.0
    echo_s: float = 0.3


def decoded(path: Path, channel: int = 0) -> Samples:
    """One channel of a recording, 16 kHz."""
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-i", str(path)]
    command += ["-af", f"pan=mono|c0=c{channel}", "-ar", str(RATE), "-f", "f32le", "-"]
    done = subprocess.run(command, check=True, capture_output=True)
    return np.frombuffer(done.stdout, "<f4").astype(np.float64)


def microphones(voices: list[Samples], room: Room, seed: int = 1) -> list[Samples]:
    """What each speaker's microphone hears of all of them."""
    chance = np.random.default_rng(seed)
    size = max(map(len, voices))
    padded = [np.pad(voice, (0, size - len(voice))) for voice in voices]
    heard: list[Samples] = []
    for index, voice in enumerate(padded):
        sound = voice + chance.standard_normal(size) * 10 ** (room.noise_db / 20)
        for other, theirs in enumerate(padded):
            if other != index and room.bleed_db is not None:
                sound = sound + _across(theirs, room, chance)
        heard.append(sound)
    return heard


def _across(voice: Samples, room: Room, chance: np.random.Generator) -> Samples:
    assert room.bleed_db is not None
    length = int(room.echo_s * RATE)
    echo = 0.02 * chance.standard_normal(length) * np.exp(-6.9 * np.arange(length) / length)
    echo[0] = 1.0
    late = int(room.delay_ms * RATE / 1000)
    size = 1 << (len(voice) + length).bit_length()
    there = np.fft.irfft(np.fft.rfft(voice, size) * np.fft.rfft(echo, size), size)
    arrived: Samples = np.concatenate([np.zeros(late), there])[: len(voice)] * 10 ** (room.bleed_db / 20)
    return arrived


def by_another_clock(samples: Samples, offset_ms: float, drift_ppm: float) -> Samples:
    """What a recorder writes that was started so much later and whose clock is so much slower."""
    count = int((len(samples) - offset_ms * RATE / 1000) / (1 + drift_ppm / 1e6))
    moments = offset_ms * RATE / 1000 + np.arange(count) * (1 + drift_ppm / 1e6)
    written: Samples = np.interp(moments, np.arange(len(samples)), samples)
    return written


def write(path: Path, *channels: Samples) -> Path:
    """Write a WAV file, 16 bit, a channel for each."""
    size = max(map(len, channels))
    frames = np.stack([np.pad(each, (0, size - len(each))) for each in channels], axis=1)
    with wave.open(str(path), "wb") as handle:
        handle.setnchannels(len(channels))
        handle.setsampwidth(2)
        handle.setframerate(RATE)
        handle.writeframes((np.clip(frames, -1, 1) * 32767).astype("<i2").tobytes())
    return path


def turns(samples: Samples, rttm: Path) -> dict[str, Samples]:
    """Each person of a recording alone, by the lines of an RTTM file; times stay as they are."""
    voices: dict[str, Samples] = {}
    for line in rttm.read_text(encoding="utf-8").splitlines():
        fields = line.split()
        first = int(float(fields[3]) * RATE)
        last = first + int(float(fields[4]) * RATE)
        voice = voices.setdefault(fields[7], np.zeros(len(samples)))
        voice[first:last] = samples[first:last]
    return voices
