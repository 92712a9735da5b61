"""No dependency tells anyone about the machine."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from transcribe.core import telemetry

ROOT = Path(__file__).resolve().parents[3]
SWITCHES = {switch.variable: switch.value for switch in telemetry.SWITCHES}


def environment(home: Path, **more: str) -> dict[str, str]:
    """Of a user who has set no switch, outside continuous integration."""
    return {"HOME": str(home), "PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)} | more


def python(program: str, env: dict[str, str], *options: str) -> str:
    command = [sys.executable, *options, "-c", program]
    return subprocess.run(command, env=env, check=True, capture_output=True, text=True).stdout


@pytest.mark.parametrize("package", ["transcribe", "benchmarks"])
def test_the_switches_are_set_before_anything_foreign_is_imported(package: str, tmp_path: Path) -> None:
    """Whatever part of a package a process imports, it imports the package itself first."""
    program = (
        f"import os, sys, {package}\n"
        f"print({{name: os.environ.get(name) for name in {list(SWITCHES)}}} == {SWITCHES})\n"
        "print(*{name.partition('.')[0] for name in sys.modules} - sys.stdlib_module_names - {'__main__'})"
    )
    quiet, foreign = python(program, environment(tmp_path), "-S").splitlines()
    assert quiet == "True"
    assert set(foreign.split()) == {"transcribe", package}


def test_a_value_that_says_the_opposite_is_overruled(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in SWITCHES.items():
        monkeypatch.setenv(name, "1" if value == "0" else "0")
    monkeypatch.delitem(sys.modules, "onnxruntime", raising=False)  # of another test
    telemetry.turn_off()
    assert {name: os.environ[name] for name in SWITCHES} == SWITCHES


def test_the_model_hub_is_quiet_also_if_it_was_imported_before(tmp_path: Path) -> None:
    program = (
        "from huggingface_hub import constants\nimport transcribe\nprint(constants.HF_HUB_DISABLE_TELEMETRY)"
    )
    assert python(program, environment(tmp_path)) == "True\n"


@pytest.mark.parametrize("value", ["", "0", "false"])
def test_onnxruntime_leaves_nothing(value: str, tmp_path: Path) -> None:
    python("import transcribe, onnxruntime", environment(tmp_path, ORT_DISABLE_TELEMETRY=value))
    assert list(tmp_path.rglob("*")) == []


def test_an_onnxruntime_that_was_imported_before_is_told_and_so_is_the_user(tmp_path: Path) -> None:
    program = (
        "import warnings\nimport onnxruntime\n"
        "with warnings.catch_warnings(record=True) as caught:\n    import transcribe\n"
        "print(*[each.message for each in caught], sep='\\n')"
    )
    said = python(program, environment(tmp_path))
    began = any(tmp_path.rglob("deviceid"))  # only versions that have telemetry begin
    assert ("onnxruntime was imported before transcribe" in said) == began
    quiet = environment(tmp_path / "quiet", ORT_DISABLE_TELEMETRY="TRUE")
    assert python(program, quiet) == "\n"


@pytest.mark.parametrize("variable", ["HOME", "XDG_CACHE_HOME"])
def test_the_queue_is_found_where_onnxruntime_leaves_it(
    variable: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    env = environment(tmp_path) | {variable: str(tmp_path / "elsewhere")}
    python("import onnxruntime", env)
    left = next(tmp_path.rglob("deviceid"), None)
    if left is None:
        pytest.skip("this version of onnxruntime has no telemetry")
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    for name in ("HOME", variable):
        monkeypatch.setenv(name, env[name])
    assert telemetry.queue() == left.parent
    shutil.rmtree(left.parent)
    assert telemetry.queue() is None
