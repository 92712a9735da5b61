"""Nothing is imported from, and no program run in, the folder one happens to be in."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
from pathlib import Path

import pytest

from transcribe.core import processes

ANSWER = 7


@pytest.fixture
def hostile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder: it has modules that Python's own start-up imports, and an `ffmpeg`."""
    for name in ("multiprocessing", "pip", "runpy", "pickle", "transcribe"):
        (tmp_path / f"{name}.py").write_text(f"open({str(tmp_path / 'run')!r}, 'a').write({name!r})")
    program = tmp_path / "ffmpeg"
    program.write_text("#!/bin/sh\ntouch run\n")
    program.chmod(0o755)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _exit() -> None:
    sys.exit(ANSWER)


@pytest.mark.parametrize("method", ["spawn", "forkserver"])
def test_a_process_of_any_kind_imports_nothing_from_here(hostile: Path, method: str) -> None:
    process = multiprocessing.get_context(method).Process(target=_exit)  # type: ignore[attr-defined]
    processes.start(process)
    process.join()
    assert process.exitcode == ANSWER
    assert not (hostile / "run").exists()


def test_this_python_as_a_child_imports_nothing_from_here(hostile: Path) -> None:
    for arguments in (("-m", "pip", "--version"), ("-m", "transcribe", "--version"), ("-c", "import pip")):
        subprocess.run(processes.python(*arguments), check=True, capture_output=True)
    assert not (hostile / "run").exists()


@pytest.mark.parametrize("search", [".", "", ".:/nowhere", ":/nowhere", "/nowhere:", "./", "../{here}"])
def test_no_program_is_found_in_the_current_folder(hostile: Path, search: str) -> None:
    path = search.format(here=hostile.name)
    assert processes.find_program("ffmpeg", {"PATH": path}) is None
    assert processes.find_program("ffmpeg", {"PATH": f"{path}:{hostile}"}) == str(hostile / "ffmpeg")


def test_a_program_may_be_named_by_its_path(hostile: Path) -> None:
    assert processes.find_program("./ffmpeg", {}) == str(hostile / "ffmpeg")
    assert processes.find_program("./none", {}) is None
    assert processes.find_program("./run", {}) is None


def test_children_get_a_search_path_without_the_current_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/usr/bin::.:bin:/bin")
    child = processes.environment(LC_ALL="C")
    assert (child["PATH"], child["LC_ALL"]) == ("/usr/bin:/bin", "C")


def test_the_environment_is_as_it_was_afterwards(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", ".:/bin")
    monkeypatch.delenv("PYTHONSAFEPATH", raising=False)
    with processes.safe_path():
        assert (os.environ["PYTHONSAFEPATH"], os.environ["PATH"]) == ("1", "/bin")
    assert os.environ["PATH"] == ".:/bin"
    assert "PYTHONSAFEPATH" not in os.environ


def test_a_current_folder_that_was_deleted(tmp_path: Path) -> None:
    folder = tmp_path / "gone"
    folder.mkdir()
    code = (
        "import os; os.rmdir(os.getcwd())\n"
        "from transcribe.core.processes import forget_current_folder as forget; forget()"
    )
    subprocess.run([sys.executable, "-c", code], cwd=folder, check=True)


def test_the_program_in_its_own_folder_is_found_by_its_children() -> None:
    """`python -c` and `-m` put the current folder on the path, and PYTHONPATH names it once more."""
    root = Path(processes.__file__).parents[2]
    code = (
        "import sys; import transcribe.__main__\n"
        "from transcribe.core.processes import forget_current_folder as forget; forget()\n"
        f"assert {str(root)!r} in sys.path, sys.path"
    )
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONSAFEPATH"}
    command = [sys.executable, "-c", code]
    subprocess.run(command, cwd=root, check=True, env=environment | {"PYTHONPATH": str(root)})
