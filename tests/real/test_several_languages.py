"""`--language multi` with a real model: each stretch in its own language, and nothing translated."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from transcribe.cli.main import run
from transcribe.models.installed import InstalledModel

ROOT = Path(__file__).resolve().parents[2]
ENGLISH_GERMAN = ROOT.parent / "shared" / "audio" / "multilingual-en-de.mp3"
"""The MIT licence, read in English until 0:29 and in German from 0:31 on."""

pytestmark = [pytest.mark.real, pytest.mark.slow]


@pytest.fixture(autouse=True)
def work_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRANSCRIBE_WORK_DIR", str(tmp_path / "work"))


def transcribe(recording: Path, out: Path) -> dict[str, Any]:
    options = ("-l", "multi", "-m", "base", "-f", "json", "-q")
    assert run([str(recording), "-o", str(out), *options]) == 0
    document: dict[str, Any] = msgspec.json.decode((out / f"{recording.stem}.json").read_bytes())
    return document


def test_english_and_then_german(base_model: InstalledModel, tmp_path: Path) -> None:
    if not ENGLISH_GERMAN.is_file():
        pytest.skip("the recording in two languages is not in ../shared/audio")
    document = transcribe(ENGLISH_GERMAN, tmp_path)
    assert {segment["language"] for segment in document["segments"] if segment["end_ms"] < 30_000} == {"en"}
    assert {segment["language"] for segment in document["segments"] if segment["start_ms"] > 30_000} == {"de"}
    texts = {
        code: " ".join(each["text"] for each in document["segments"] if each["language"] == code)
        for code in ("en", "de")
    }
    assert "Permission is hereby granted, free of charge" in texts["en"]
    assert "copyright notice" in texts["en"]
    assert "Software" in texts["de"]
    assert "das Recht" in texts["de"]
    assert "permission" not in texts["de"].lower()
    language = document["language"]
    assert language["code"] in ("en", "de")
    assert 0.4 < language["share"] < 0.6


def test_a_recording_in_one_language(base_model: InstalledModel, tmp_path: Path) -> None:
    document = transcribe(ROOT / "samples" / "two-voices.flac", tmp_path)
    assert {segment["language"] for segment in document["segments"]} == {"en"}
    assert (document["language"]["code"], document["language"]["share"]) == ("en", 1.0)
    assert "best of times" in document["segments"][0]["text"]
