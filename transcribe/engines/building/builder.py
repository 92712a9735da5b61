"""Builds a package with pip, unpacks it aside and installs it once it has worked in child processes.

Nothing needs root: cmake and ninja come with pip's build environment; a C++ compiler and Python's headers
have to be there. A build that fails, or does not work, is made once more without AMX, on a processor with it.
"""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import sysconfig
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from transcribe.core import processes
from transcribe.core.errors import DependencyError, EngineError, TranscribeError
from transcribe.core.own_process import how_it_ended
from transcribe.core.processes import find_program, python
from transcribe.engines.building.processor import NATIVE, processor_flags, without_amx

PATIENCE_SECONDS = 900
"""A trial takes longer only when what is tried hangs."""

UNCHANGED = "What was installed before stays in place"

PROGRAM = python("-m", "transcribe")

Tell = Callable[[str], None]


@dataclass(frozen=True)
class Recipe:
    """How a package is built and tried.

    Attributes:
        environment: From settings of cmake and the user's environment to the environment of the build.
        try_out: Tries the package that is unpacked in a folder; raises EngineError when it does not work.
    """

    requirement: str
    options: tuple[str, ...]
    environment: Callable[[Mapping[str, str], Mapping[str, str]], dict[str, str]]
    try_out: Callable[[Path], None]


def good_build(recipe: Recipe, folder: Path, tell: Tell, *, dependencies: bool = False) -> Path:
    """A wheel that has worked: with everything that this processor has, else without AMX if it has that.

    Args:
        dependencies: Whether what it needs is unpacked beside it.

    Raises:
        DependencyError: The last one fails.
        EngineError: The last one does not work.
    """
    ways = {"for this machine": NATIVE}
    flags = processor_flags()
    if any(flag.startswith("amx") for flag in flags):
        ways["without AMX"] = without_amx(flags)
    failure: TranscribeError = EngineError("nothing was built")
    for way, settings in ways.items():
        tell(f"Building {recipe.requirement} {way}; this takes some minutes")
        environment = recipe.environment(settings, processes.environment())
        place = folder / way.replace(" ", "-")
        try:
            wheel = fetch_wheel(
                recipe.requirement, place, *recipe.options, "--no-cache-dir", environment=environment
            )
            recipe.try_out(unpacked(wheel, place, dependencies=dependencies))
        except DependencyError as error:
            tell(f"The build {way} fails: {error}")
            failure = error
        except EngineError as error:
            tell(f"What was built {way} does not work: {error.what}")
            failure = error
        else:
            if settings is not NATIVE:
                tell("It was built without AMX, whose code in ggml fails on this machine")
            return wheel
    raise type(failure)(f"no build works here ({failure.what})", UNCHANGED)


def unpacked(wheel: Path, folder: Path, *, dependencies: bool = False) -> Path:
    """The package of a wheel in a folder that can be put before all others with `PYTHONPATH`."""
    place = folder / "unpacked" / wheel.parent.name
    needs = () if dependencies else ("--no-deps",)
    pip("install", *needs, "--target", str(place), str(wheel))
    return place


def check_tools() -> None:
    """Whether everything a build needs is there.

    Raises:
        DependencyError: Something is missing; the message says what and where to get it.
    """
    if importlib.util.find_spec("pip") is None:
        raise DependencyError("pip is missing from this Python", f"Run: {sys.executable} -m ensurepip")
    for variable, names in {"CC": ("cc", "gcc", "clang"), "CXX": ("c++", "g++", "clang++")}.items():
        wished = os.environ.get(variable)
        if not any(map(find_program, wished.split()[:1] if wished else names)):
            raise DependencyError(
                f"there is no C++ compiler (looked for {wished or ', '.join(names)})",
                "Install one (Debian, Ubuntu: build-essential; Fedora: gcc-c++), or stay with the wheel",
            )
    header = Path(sysconfig.get_path("include"), "Python.h")
    if not header.is_file():
        raise DependencyError(
            f"Python's headers are missing ({header})",
            "Install them (Debian, Ubuntu: python3-dev; Fedora: python3-devel), or stay with the wheel",
        )


def fetch_wheel(
    requirement: str, folder: Path, *options: str, environment: Mapping[str, str] | None = None
) -> Path:
    """Fetch or build one wheel, with the user's own configuration of pip."""
    pip("wheel", "--no-deps", "--wheel-dir", str(folder), *options, requirement, environment=environment)
    return next(folder.glob("*.whl"))


def pip(command: str, *arguments: str, environment: Mapping[str, str] | None = None) -> None:
    """Run pip; it speaks for itself when it fails.

    Raises:
        DependencyError: It failed.
    """
    options = ("--quiet", "--disable-pip-version-check", "--no-input")
    done = subprocess.run(
        python("-m", "pip", command, *options, *arguments),
        stdin=subprocess.DEVNULL,
        env=environment or processes.environment(),
        check=False,
    )
    if done.returncode != 0:
        raise DependencyError(f"pip {command} {arguments[-1]} failed", "Its messages stand above")


def with_package(package: Path | None) -> dict[str, str]:
    """The environment in which the package of a folder comes before one that is installed."""
    if package is None:
        return dict(os.environ)
    before = os.environ.get("PYTHONPATH", "")
    return {**os.environ, "PYTHONPATH": f"{package}{os.pathsep}{before}" if before else str(package)}


def last_words(done: subprocess.CompletedProcess[str]) -> str:
    """The last error that a program told, else its last line, or how it ended."""
    lines = [line for line in done.stderr.splitlines() if line.strip()]
    lines = [line for line in lines if " error: " in line] or lines
    return lines[-1].strip() if lines and done.returncode > 0 else f"it {how_it_ended(done.returncode)}"


def run(command: Sequence[str], environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Run a program to its end.

    Raises:
        EngineError: It takes longer than `PATIENCE_SECONDS`.
    """
    try:
        return subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            env=environment,
            timeout=PATIENCE_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise EngineError(f"it was not done after {PATIENCE_SECONDS // 60} minutes", UNCHANGED) from None
