"""The wheel works where the checkout is not: built, installed elsewhere, started as a command."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from collections.abc import Sequence
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "samples" / "two-voices.flac"
NETWORK = "TRANSCRIBE_TEST_NETWORK"


def run(command: Sequence[str | Path], cwd: Path) -> str:
    """Run a command away from the checkout, without the variables that would lead back to it."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        [str(part) for part in command], cwd=cwd, env=environment, check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    run([sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, ROOT], folder)
    return next(folder.glob("*.whl"))


@pytest.fixture(
    scope="module",
    params=[
        "dependencies lent",
        pytest.param(
            "dependencies installed",
            marks=pytest.mark.skipif(
                NETWORK not in os.environ, reason="installs from a package index; make build runs it"
            ),
        ),
    ],
)
def environment(
    request: pytest.FixtureRequest, wheel: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """The folder with the commands of a virtual environment that holds the wheel and no checkout."""
    folder = tmp_path_factory.mktemp("elsewhere")
    venv.create(folder, with_pip=False, symlinks=os.name == "posix")
    paths = sysconfig.get_paths("venv", vars={"base": str(folder), "platbase": str(folder)})
    options = []
    if request.param == "dependencies lent":
        options = ["--no-deps", "--no-index"]
        lent = Path(paths["purelib"]) / "lent.pth"  # what this says is not followed any further
        lent.write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    python = Path(paths["scripts"]) / "python"
    run([sys.executable, "-m", "pip", "--python", python, "install", "--quiet", *options, wheel], folder)
    return Path(paths["scripts"])


def test_wheel_holds_the_package_and_its_data_only(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.split("/")[0] for name in names}
    assert tops == {"transcribe", "-".join(wheel.name.split("-")[:2]) + ".dist-info"}
    assert "transcribe/py.typed" in names
    shipped = {name.removeprefix("transcribe/_templates/") for name in names if "/_templates/" in name}
    templates = ROOT / "templates"
    assert shipped
    assert shipped == {str(path.relative_to(templates)) for path in templates.rglob("*") if path.is_file()}


def test_command_answers(environment: Path, wheel: Path, tmp_path: Path) -> None:
    version = wheel.name.split("-")[1]
    assert version in run([environment / "transcribe", "--version"], tmp_path)
    formats = run([environment / "transcribe", "formats"], tmp_path)
    assert all(name in formats for name in ("txt", "srt", "vtt", "json", "tsv"))


def test_modules_come_from_the_wheel(environment: Path, tmp_path: Path) -> None:
    found = run([environment / "python", "-c", "import transcribe; print(transcribe.__file__)"], tmp_path)
    assert Path(found.strip()).is_relative_to(environment.parent)


@pytest.mark.real
@pytest.mark.slow
def test_command_transcribes(environment: Path, tmp_path: Path, tiny_en_model: object) -> None:
    command: list[str | Path] = [
        environment / "transcribe",
        SAMPLE,
        "--model",
        "tiny.en",
        "--to",
        "12",
        "-o",
        "out",
    ]
    run(command, tmp_path)
    assert "best of times" in (tmp_path / "out" / "two-voices.txt").read_text(encoding="utf-8")
    assert {path.suffix for path in (tmp_path / "out").iterdir()} == {".txt", ".srt", ".vtt", ".json"}
