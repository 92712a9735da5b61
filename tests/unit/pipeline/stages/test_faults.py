"""Clipping and offsets are told where they are, and nowhere else."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks.rooms import write
from transcribe.core.media import Extract, Recorded
from transcribe.engines.ffmpeg import Ffmpeg
from transcribe.pipeline.stages.faults import faults_of

MakeMedia = Callable[..., Path]

RATE = 16_000
CLEAN = Recorded(0, 100_000, 0.0, -20.0, -3.0, 2, 0.0)
SECONDS = 4

Samples = NDArray[np.float64]


def voice() -> Samples:
    """Noise under 1 kHz whose level goes up and down, with peaks of 0.5 of full scale."""
    time = np.arange(SECONDS * RATE) / RATE
    spectrum = np.fft.rfft(np.random.default_rng(1).standard_normal(SECONDS * RATE))
    spectrum[1000 * SECONDS :] = 0
    sound: Samples = np.fft.irfft(spectrum) * np.sin(np.pi * 3 * time) ** 2
    sound *= 0.5 / float(np.abs(sound).max())
    return sound


def heard(
    ffmpeg: Ffmpeg, path: Path, codec: str = "pcm_s16le", channel: int | None = None
) -> tuple[str, ...]:
    decoding = ffmpeg.decode(Extract(str(path), 0, channel=channel), lambda _: None)
    assert len(decoding.recorded) == 1 or channel is None
    return faults_of(decoding.recorded, codec)


def test_clean_sound_has_no_fault(ffmpeg: Ffmpeg, tmp_path: Path) -> None:
    assert heard(ffmpeg, write(tmp_path / "a.wav", voice())) == ()
    assert heard(ffmpeg, write(tmp_path / "a.wav", voice() * 2)) == ()
    assert heard(ffmpeg, write(tmp_path / "a.wav", voice() * 0)) == ()
    for hertz in (20, 50, 440):
        tone = np.sin(2 * np.pi * hertz * np.arange(4 * RATE) / RATE)
        for level in (1.0, 0.125):
            assert heard(ffmpeg, write(tmp_path / "a.wav", level * tone)) == ()


@pytest.mark.parametrize("level", [1.0, 0.1])
def test_clipped_samples_are_counted_also_when_they_were_turned_down(
    ffmpeg: Ffmpeg, tmp_path: Path, level: float
) -> None:
    clipped = np.clip(voice() * 8, -1, 1)
    share = 100 * float(np.mean(np.abs(clipped) == 1))
    assert share > 10
    path = write(tmp_path / "a.wav", clipped * level)
    assert heard(ffmpeg, path) == (f"{share:.0f} % of the samples are clipped",)


def test_an_offset_is_told(ffmpeg: Ffmpeg, tmp_path: Path) -> None:
    path = write(tmp_path / "a.wav", voice() + 0.1)
    assert heard(ffmpeg, path) == ("the samples are offset by 10 % of full scale",)


def test_the_worst_channel_counts_of_those_that_are_heard(ffmpeg: Ffmpeg, tmp_path: Path) -> None:
    path = write(tmp_path / "a.wav", voice(), voice() - 0.2)
    assert heard(ffmpeg, path) == ("the samples are offset by 20 % of full scale",)
    assert heard(ffmpeg, path, channel=0) == ()
    assert heard(ffmpeg, path, channel=1) == ("the samples are offset by 20 % of full scale",)


def test_clipping_before_a_lossy_codec_shows_in_its_peaks(
    ffmpeg: Ffmpeg, make_media: MakeMedia, tmp_path: Path
) -> None:
    clean = write(tmp_path / "a.wav", voice() * 1.9)
    clipped = write(tmp_path / "b.wav", voice() * 8)
    coded = [make_media(f"{path.stem}.mp3", "-i", str(path)) for path in (clean, clipped)]
    assert heard(ffmpeg, coded[0], "mp3") == ()
    (fault,) = heard(ffmpeg, coded[1], "mp3")
    assert fault.startswith("the peaks were clipped before they were coded")


def test_floats_over_full_scale_are_not_clipped() -> None:
    assert faults_of([replace(CLEAN, peak_db=6.0)], "pcm_f32le") == ()
    assert faults_of([replace(CLEAN, peak_db=6.0)], "aac") != ()


def test_small_shares_and_quiet_steps_are_no_clipping() -> None:
    flat = replace(CLEAN, peaks=1000, flat_db=12.0)
    assert faults_of([flat], "flac") == ("1 % of the samples are clipped",)
    assert faults_of([replace(flat, peaks=30)], "flac") == ("0.03 % of the samples are clipped",)
    assert faults_of([replace(flat, peaks=10)], "flac") == ()
    assert faults_of([replace(flat, flat_db=2.0)], "flac") == ()
    assert faults_of([replace(flat, peak_db=-35.0)], "flac") == ()


def test_an_offset_as_strong_as_the_sound_is_told() -> None:
    quiet = replace(CLEAN, offset=0.005, rms_db=10 * math.log10(0.005**2 + 0.004**2))
    assert faults_of([quiet], "flac") == ("the samples are offset by 0.5 % of full scale",)
    assert faults_of([replace(quiet, rms_db=-40.0)], "flac") == ()
    assert faults_of([replace(quiet, offset=0.0005, rms_db=-66.0)], "flac") == ()


def test_parts_of_a_channel_are_weighed_by_their_length() -> None:
    moment = Recorded(0, 100, 0.5, -6.0, 0.0, 100, 20.0)
    whole = replace(CLEAN, samples=1_000_000)
    assert faults_of([moment, whole], "flac") == ()
    assert faults_of([moment, replace(whole, samples=900)], "flac") != ()


def test_nothing_measured_is_no_fault() -> None:
    assert faults_of([], "flac") == ()
    assert faults_of([replace(CLEAN, samples=0)], "flac") == ()
