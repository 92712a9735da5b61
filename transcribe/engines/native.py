"""`make native`: the recognition engine built for this machine, in place of the wheel for every machine.

The wheel of `pywhispercpp` for Linux stays at AVX2 and multiplies matrices one row with one column at a
time. Built here, the same version uses every instruction of this processor, and the matrix kernels that
came to ggml from llamafile (`GGML_LLAMAFILE`), which whisper.cpp leaves out by default. Nothing needs root:
cmake and ninja come with pip's build environment; a C++ compiler and Python's headers have to be there.
Every library is told where its neighbours are (`$ORIGIN`), so no variable has to be set afterwards. What
was built has to hear the words that the wheel hears, or the wheel comes back.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import importlib.util
import json
import os
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Callable, Mapping, Sequence
from difflib import SequenceMatcher
from pathlib import Path

import click

from transcribe import processes
from transcribe.errors import DependencyError, EngineError, TranscribeError
from transcribe.processes import find_program, python

ENGINE = "pywhispercpp"
KERNELS = "LLAMAFILE"
"""What the engine calls the matrix kernels it was built with, among its instructions."""

SAME_WORDS = 0.97
"""Likeness of two transcripts; sums in another order may change a word in a hundred."""

PATIENCE_SECONDS = 900
"""A short recording takes longer only when the workers hang."""

Tell = Callable[[str], None]


def main(arguments: Sequence[str] | None = None) -> int:
    """Build, install and check; return the exit code."""
    parser = argparse.ArgumentParser(prog="make native", description="Build the engine for this machine.")
    parser.add_argument("recording", type=Path, help="a minute of speech that both builds have to hear alike")
    recording = parser.parse_args(arguments).recording
    try:
        install(recording, click.echo)
    except TranscribeError as error:
        click.echo(f"native: error: {error}", err=True)
        return error.exit_code
    return 0


def install(recording: Path, tell: Tell) -> None:
    """Replace the engine of this Python environment by one built for this machine.

    Raises:
        DependencyError: Something that is needed is missing, or the build fails; nothing has changed.
        EngineError: What was built does not do as well as the wheel, which is installed instead.
    """
    if sys.platform == "darwin":
        tell("Nothing to build: on a Mac the wheel uses Metal and Accelerate already")
        return
    check_tools()
    version = importlib.metadata.version(ENGINE)
    with tempfile.TemporaryDirectory(prefix="transcribe-native-") as name:
        folder = Path(name)
        plain = _wheel(f"{ENGINE}=={version}", folder / "plain", "--only-binary", ":all:")
        tell(f"Building {ENGINE} {version}; this takes one to ten minutes")
        _replace(plain, build(version, folder), recording, folder, tell)


def _replace(plain: Path, built: Path, recording: Path, folder: Path, tell: Tell) -> None:
    """Install what was built if it does as well as the wheel, which is tried first and comes back if not."""
    _pip("install", "--force-reinstall", "--no-deps", str(plain))  # an earlier build is no yardstick
    before, expected = engine_build(), heard(recording, folder)
    tell(f"The wheel: {' '.join(before)}")
    try:
        _pip("install", "--force-reinstall", "--no-deps", str(built))
        after = engine_build()
        tell(f"Built now: {' '.join(after)}")
        check_build(before, after)
        check_words(expected, heard(recording, folder))
    except BaseException:
        tell("Putting the wheel back")
        _pip("install", "--force-reinstall", "--no-deps", str(plain))
        raise
    tell("It hears the same words" if expected else "No model is installed, so no recording was tried")


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


def build(version: str, folder: Path) -> Path:
    """Build the engine's wheel.

    Args:
        version: Of `pywhispercpp`.
        folder: Where the wheel is put.

    Raises:
        DependencyError: The build fails; what the tools said stands on standard error.
    """
    # A wheel built earlier, with other settings, may lie in pip's cache.
    options = ("--no-binary", ENGINE, "--no-cache-dir")
    environment = build_environment(processes.environment())
    return _wheel(f"{ENGINE}=={version}", folder / "built", *options, environment=environment)


def build_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment of the build: pywhispercpp's `setup.py` hands every variable on to cmake.

    Args:
        environment: What the user has set; it is kept.
    """
    return {
        **environment,
        "GGML_NATIVE": "ON",
        "GGML_LLAMAFILE": "ON",
        "CMAKE_BUILD_WITH_INSTALL_RPATH": "ON",
        "CMAKE_INSTALL_RPATH": "$ORIGIN",
    }


def engine_build() -> tuple[str, ...]:
    """What the engine that is installed now was built with; asked in a process of its own.

    Raises:
        EngineError: It does not load.
    """
    names = "*dict.fromkeys((*engine.matrix_kernels(), *engine.instructions()))"
    question = f"from transcribe.engines import whisper_cpp as engine; print({names})"
    done = _run(python("-c", question), os.environ)
    if done.returncode != 0:
        last = done.stderr.strip().splitlines()[-1:]
        raise EngineError(f"the engine does not load ({' '.join(last)})", "Try: transcribe doctor")
    return tuple(done.stdout.split())


def heard(recording: Path, folder: Path) -> str:
    """What the smallest installed model hears, with two forked workers; empty when none is installed.

    Raises:
        EngineError: It cannot be transcribed.
    """
    program = python("-m", "transcribe")
    models = json.loads(_run([*program, "models", "list", "--json"], os.environ).stdout)
    installed = [each for each in models if each["installed"] and each["kind"] == "whisper"]
    if not installed:
        return ""
    model = min(installed, key=lambda each: int(each["bytes"]))["name"]
    options = ["--model", model, "--language", "en", "--workers", "2", "--threads", "1"]
    output = ["--format", "txt", "--output", "-", "--quiet"]
    # A work folder of its own: what the other build heard must not be taken up.
    with tempfile.TemporaryDirectory(dir=folder) as work:
        environment = {**os.environ, "TRANSCRIBE_WORK_DIR": work}
        done = _run([*program, str(recording), *options, *output], environment)
    if done.returncode != 0:
        raise EngineError(
            f"{recording} cannot be transcribed: {done.stderr.strip()}", "Try: transcribe doctor"
        )
    return done.stdout


def check_build(before: Sequence[str], after: Sequence[str]) -> None:
    """Whether the new build can do all that the old one could, and has the matrix kernels.

    Raises:
        EngineError: It lacks something.
    """
    lost = {KERNELS, *before} - set(after)
    if lost:
        raise EngineError(
            f"the engine was built without {', '.join(sorted(lost))}", "The wheel stays in place"
        )


def check_words(before: str, after: str) -> None:
    """Whether both builds hear the same words, but for what rounding may change.

    Raises:
        EngineError: They do not.
    """
    likeness = SequenceMatcher(
        None, before.casefold().split(), after.casefold().split(), autojunk=False
    ).ratio()
    if likeness < SAME_WORDS:
        raise EngineError(
            f"the engine built here hears other words ({likeness:.0%} are the same)",
            "The wheel stays in place",
        )


def _wheel(
    requirement: str, folder: Path, *options: str, environment: Mapping[str, str] | None = None
) -> Path:
    """Fetch or build one wheel, with the user's own configuration of pip."""
    _pip("wheel", "--no-deps", "--wheel-dir", str(folder), *options, requirement, environment=environment)
    return next(folder.glob("*.whl"))


def _pip(command: str, *arguments: str, environment: Mapping[str, str] | None = None) -> None:
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


def _run(command: Sequence[str], environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
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
        raise EngineError(
            f"the engine has not answered for {PATIENCE_SECONDS} seconds", "The wheel stays in place"
        ) from None


if __name__ == "__main__":
    sys.exit(main())
