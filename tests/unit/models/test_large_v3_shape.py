"""Large-v3's vocabulary and mel bands through conversion and whisper.cpp, on a narrow model."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pywhispercpp.model import Model

from benchmarks.shapes import SMALL_LARGE_V3, write_random_ctranslate2, write_random_safetensors
from transcribe.models.convert import convert
from transcribe.models.ggml import check_structure


@pytest.fixture(scope="module", params=[write_random_ctranslate2, write_random_safetensors])
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("model")
    request.param(SMALL_LARGE_V3, folder)
    return folder


@pytest.mark.parametrize("quantize", ["", "q8_0", "q5_0"])
def test_converted_loaded_and_decoded(folder: Path, tmp_path: Path, quantize: str) -> None:
    out = tmp_path / "out.bin"
    convert(folder, out, quantize)
    assert check_structure(out).header.shape == SMALL_LARGE_V3
    model = Model(str(out), redirect_whispercpp_logs_to=None, n_threads=1, print_progress=False)
    noise = np.random.default_rng(1).standard_normal(16_000 * 3, np.float32) * np.float32(0.1)
    segments = model.transcribe(noise, language="pl", max_tokens=4, temperature_inc=0.0)
    assert all(isinstance(segment.text, str) for segment in segments)
