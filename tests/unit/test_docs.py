"""The reference pages say what the code says."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import click
import pytest

from transcribe.cli.root import root
from transcribe.core.settings import OPTIONS

ROOT = Path(__file__).resolve().parents[2]


def page(name: str) -> str:
    return (ROOT / "docs" / name).read_text(encoding="utf-8")


def commands(path: str, group: click.Group) -> dict[str, click.Command]:
    found = {}
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        found.update(
            commands(f"{path} {name}", command)
            if isinstance(command, click.Group)
            else {f"{path} {name}": command}
        )
    return found


def test_generated_parts_are_up_to_date() -> None:
    finished = subprocess.run(
        [sys.executable, "docs/generate.py", "--check"],
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (finished.returncode, finished.stderr) == (0, "")


@pytest.mark.parametrize("path", commands("transcribe", root))
def test_every_command_and_option_is_documented(path: str) -> None:
    _, found, rest = page("cli.md").partition(f"## {path}\n")
    assert found
    section = rest.partition("\n## ")[0]
    command = commands("transcribe", root)[path]
    for parameter in command.params:
        if isinstance(parameter, click.Option) and not parameter.hidden:
            assert parameter.opts[0] in section, parameter.opts
    assert command.help


@pytest.mark.parametrize("name", OPTIONS)
def test_every_key_is_documented(name: str) -> None:
    assert f"| `{name}` |" in page("configuration.md")
    assert f"`{OPTIONS[name].env}`" in page("cli.md")


@pytest.mark.parametrize("engine", OPTIONS["engine"].spec.choices)
def test_every_engine_is_documented(engine: str) -> None:
    assert f"`--engine {engine}`" in page("engines.md")
