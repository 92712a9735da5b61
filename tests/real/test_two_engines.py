"""The same recording through both engines, with the same weights."""

from __future__ import annotations

from pathlib import Path

import jiwer
import msgspec
import pytest
from whisper_normalizer.english import EnglishTextNormalizer

from transcribe.cli.main import run
from transcribe.models.installed import InstalledModel, check_before_load
from transcribe.models.sources import pull
from transcribe.models.store import Store

SAMPLES = Path(__file__).resolve().parents[2] / "samples"

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def folder_model(model_store: Store) -> InstalledModel:
    model = pull("base-ct2", model_store, "index")
    check_before_load(model)
    return model


@pytest.fixture(autouse=True)
def work_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRANSCRIBE_WORK_DIR", str(tmp_path / "work"))


def transcribe(out: Path, *options: str) -> Path:
    assert run([str(SAMPLES / "two-voices.flac"), "-o", str(out), "-q", "-f", "txt,json", *options]) == 0
    return out / "two-voices.json"


def errors(out: Path) -> float:
    normalise = EnglishTextNormalizer()
    reference = (SAMPLES / "two-voices.txt").read_text("utf-8")
    return jiwer.wer(normalise(reference), normalise((out / "two-voices.txt").read_text("utf-8")))


def test_as_few_errors_as_whisper_cpp(
    folder_model: InstalledModel, base_model: InstalledModel, tmp_path: Path
) -> None:
    transcribe(tmp_path / "a", "--engine", "ctranslate2", "-m", "base")
    transcribe(tmp_path / "b", "--engine", "whisper.cpp", "-m", "base")
    assert errors(tmp_path / "a") <= errors(tmp_path / "b") + 0.02 <= 0.07


def test_words_are_in_order_and_the_same_every_time(folder_model: InstalledModel, tmp_path: Path) -> None:
    options = ("--engine", "ctranslate2", "-m", str(folder_model.path.parent), "--force")
    first = msgspec.json.decode(transcribe(tmp_path / "1", *options).read_bytes())
    words = [word for segment in first["segments"] for word in segment["words"]]
    times = [time for word in words for time in (word["start_ms"], word["end_ms"])]
    assert len(words) > 150
    assert times == sorted(times)
    (tmp_path / "work").rename(tmp_path / "other")
    again = msgspec.json.decode(transcribe(tmp_path / "2", *options).read_bytes())
    assert again["segments"] == first["segments"]
