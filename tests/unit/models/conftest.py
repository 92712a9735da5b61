"""Small Whisper models with random weights."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.shapes import NARROW, write_random_ctranslate2, write_random_ggml, write_random_safetensors
from transcribe.models.store import Store


@pytest.fixture(scope="session")
def narrow_ggml(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("ggml") / "ggml-narrow.bin"
    write_random_ggml(NARROW, path)
    return path


@pytest.fixture(scope="session")
def narrow_ctranslate2(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("ctranslate2")
    write_random_ctranslate2(NARROW, folder)
    return folder


@pytest.fixture(scope="session")
def narrow_safetensors(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("safetensors")
    write_random_safetensors(NARROW, folder)
    return folder


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """An empty store, which the command line uses too; digests are remembered under tmp_path."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("TRANSCRIBE_MODELS_DIR", str(tmp_path / "models"))
    return Store()
