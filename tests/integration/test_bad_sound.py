"""Recordings whose sound is bad: nobody is told that all is covered, or that nobody speaks."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import numpy as np
import pytest
from desk import FFMPEG, SAMPLE, Desk
from numpy.typing import NDArray

from benchmarks.rooms import write

pytestmark = pytest.mark.real

RATE = 16_000

Samples = NDArray[np.float64]


@pytest.fixture(scope="module")
def voice() -> Samples:
    """The first 8 s of the sample, with peaks of 0.5 of full scale."""
    command = [FFMPEG, "-v", "error", "-i", str(SAMPLE), "-t", "8", "-ar", str(RATE), "-ac", "1"]
    done = subprocess.run([*command, "-f", "f32le", "-"], check=True, capture_output=True)
    samples: Samples = np.frombuffer(done.stdout, "<f4").astype(np.float64)
    samples *= 0.5 / float(np.abs(samples).max())
    return samples


def coverage(desk: Desk, name: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((desk.folder / f"{name}.json").read_bytes())
    found: dict[str, Any] = document["coverage"]
    return found


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("clipped", "of the samples are clipped"),
        ("turned-down", "of the samples are clipped"),
        ("offset", "the samples are offset by 10 % of full scale"),
        ("cancelled", "cancel each other out"),
    ],
)
def test_what_is_wrong_with_the_sound_stands_beside_what_is_covered(
    desk: Desk, voice: Samples, name: str, fault: str
) -> None:
    clipped = np.clip(voice * 12, -1, 1)
    channels = {
        "clipped": (clipped,),
        "turned-down": (clipped * 0.1,),
        "offset": (voice + 0.1,),
        "cancelled": (voice, -voice),
    }
    write(desk.folder / f"{name}.wav", *channels[name])
    outcome = desk.transcribe(f"{name}.wav", "--progress", "plain")
    assert "best of times" in desk.text(name)
    assert "% of speech covered" not in outcome.stderr
    (told,) = (line for line in outcome.stderr.splitlines() if line.endswith("to check"))
    assert " has words, but " in told
    assert fault in told
    assert f"warning: {name}.wav: " in outcome.stderr
    assert any(fault in each for each in coverage(desk, name)["faults"])


def test_offset_noise_is_not_said_to_hold_no_speech(desk: Desk) -> None:
    noise = np.random.default_rng(1).standard_normal(4 * RATE) * 0.01
    write(desk.folder / "noise.wav", noise + 0.1)
    outcome = desk.transcribe("noise.wav", "--progress", "plain")
    assert "no speech was found" not in outcome.stderr
    assert "speech covered" not in outcome.stderr
    assert "no speech was detected, but the samples are offset by 10 % of full scale" in outcome.stderr


def test_a_faint_voice_in_a_pause_is_missing(desk: Desk, voice: Samples) -> None:
    faint = voice[RATE // 2 : 3 * RATE] * 10 ** (-40 / 20)
    pause = np.zeros(4 * RATE)
    pause[RATE : RATE + len(faint)] = faint
    noise = np.random.default_rng(1).standard_normal(len(voice) * 2 + len(pause)) * 10 ** (-75 / 20)
    write(desk.folder / "faint.wav", np.concatenate([voice, pause, voice]) + noise)
    write(desk.folder / "quiet.wav", np.concatenate([voice, 0 * pause, voice]) + noise)
    desk.transcribe("faint.wav")
    desk.transcribe("quiet.wav")
    (spot,) = (each for each in coverage(desk, "faint")["spots"] if each["kind"] == "missing")
    assert "a faint voice may be here" in spot["reason"]
    assert 8_500 < spot["start_ms"] < spot["end_ms"] < 12_000
    assert coverage(desk, "faint")["missing_ms"] > 500
    assert "a faint voice may be here" in (desk.folder / "faint.review.md").read_text("utf-8")
    assert coverage(desk, "quiet")["missing_ms"] == 0
