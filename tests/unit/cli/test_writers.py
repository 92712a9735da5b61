"""Choosing a writer, and `transcribe llm list`."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest
from llm_server import always, ollama_answer, ollama_routes, serving

from transcribe.cli.main import run
from transcribe.core.config import load
from transcribe.core.errors import DependencyError, ModelError, NetworkError, UsageError
from transcribe.core.settings import Settings
from transcribe.engines.llm import find, servers
from transcribe.jobs.assemble.writer import choose_writer


@pytest.fixture(autouse=True)
def no_models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRANSCRIBE_MODELS_DIR", str(tmp_path / "models"))


def settings(writer: str, **values: object) -> Settings:
    return Settings.of(writer=writer, **values)


def test_extractive_needs_no_model() -> None:
    assert choose_writer(settings("extractive")) is None


@pytest.mark.parametrize("writer", ["gpt", "extractive:x", "", "Ollama:x"])
def test_unknown_writer_names_what_there_is(writer: str) -> None:
    with pytest.raises(UsageError, match=r"extractive, llama\.cpp, ollama, lmstudio, jan"):
        choose_writer(settings(writer))


def test_missing_package_or_model_names_the_command() -> None:
    with pytest.raises((ModelError, DependencyError), match=r"Run: (transcribe models pull|pip install)"):
        choose_writer(settings("llama.cpp:qwen3-4b"))


def test_served_model_with_colons_in_its_name() -> None:
    with serving(ollama_routes(always(ollama_answer()))) as fake:
        opened = choose_writer(settings("ollama:qwen3:4b", writer_host=fake.url))
        assert opened is not None
        writer = opened()
    assert writer.name == "ollama"


def test_server_is_asked_only_when_the_writer_is_opened() -> None:
    with serving({}) as fake:
        url = fake.url
    opened = choose_writer(settings("llama-server", writer_host=url))
    assert opened is not None
    with pytest.raises(NetworkError, match="does not answer"):
        opened()


def test_host_that_is_none() -> None:
    with pytest.raises(UsageError, match="not the URL of a server"):
        choose_writer(settings("ollama", writer_host="my-server"))


def test_folder_with_prompts_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no folder with prompts"):
        choose_writer(settings("llama-server", writer_prompts=tmp_path / "no"))


def test_profile_sets_what_a_modelfile_does(tmp_path: Path) -> None:
    (tmp_path / "prompts").mkdir()
    mine = tmp_path / "mine.toml"
    mine.write_text(
        """
        [profiles.notes]
        notes = true
        writer = "ollama:qwen3:4b"
        writer_context = 8192
        writer_prompts = "prompts"

        [profiles.dry]
        from = "notes"
        writer_temperature = 0.0
        writer_system = "Be dry."
        """
    )
    notes = load({}, profile="dry", environ={"TRANSCRIBE_CONFIG": str(mine)}, cwd=tmp_path).settings.notes
    assert (notes.writer, notes.writer_context, notes.writer_temperature) == ("ollama:qwen3:4b", 8192, 0.0)
    assert notes.writer_system == "Be dry."
    assert notes.writer_prompts == tmp_path / "prompts"


def test_folder_of_somebody_else_may_not_choose_the_host(tmp_path: Path) -> None:
    (tmp_path / "transcribe.toml").write_text('writer_host = "http://192.0.2.1"\n')
    found = load({}, environ={}, cwd=tmp_path)
    assert [each.option.name for each in found.refused] == ["writer_host"]
    assert found.settings.notes.writer_host == ""


def test_list(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    with serving(ollama_routes(always(ollama_answer()))) as fake:
        kind = servers.KINDS["ollama"]
        monkeypatch.setattr(find, "KINDS", {"ollama": dataclasses.replace(kind, ports=(fake.port,))})
        assert run(["llm", "list", "--json"]) == 0
        rows = json.loads(capsys.readouterr().out)
        assert run(["llm", "list"]) == 0
        table = capsys.readouterr().out
    assert [(row["writer"], row["context"], row["cloud"]) for row in rows] == [
        ("ollama:qwen3:4b", 40_960, False),
        ("ollama:llama3.2:latest", 4096, False),
        ("ollama:gpt-oss:120b", 40_960, True),
    ]
    assert "40,960  Ollama 0.12.6, http://127.0.0.1:" in table
    assert "refused" in table


def test_list_of_nothing(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    with serving({}) as fake:
        port = fake.port
    kind = servers.KINDS["ollama"]
    monkeypatch.setattr(find, "KINDS", {"ollama": dataclasses.replace(kind, ports=(port,))})
    assert run(["llm", "list"]) == 0
    assert "transcribe models pull" in capsys.readouterr().err
