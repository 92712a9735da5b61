"""Whether stretches of a copy hold the tone or silence, and nothing else."""

from __future__ import annotations

import numpy as np
import pytest

from transcribe.engines.emptied import Emptied

RATE, TONE_HZ = 16_000, 1000
SPAN = (1000, 1300)


def judged(inside: float, tone: float, *, outside: float = 0.3, tone_hz: int = TONE_HZ) -> float | None:
    """Where something else is heard, in sound whose noise has these levels inside a stretch and outside."""
    chance = np.random.default_rng(1)
    noise = chance.normal(size=3 * RATE)
    times = np.arange(len(noise)) / RATE
    within = (times >= SPAN[0] / 1000) & (times < SPAN[1] / 1000)
    pitch = np.sin(2 * np.pi * TONE_HZ * times + 1)
    sound = noise * np.where(within, inside, outside) + within * tone * pitch
    content = (np.clip(sound, -1, 0.999) * 32768).astype("<i2").tobytes()
    emptied = Emptied([SPAN], RATE, 0, tone_hz)
    for start in range(0, len(content), 999):  # blocks that end inside of a sample
        emptied.add(content[start : start + 999])
    assert emptied.samples == len(noise)
    return emptied.where_not()


@pytest.mark.parametrize(
    ("inside", "tone", "tone_hz", "holds"),
    [
        (0, 0.1, TONE_HZ, True),
        (0.01, 0.1, TONE_HZ, True),  # of the tone's energy, 2 %: an encoder
        (0.05, 0.1, TONE_HZ, False),  # a voice a little quieter than the tone
        (0.1, 0, TONE_HZ, False),
        (0, 0, TONE_HZ, True),
        (0, 0, 0, True),
        (0.001, 0, 0, True),
        (0.01, 0, 0, False),
        (0, 0.1, 0, False),  # silence was asked for
    ],
)
def test_what_is_in_a_stretch(inside: float, tone: float, tone_hz: int, holds: bool) -> None:
    at = judged(inside, tone, tone_hz=tone_hz)
    assert at is None if holds else at == pytest.approx(SPAN[0] / 1000, abs=0.05)


def test_a_stretch_that_was_masked_too_early_is_told() -> None:
    emptied = Emptied([(0, 500)], RATE, 0, 0)
    emptied.add(np.repeat([0, 3000], [RATE * 4 // 10, RATE // 10]).astype("<i2").tobytes())
    assert emptied.where_not() is not None


@pytest.mark.parametrize("behind_ms", [0, 1, 60, 300])
def test_a_stretch_may_go_on_behind_the_sound(behind_ms: int) -> None:
    times = np.arange((1000 + behind_ms) * RATE // 1000) / RATE
    tone = 3000 * np.sin(2 * np.pi * TONE_HZ * times + 1)
    for sound, empty in ((tone, True), (tone + np.where(times > 0.9, 3000, 0), False)):
        emptied = Emptied([(0, 9000)], RATE, 0, TONE_HZ)
        emptied.add(sound.astype("<i2").tobytes())
        assert (emptied.where_not() is None) == empty


@pytest.mark.parametrize(("frame", "empty"), [(0, False), (1024, False), (2048, True)])
def test_what_an_encoder_smears_is_not_looked_at(frame: int, empty: bool) -> None:
    emptied = Emptied([(0, 1000)], RATE, frame, 0)
    emptied.add(np.repeat([3000, 0], [1500, RATE - 1500]).astype("<i2").tobytes())
    assert (emptied.where_not() is None) == empty
