"""Both engines as `make native` and `make llm` build them, side by side: a transcript with notes."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import pytest

from transcribe.cli.main import run
from transcribe.engines.whisper_cpp import matrix_kernels
from transcribe.models.importing import import_model
from transcribe.models.installed import InstalledModel
from transcribe.models.sources import pull
from transcribe.models.store import Store

SAMPLE = Path(__file__).resolve().parents[2] / "samples" / "two-voices.flac"

pytestmark = [
    pytest.mark.real,
    pytest.mark.slow,
    pytest.mark.skipif(
        importlib.util.find_spec("llama_cpp") is None or "LLAMAFILE" not in matrix_kernels(),
        reason="run: make native && make llm",
    ),
]


@pytest.fixture
def quantised(tiny_en_model: InstalledModel, tmp_path: Path) -> Path:
    return import_model(tiny_en_model.path, Store(tmp_path / "models"), "quantised", "q8_0").path


def test_transcript_and_notes_are_written(
    quantised: Path,
    model_store: Store,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """SmolLM2 writes mostly rubbish, which the notes do without: that it answers is what counts."""
    writer = pull("smollm2", model_store, "index")
    monkeypatch.setenv("TRANSCRIBE_WORK_DIR", str(tmp_path / "work"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    command = [str(SAMPLE), "-m", str(quantised), "-o", str(tmp_path), "-f", "json,notes"]
    options = ["--writer", f"llama.cpp:{writer.path}", "--writer-context", "2304", "--progress", "json"]
    assert run([*command, *options]) == 0
    told = capsys.readouterr().err
    events = [json.loads(line) for line in told.splitlines()]
    written = [event for event in events if event["event"] == "writer_advanced"]
    assert any(event["tokens_per_second"] for event in written), told
    assert "crashed" not in told
    document = json.loads((tmp_path / "two-voices.json").read_bytes())
    assert "LLAMAFILE" in document["engine"]
    assert "best of times" in " ".join(segment["text"] for segment in document["segments"])
    assert document["notes"]["chapters"]
    assert (tmp_path / "two-voices.notes.md").read_text("utf-8").strip()
