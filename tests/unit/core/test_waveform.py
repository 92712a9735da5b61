from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest

from transcribe.core.errors import EngineError
from transcribe.core.recording import Audio, Piece, SpeechSpan
from transcribe.core.waveform import Waveform


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


@pytest.fixture
def gapped(tmp_path: Path) -> Waveform:
    """100 ms of ones from 1 s on, and 100 ms of twos after ten hours; the timeline starts at 5 s."""
    np.array([1.0] * 1600 + [2.0] * 1600, "<f4").tofile(tmp_path / "audio.f32")
    far = 36_000 * 16_000
    pieces = (Piece(16_000, 0, 1600), Piece(far, 1600, 1600))
    return Waveform.of(Audio("audio.f32", far + 1600, 5000, None, 0.0, pieces=pieces), tmp_path)


def test_gaps_are_read_as_silence(gapped: Waveform) -> None:
    around = gapped.read(5_990, 6_110)
    assert len(around) == 1920
    assert around[160:-160].tolist() == [1.0] * 1600
    assert not around[:160].any()
    assert not around[-160:].any()
    assert gapped.read(36_005_000, 36_005_001)[0] == 2
    assert gapped.end_ms == 36_005_100
    assert not gapped.read(20_000, 21_000).any()


def test_only_stretches_with_sound_are_listened_to(gapped: Waveform) -> None:
    assert gapped.stretches() == (range(16_000, 17_600), range(576_000_000, 576_001_600))
    blocks = [block for stretch in gapped.stretches() for block in gapped.blocks(1000, stretch)]
    assert [len(block) for block in blocks] == [1000, 600, 1000, 600]


def test_long_gaps_can_be_shortened_and_times_found_again(gapped: Waveform) -> None:
    short = gapped.shortened()
    assert short.waveform.end_ms - short.waveform.start_ms < 12_000
    for ms in (6_000, 6_100, 36_005_000, 36_005_099):
        assert short.outward(short.inward(ms)) == ms
        assert np.array_equal(
            short.waveform.read(short.inward(ms), short.inward(ms) + 1), gapped.read(ms, ms + 1)
        )


def test_a_waveform_without_long_gaps_is_left_alone(ramp: Waveform) -> None:
    assert ramp.shortened().waveform is ramp
