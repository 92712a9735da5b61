from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest

from transcribe.episode import Audio, SpeechSpan
from transcribe.errors import EngineError
from transcribe.waveform import Waveform


def write(folder: Path, samples: list[float], start_ms: int = 0, gain_db: float = 0.0) -> Waveform:
    np.array(samples, "<f4").tofile(folder / "audio.f32")
    return Waveform.of(Audio("audio.f32", len(samples), start_ms, None, gain_db), folder)


@pytest.fixture
def ramp(tmp_path: Path) -> Waveform:
    """100 ms from 5 s on; the sample number divided by 10,000."""
    return write(tmp_path, [i / 10_000 for i in range(1600)], start_ms=5000)


def test_times_are_on_the_recording_s_timeline(ramp: Waveform) -> None:
    assert ramp.read(5010, 5020)[0] == pytest.approx(160 / 10_000)
    assert len(ramp.read(5010, 5020)) == 160
    assert ramp.end_ms == 5100


def test_times_outside_are_clamped(ramp: Waveform) -> None:
    assert len(ramp.read(0, 5001)) == 16
    assert len(ramp.read(5099, 9000)) == 16
    assert len(ramp.read(6000, 7000)) == 0
    assert len(ramp.read(0, 10)) == 0


def test_pieces_are_laid_end_to_end(ramp: Waveform) -> None:
    joined = ramp.read_pieces((SpeechSpan(5000, 5001), SpeechSpan(5050, 5052)))
    assert len(joined) == 48
    assert joined[16] == pytest.approx(800 / 10_000)
    assert joined.dtype == np.float32


def test_blocks_give_every_sample_once(ramp: Waveform) -> None:
    blocks = list(ramp.blocks(512))
    assert [len(block) for block in blocks] == [512, 512, 512, 64]
    assert np.array_equal(np.concatenate(blocks), ramp.read(5000, 5100))


def test_a_part_of_a_millisecond_at_the_end_counts(tmp_path: Path) -> None:
    waveform = write(tmp_path, [0.5] * 17)
    assert waveform.end_ms == 2
    assert len(waveform.read(0, 2)) == 17


def test_gain_is_applied_and_peaks_are_not_clipped(tmp_path: Path) -> None:
    loud = write(tmp_path, [0.05, -0.05, 0.5, -0.5], gain_db=20.0)
    assert loud.read(0, 1) == pytest.approx([0.5, -0.5, 5, -5])


def test_impossible_samples_are_silence(tmp_path: Path) -> None:
    broken = write(tmp_path, [float("nan"), float("inf"), float("-inf"), 0.25])
    assert broken.read(0, 1).tolist() == [0, 0, 0, 0.25]


def test_it_can_be_sent_to_another_process(ramp: Waveform) -> None:
    assert pickle.loads(pickle.dumps(ramp)) == ramp  # noqa: S301 - our own bytes


def test_a_file_that_was_cut_or_removed_is_an_error(ramp: Waveform) -> None:
    path = Path(ramp.path)
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(EngineError, match="cut short"):
        ramp.read(5000, 5100)
    path.unlink()
    with pytest.raises(EngineError, match="No such file"):
        ramp.read(5000, 5100)
