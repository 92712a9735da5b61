"""Two people's voices, each alone: the sample taken apart by its turns."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from benchmarks.rooms import Samples, decoded, turns
from transcribe.core.waveform import Waveform

AsWaveform = Callable[[str, Samples], Waveform]

SAMPLES = Path(__file__).resolve().parents[4] / "samples"


@pytest.fixture(scope="session")
def voices() -> list[Samples]:
    """Dickens's and Austen's reader, who take turns, 67 s."""
    parts = turns(decoded(SAMPLES / "two-voices.flac"), SAMPLES / "two-voices.rttm")
    return [parts["dickens"], parts["austen"]]


@pytest.fixture
def as_waveform(tmp_path: Path) -> AsWaveform:
    """Samples as a normalised track of a work directory."""

    def write(name: str, samples: Samples) -> Waveform:
        path = tmp_path / f"{name}.f32"
        samples.astype(np.dtype("<f4")).tofile(path)
        return Waveform(str(path), len(samples), 0, 0.0)

    return write
