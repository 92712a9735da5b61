"""Which layouts are tried, on what, and how the result is shown."""

from __future__ import annotations

from pathlib import Path

import pytest
from parakeet_model import NAME as PARAKEET
from parakeet_model import install_parakeet

from transcribe.cli.bench import table
from transcribe.core.errors import InputError, ModelError
from transcribe.core.settings import Settings
from transcribe.engines import ctranslate2
from transcribe.jobs import trials
from transcribe.jobs.speed import last_speed
from transcribe.jobs.trials import Layout, Trial, find_layouts, prepare, run_trials, sample
from transcribe.models.installed import InstalledModel
from transcribe.models.store import Store

MODEL = InstalledModel("base", Path("m.bin"), "", 1, "whisper", True, "base", "MIT", 1)


def test_a_batch_for_every_core_from_a_minute_of_speech(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trials, "cores", lambda: 7)
    chunks = prepare(sample(), Settings(), tmp_path).chunks.chunks
    assert [chunk.index for chunk in chunks] == list(range(28))
    assert len({chunk.pieces for chunk in chunks}) < 28


def test_no_more_than_about_a_minute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trials, "cores", lambda: 1)
    monkeypatch.setattr(trials, "SPEECH_MS", 10_000)
    material = prepare(sample(), Settings.of(batch_size=1), tmp_path)
    assert len(material.chunks.chunks) == 1
    assert 0 < material.chunks.duration_ms <= 30_000


def test_a_recording_without_speech_is_refused(tmp_path: Path, make_media: object) -> None:
    assert callable(make_media)
    with pytest.raises(InputError, match="nobody speaks"):
        prepare(make_media("tone.wav"), Settings(), tmp_path)


def test_an_engine_that_is_missing_is_left_out(
    monkeypatch: pytest.MonkeyPatch, tiny_en_model: InstalledModel
) -> None:
    monkeypatch.setattr(ctranslate2, "is_installed", lambda: False)
    monkeypatch.setattr(trials, "cores", lambda: 3)
    told: list[str] = []
    found = find_layouts(Settings.of(model="tiny.en"), told.append)
    assert {each.engine for each in found} == {"whisper.cpp"}
    assert (1, 3) in {(each.workers, each.threads) for each in found}
    assert any("ctranslate2 is left out" in line and "pip install" in line for line in told)
    assert not any("parakeet" in line for line in told)  # it has other weights


def test_a_model_that_one_engine_alone_reads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRANSCRIBE_MODELS_DIR", str(tmp_path))
    install_parakeet(Store(tmp_path), ["one"])
    told: list[str] = []
    assert {each.engine for each in find_layouts(Settings.of(model=PARAKEET), told.append)} == {"parakeet"}
    assert told == []


def test_no_model_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRANSCRIBE_MODELS_DIR", str(tmp_path))
    with pytest.raises(ModelError, match="transcribe models pull"):
        find_layouts(Settings(), lambda line: None)


def test_a_layout_changes_only_where_words_are_recognised() -> None:
    changed = Layout("ctranslate2", MODEL, 1, 4).of(Settings.of(language="pl"))
    assert (changed.recognise.engine, changed.compute.workers, changed.compute.threads) == (
        "ctranslate2",
        1,
        4,
    )
    assert changed.recognise.language == "pl"


def test_the_fastest_layout_of_an_engine_is_remembered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("platformdirs.user_cache_dir", lambda *_, **__: str(tmp_path / "cache"))
    monkeypatch.setattr(trials, "_listener", lambda *_: None)
    monkeypatch.setattr(trials, "_run", lambda each, *_: (3.0 * each.workers, 1))
    layouts = [Layout("whisper.cpp", MODEL, workers, 1) for workers in (1, 2)]
    material = prepare(sample(), Settings(), tmp_path)
    found = run_trials(layouts, material, Settings(), 1, lambda line: None)
    assert [trial.speed for trial in found] == [6, 3]
    assert last_speed(MODEL.sha256) == 6


def test_table() -> None:
    lines = table([Trial(Layout("whisper.cpp", MODEL, 2, 1), 9.87, 300_000_000)]).splitlines()
    assert lines[0].split("  ")[0] == "ENGINE"
    assert lines[1].split() == ["whisper.cpp", "base", "cpu", "2", "1", "9.9", "300", "MB"]
