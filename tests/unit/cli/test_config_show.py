"""`transcribe config show`: a preset that starts from another, with all that it settles."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner

from transcribe.cli.root import root
from transcribe.core.config import load

PRESETS = """
[profiles.studio]
model = "tiny.en"
writer = "llama.cpp:smollm2"
writer_temperature = 0.6
writer_system = "Be warm."
writer_prompts = "prompts"
template = "blog.html.j2"
hosts = ["Anna Żółć"]

[profiles.dry]
from = "studio"
writer_temperature = 0.0
writer_system = "Be dry."
"""


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TRANSCRIBE_CONFIG", str(tmp_path / "mine.toml"))
    (tmp_path / "mine.toml").write_text(PRESETS, encoding="utf-8")
    (tmp_path / "prompts").mkdir()
    return tmp_path


def shown(*arguments: str) -> str:
    result = CliRunner().invoke(root, ["config", "show", "--profile", "dry", *arguments])
    assert result.exit_code == 0, result.exception
    return result.output


def test_a_byte_that_is_no_text_gives_valid_toml(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRANSCRIBE_PROMPT", "a\udcffb")
    assert tomllib.loads(shown("--toml"))["prompt"] == r"a\xffb"


def test_a_preset_shows_its_own_values_and_those_it_starts_from(here: Path) -> None:
    options = json.loads(shown("--json"))["options"]
    values = {name: option["value"] for name, option in options.items()}
    assert (values["model"], values["writer"]) == ("tiny.en", "llama.cpp:smollm2")
    assert (values["writer_temperature"], values["writer_system"]) == (0.0, "Be dry.")
    assert values["writer_prompts"] == str(here / "prompts")
    assert values["template"] == str(here / "blog.html.j2")
    assert values["hosts"] == ["Anna Żółć"]
    origins = [options[name]["origin"] for name in ("writer", "writer_system")]
    assert origins == [
        f"{here / 'mine.toml'}, line 4 (profile studio)",
        f"{here / 'mine.toml'}, line 14 (profile dry)",
    ]


def test_a_preset_can_be_frozen_into_a_file_that_needs_no_profile(here: Path) -> None:
    (here / "frozen.toml").write_text(shown("--toml"), encoding="utf-8")
    assert load({}, here / "frozen.toml").settings == load({}, profile="dry").settings
