"""`--engine parakeet` on the command line, with a generated model of the same graph."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from desk import Desk
from parakeet_model import NAME, install_parakeet

from transcribe.models.installed import InstalledModel
from transcribe.models.store import Store

CYRILLIC = ["Добры", "вечур."]


@pytest.fixture
def store(desk: Desk, tmp_path: Path, clip: Path) -> Store:
    """The desk's own, empty one, with six seconds of speech beside it."""
    shutil.copy(clip, desk.folder)
    desk.environment["TRANSCRIBE_MODELS_DIR"] = str(tmp_path / "models")
    (tmp_path / "models").mkdir()
    return Store(tmp_path / "models")


def test_naming_the_model_is_enough(desk: Desk, store: Store) -> None:
    install_parakeet(store, ["It", "was", "the", "best", "of", "times."])
    outcome = desk.run("clip.wav", "-m", NAME)
    assert outcome.code == 0, outcome.stderr
    assert "parakeet on " in outcome.stderr
    document = json.loads((desk.folder / "clip.json").read_text("utf-8"))
    words = [word for segment in document["segments"] for word in segment["words"]]
    assert [word["text"] for word in words] == ["It", "was", "the", "best", "of", "times."]
    assert {round(word["probability"], 2) for word in words} == {0.9}
    times = [time for word in words for time in (word["start_ms"], word["end_ms"])]
    assert times == sorted(times)
    assert document["language"]["code"] == "en"
    assert document["engine"].startswith("onnx-asr ")


def test_another_script_is_reported_where_there_is_no_whisper(desk: Desk, store: Store) -> None:
    install_parakeet(store, CYRILLIC)
    outcome = desk.run("clip.wav", "--engine", "parakeet", "--language", "pl")
    assert outcome.code == 0, outcome.stderr
    assert "in another script" in (desk.folder / "clip.review.md").read_text("utf-8")


def test_another_script_is_heard_again_by_whisper(
    desk: Desk, store: Store, base_model: InstalledModel
) -> None:
    install_parakeet(store, CYRILLIC)
    shutil.copytree(base_model.path.parent, store.root / "base")
    outcome = desk.run("clip.wav", "--engine", "parakeet", "--language", "en")
    assert outcome.code == 0, outcome.stderr
    assert "It was the best of times" in (desk.folder / "clip.txt").read_text("utf-8")
    document = json.loads((desk.folder / "clip.json").read_text("utf-8"))
    assert "doubts heard by base" in document["engine"]
    assert {spot["kind"] for spot in document["coverage"]["spots"]} == {"redecoded"}


def test_what_is_missing_or_altered(desk: Desk, store: Store) -> None:
    assert f"transcribe models pull {NAME}" in desk.run("clip.wav", "--engine", "parakeet").error()
    model = install_parakeet(store, ["one"])
    assert "Use Whisper" in desk.run("clip.wav", "-m", NAME, "-l", "ja").error()
    vocabulary = model.path.with_name("vocab.txt")
    vocabulary.write_text(vocabulary.read_text("utf-8").replace("one", "two"), "utf-8")
    assert "vocab.txt has changed since it was installed" in desk.run("clip.wav", "-m", NAME).error()
    vocabulary.unlink()
    assert "models remove" in desk.run("clip.wav", "-m", NAME).error()
