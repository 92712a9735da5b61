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


@pytest.mark.slow
def test_the_same_bytes_whatever_the_batch_the_workers_and_after_a_kill(
    model_store: Store, tmp_path: Path
) -> None:
    check_before_load(pull("tiny.en-ct2", model_store, "index"))

    def heard(name: str, *options: str) -> bytes:
        document = transcribe(tmp_path / name, "--engine", "ctranslate2", "-m", "tiny.en", *options)
        return msgspec.json.encode(msgspec.json.decode(document.read_bytes())["segments"])

    one = heard("one", "--workers", "1", "--batch-size", "1")
    forget_all_but_the_last_chunk(tmp_path / "work")
    assert heard("resumed", "--workers", "2", "--batch-size", "2") == one
    for number, layout in enumerate((("1", "3", "8"), ("4", "1", "4"))):
        workers, threads, batch = layout
        (tmp_path / "work").rename(tmp_path / f"work-{number}")
        options = ("--workers", workers, "--threads", threads, "--batch-size", batch)
        assert heard(f"layout-{number}", *options) == one, layout


def forget_all_but_the_last_chunk(work: Path) -> None:
    """What a kill leaves, if it comes while chunks are recognised."""
    (results,) = work.glob("*/*/results.jsonl")
    lines = results.read_bytes().splitlines(keepends=True)
    assert len(lines) > 2
    results.write_bytes(lines[-1])
    for stage in ("stitch", "check", "episode"):
        results.with_name(f"{stage}.json").unlink()
