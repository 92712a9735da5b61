"""A clip that `--publish` cuts has the sound that the recording has at the time of its sound bite."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import numpy as np
import pytest
from desk import FFMPEG, SAMPLE, Desk
from numpy.typing import NDArray

pytestmark = pytest.mark.real

RATE = 16_000
LATE_S = 3
"""So long after the picture the sound of the recording starts."""


def samples(path: Path) -> NDArray[np.float32]:
    command = [FFMPEG, "-v", "error", "-i", str(path), "-ac", "1", "-ar", str(RATE), "-f", "f32le", "-"]
    return np.frombuffer(subprocess.run(command, capture_output=True, check=True).stdout, "<f4")


def place_of(clip: NDArray[np.float32], sound: NDArray[np.float32]) -> float:
    """Where the sound is most like the clip, in seconds."""
    size = 1 << (len(sound) + len(clip)).bit_length()
    spectrum = np.fft.rfft(sound, size) * np.fft.rfft(clip, size).conj()
    return int(np.argmax(np.fft.irfft(spectrum, size)[: len(sound)])) / RATE


def test_a_clip_has_the_sound_of_its_time(desk: Desk) -> None:
    desk.media(
        "talk.mkv", "-f", "lavfi", "-i", "color=size=64x64:rate=10:duration=5",
        "-itsoffset", str(LATE_S), "-i", str(SAMPLE), "-c:v", "mpeg4", "-c:a", "flac",
    )  # fmt: skip
    desk.transcribe("talk.mkv", "--publish", "-f", "json")
    document = json.loads((desk.folder / "talk.json").read_text())
    bite = document["notes"]["sound_bites"][0]
    clip = samples(desk.folder / "talk.soundbite-1.mp3")
    assert len(clip) / RATE == pytest.approx((bite["end_ms"] - bite["start_ms"]) / 1000, abs=0.1)
    assert place_of(clip, samples(SAMPLE)) + LATE_S == pytest.approx(bite["start_ms"] / 1000, abs=0.02)
