"""`transcribe models` as people use it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from benchmarks.shapes import NARROW, write_random_ggml
from transcribe.cli.models import models
from transcribe.core.errors import ModelError


@pytest.fixture
def ggml(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A ggml file, beside an empty store."""
    monkeypatch.setenv("TRANSCRIBE_MODELS_DIR", str(tmp_path / "models"))
    path = tmp_path / "ggml-mine.bin"
    write_random_ggml(NARROW, path)
    return path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(models, arguments)


def test_import_list_path_verify_remove(ggml: Path) -> None:
    assert run("import", str(ggml)).exit_code == 0
    assert run("list").stdout.splitlines()[1].split()[:3] == ["*", "mine", "whisper"]
    listed = json.loads(run("list", "--json").stdout)
    assert [row["name"] for row in listed if row["installed"]] == ["mine"]
    assert {"base", "large-v3", "smollm2"} <= {row["name"] for row in listed}
    found = run("path", "mine").stdout.rstrip("\n")
    assert Path(found).read_bytes() == ggml.read_bytes()
    assert run("verify").stdout == "mine: good\n"
    assert run("remove", "mine").exit_code == 0
    assert not Path(found).exists()


def test_quantize_makes_smaller_weights_beside_the_model(ggml: Path) -> None:
    run("import", str(ggml))
    assert run("quantize", "mine").exit_code == 0
    sizes = {
        row["name"]: row["bytes"] for row in json.loads(run("list", "--json").stdout) if row["installed"]
    }
    assert 0 < sizes["mine-q8_0"] < sizes["mine"]
    assert isinstance(run("quantize", "nothing").exception, ModelError)


def test_verify_tells_which_one_is_bad(ggml: Path) -> None:
    run("import", str(ggml), "--name", "good")
    run("import", str(ggml), "--name", "bad", "--quantize", "q8_0")
    Path(run("path", "bad").stdout.rstrip("\n")).write_bytes(b"lmgg")
    result = run("verify")
    assert result.stdout.splitlines() == ["good: good", "bad: bad"]
    assert "truncated" in result.stderr
    assert isinstance(result.exception, ModelError)


def test_verify_of_an_unknown_name(ggml: Path) -> None:
    assert isinstance(run("verify", "nothing").exception, ModelError)


def test_pull_of_an_unknown_name(ggml: Path) -> None:
    result = run("pull", "bass")
    assert isinstance(result.exception, ModelError)
    assert "Did you mean base" in str(result.exception)
