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
    monkeypatch.setattr("platformdirs.user_cache_dir", lambda *_, **__: str(tmp_path / "cache"))
    path = tmp_path / "ggml-mine.bin"
    write_random_ggml(NARROW, path)
    return path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(models, arguments)


def test_import_list_path_verify_remove(ggml: Path) -> None:
    assert run("import", str(ggml)).exit_code == 0
    assert run("list").stdout.splitlines()[1].split()[:3] == ["mine", "recognition", "*ggml"]
    listed = json.loads(run("list", "--json").stdout)
    assert [row["name"] for row in listed if row["installed"]] == ["mine"]
    assert {"base", "large-v3", "smollm2"} <= {row["name"] for row in listed}
    found = run("path", "mine").stdout.rstrip("\n")
    assert Path(found).read_bytes() == ggml.read_bytes()
    assert run("verify").stdout == "mine: good\n"
    assert run("remove", "mine").exit_code == 0
    assert not Path(found).exists()


def test_list_has_a_line_a_model_and_an_object_a_form(ggml: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from transcribe.jobs.speed import remember_speed

    monkeypatch.setattr("transcribe.jobs.assemble.choice.form_of_machine", lambda _: "ctranslate2")
    run("import", str(ggml))
    assert run("convert", "mine").exit_code == 0
    run("quantize", "mine")
    rows = [row for row in json.loads(run("list", "--json").stdout) if row["model"] == "mine"]
    assert [(row["name"], row["form"], row["installed"]) for row in rows] == [
        ("mine", "ggml", True),
        ("mine-ct2", "ct2", True),
    ]
    remember_speed("ctranslate2 1.0", str(rows[1]["sha256"]), 120_000, 10)
    lines = run("list").stdout.splitlines()
    assert {len(line) <= 110 for line in lines} == {True}
    assert "recognition  *ct2 *ggml" in lines[1]
    assert "12 ×" in lines[1]
    assert "(from mine)" in lines[2]
    assert [line.split()[2] for line in lines if line.startswith("medium ")] == ["ct2"]
    names = [line.split()[0] for line in lines[1:]]
    assert len(names) == len(set(names))


def test_convert_of_what_has_one_form(ggml: Path) -> None:
    assert isinstance(run("convert", "nothing").exception, ModelError)
    run("import", str(ggml), "--name", "small-one", "--quantize", "q8_0")
    assert "its weights are q8_0" in str(run("convert", "small-one").exception)


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
