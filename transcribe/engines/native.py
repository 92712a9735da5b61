"""`make native` and `make llm`: engines built for this machine, installed only once they have worked.

The wheel of `pywhispercpp` for Linux stays at AVX2 and multiplies matrices one row with one column at a
time. Built here, the same version uses every instruction of this processor, and the matrix kernels that
came to ggml from llamafile (`GGML_LLAMAFILE`), which whisper.cpp leaves out by default. `llama-cpp-python`
has no wheel. Nothing needs root: cmake and ninja come with pip's build environment; a C++ compiler and
Python's headers have to be there. Every library knows where its neighbours are (`$ORIGIN`), so no variable
has to be set afterwards.

What was built is unpacked aside and tried in child processes: the recogniser has to hear, with f16 and with
quantised weights, what the wheel hears; a language model has to answer. ggml's code for AMX crashes with
quantised weights on some processors; a build that fails is therefore made once more without AMX.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import importlib.util
import json
import os
import platform
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import partial
from pathlib import Path

import click

from transcribe import processes
from transcribe.errors import DependencyError, EngineError, TranscribeError
from transcribe.own_process import how_it_ended
from transcribe.processes import find_program, python

ENGINE = "pywhispercpp"
KERNELS = "LLAMAFILE"
"""What the engine calls the matrix kernels it was built with, among its instructions."""

SAME_WORDS = 0.97
"""Likeness of two transcripts; sums in another order may change a word in a hundred."""

PATIENCE_SECONDS = 900
"""A short recording takes longer only when the workers hang."""

NATIVE = {"GGML_NATIVE": "ON"}

INSTRUCTIONS = {
    "GGML_SSE42": ("sse4_2",),
    "GGML_AVX": ("avx",),
    "GGML_AVX2": ("avx2",),
    "GGML_FMA": ("fma",),
    "GGML_F16C": ("f16c",),
    "GGML_BMI2": ("bmi2",),
    "GGML_AVX_VNNI": ("avx_vnni",),
    "GGML_AVX512": ("avx512f", "avx512cd", "avx512bw", "avx512dq", "avx512vl"),
    "GGML_AVX512_VBMI": ("avx512vbmi",),
    "GGML_AVX512_VNNI": ("avx512_vnni",),
    "GGML_AVX512_BF16": ("avx512_bf16",),
}
"""ggml's settings for instructions beside AMX, and what Linux calls these in /proc/cpuinfo."""

QUANTISED = ("q8_0", "q5_0")
"""Encodings that a build has to hear with, beside f16."""

LLM = "llama-cpp-python>=0.3.36"
TRIAL_LLM = "smollm2"

ASK = (
    "import sys; from pathlib import Path; "
    "from transcribe.chat import ChatIdentity, Question; "
    "from transcribe.engines.llm.llama_cpp import LlamaCpp; "
    "from transcribe.notes.answers import SCHEMA; "
    "model = LlamaCpp(Path(sys.argv[1]), ChatIdentity('llama.cpp', '', 'trial'), 2048, 1, 600); "
    "print(model.answer(Question('Answer with JSON.', 'Say hello.', SCHEMA, 40, 0.2)).text); model.close()"
)
"""A program that has a language model answer."""

UNCHANGED = "What was installed before stays in place"

PROGRAM = python("-m", "transcribe")

Tell = Callable[[str], None]


@dataclass(frozen=True)
class Recipe:
    """How a package is built and tried.

    Attributes:
        requirement: What pip builds.
        options: Options of pip for that.
        environment: From settings of cmake and the user's environment to the environment of the build.
        try_out: Tries the package that is unpacked in a folder; raises EngineError when it does not work.
    """

    requirement: str
    options: tuple[str, ...]
    environment: Callable[[Mapping[str, str], Mapping[str, str]], dict[str, str]]
    try_out: Callable[[Path], None]


def main(arguments: Sequence[str] | None = None) -> int:
    """Build, try and install; return the exit code."""
    parser = argparse.ArgumentParser(prog="make native", description="Build an engine for this machine.")
    parser.add_argument("recording", type=Path, help="a minute of speech that both builds have to hear alike")
    parser.add_argument("--llm", action="store_true", help="llama-cpp-python, instead of pywhispercpp")
    asked = parser.parse_args(arguments)
    try:
        (install_llm if asked.llm else install)(asked.recording, click.echo)
    except TranscribeError as error:
        click.echo(f"{'llm' if asked.llm else 'native'}: error: {error}", err=True)
        return error.exit_code
    return 0


def install(recording: Path, tell: Tell) -> None:
    """Replace the recogniser of this Python environment by one built for this machine.

    Raises:
        DependencyError: Something that is needed is missing, or the build fails; nothing has changed.
        EngineError: What was built does not do as well as the wheel; nothing has changed.
    """
    if sys.platform == "darwin":
        tell("Nothing to build: on a Mac the wheel uses Metal and Accelerate already")
        return
    check_tools()
    version = importlib.metadata.version(ENGINE)
    with tempfile.TemporaryDirectory(prefix="transcribe-native-") as name:
        folder = Path(name)
        models = trial_models(folder)
        plain = unpacked(_wheel(f"{ENGINE}=={version}", folder / "wheel", "--only-binary", ":all:"), folder)
        before, expected = engine_build(plain), [heard(recording, model, folder, plain) for model in models]
        tell(f"The wheel: {' '.join(before)}")

        def try_out(build: Path) -> None:
            after = engine_build(build)
            tell(f"Built now: {' '.join(after)}")
            check_build(before, after)
            for model, words in zip(models, expected, strict=True):
                check_words(words, heard(recording, model, folder, build), model.parent.name)

        recipe = Recipe(f"{ENGINE}=={version}", ("--no-binary", ENGINE), build_environment, try_out)
        _pip("install", "--force-reinstall", "--no-deps", str(good_build(recipe, folder, tell)))
    tell("It hears the same words, with f16 and with quantised weights")


def install_llm(_: Path, tell: Tell) -> None:
    """Build and install what language models run in.

    Raises:
        DependencyError: Something that is needed is missing, or the build fails; nothing has changed.
        EngineError: No language model answers in what was built; nothing has changed.
    """
    check_tools()
    with tempfile.TemporaryDirectory(prefix="transcribe-llm-") as name:
        folder = Path(name)
        model = trial_llm(folder)
        recipe = Recipe(LLM, ("--no-binary", LLM.partition(">")[0]), llm_environment, partial(asked, model))
        wheel = good_build(recipe, folder, tell, dependencies=True)
        _pip("install", "--force-reinstall", "--no-deps", str(wheel))
        _pip("install", f"{LLM.partition('>')[0]}[server]")  # what it needs, and its server for the tests
    tell("A language model has answered")


def good_build(recipe: Recipe, folder: Path, tell: Tell, *, dependencies: bool = False) -> Path:
    """A wheel that has worked: with everything that this processor has, else without AMX.

    Args:
        recipe: What to build and how to try it.
        folder: Where it is built and tried.
        tell: Told what happens.
        dependencies: Whether what it needs is unpacked beside it.

    Raises:
        DependencyError: A build fails.
        EngineError: Neither works.
    """
    ways = {"for this machine": NATIVE}
    if platform.machine().lower() in ("x86_64", "amd64"):
        ways["without AMX"] = without_amx(processor_flags())
    failure = EngineError("nothing was built")
    for way, settings in ways.items():
        tell(f"Building {recipe.requirement} {way}; this takes one to ten minutes")
        environment = recipe.environment(settings, processes.environment())
        place = folder / way.replace(" ", "-")
        wheel = _wheel(recipe.requirement, place, *recipe.options, "--no-cache-dir", environment=environment)
        try:
            recipe.try_out(unpacked(wheel, place, dependencies=dependencies))
        except EngineError as error:
            tell(f"What was built {way} does not work: {error.what}")
            failure = error
        else:
            if way != "for this machine":
                tell("It was built without AMX, whose code in ggml crashes on this machine")
            return wheel
    raise EngineError(f"no build works here ({failure.what})", UNCHANGED)


def unpacked(wheel: Path, folder: Path, *, dependencies: bool = False) -> Path:
    """The package of a wheel in a folder that can be put before all others with `PYTHONPATH`."""
    place = folder / "unpacked" / wheel.parent.name
    needs = () if dependencies else ("--no-deps",)
    _pip("install", *needs, "--target", str(place), str(wheel))
    return place


def processor_flags() -> frozenset[str]:
    """What the processor can do, as Linux calls it; nothing elsewhere."""
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8", "replace").splitlines()
    except OSError:
        return frozenset()
    return frozenset(next((line.partition(":")[2].split() for line in lines if line.startswith("flags")), []))


def without_amx(flags: frozenset[str]) -> dict[str, str]:
    """Settings of ggml's cmake for this processor without AMX.

    With `GGML_NATIVE` the compiler takes all that the processor has, and ggml's own switches for AMX do
    nothing (`ggml/src/ggml-cpu/CMakeLists.txt`): every other instruction is named here instead.
    """
    named = {name: "ON" if set(needs) <= flags else "OFF" for name, needs in INSTRUCTIONS.items()}
    return {
        "GGML_NATIVE": "OFF",
        "GGML_AMX_TILE": "OFF",
        "GGML_AMX_INT8": "OFF",
        "GGML_AMX_BF16": "OFF",
        **named,
    }


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


def build_environment(settings: Mapping[str, str], environment: Mapping[str, str]) -> dict[str, str]:
    """The environment of the recogniser's build: its `setup.py` hands every variable on to cmake.

    Args:
        settings: Of ggml's cmake.
        environment: What the user has set; it is kept.
    """
    return {
        **environment,
        **settings,
        "GGML_LLAMAFILE": "ON",
        "CMAKE_BUILD_WITH_INSTALL_RPATH": "ON",
        "CMAKE_INSTALL_RPATH": "$ORIGIN",
    }


def llm_environment(settings: Mapping[str, str], environment: Mapping[str, str]) -> dict[str, str]:
    """The environment of llama-cpp-python's build, which hands `CMAKE_ARGS` on; the user's come last."""
    ours = " ".join(f"-D{name}={value}" for name, value in {"LLAVA_BUILD": "OFF", **settings}.items())
    return {**environment, "CMAKE_ARGS": f"{ours} {environment.get('CMAKE_ARGS', '')}".strip()}


def engine_build(package: Path | None = None) -> tuple[str, ...]:
    """What the engine was built with; asked in a process of its own.

    Args:
        package: The folder it is unpacked in; None: the one that is installed.

    Raises:
        EngineError: It does not load.
    """
    names = "*dict.fromkeys((*engine.matrix_kernels(), *engine.instructions()))"
    question = f"from transcribe.engines import whisper_cpp as engine; print({names})"
    done = _run(python("-c", question), _with(package))
    if done.returncode != 0:
        raise EngineError(f"the engine does not load ({_last(done)})", "Try: transcribe doctor")
    return tuple(done.stdout.split())


def trial_models(folder: Path) -> list[Path]:
    """Weights to try: the smallest f16 ones that are installed, and the same quantised.

    Raises:
        DependencyError: None are installed.
    """
    listed = json.loads(_run([*PROGRAM, "models", "list", "--json"], os.environ).stdout)
    installed = [each for each in listed if each["installed"] and each["kind"] == "whisper"]
    elsewhere = {**os.environ, "TRANSCRIBE_MODELS_DIR": str(folder / "models")}
    for model in sorted(installed, key=lambda each: int(each["bytes"])):
        made = [folder / "models" / encoding / "model.bin" for encoding in QUANTISED]
        for path in made:
            options = ("--name", path.parent.name, "--quantize", path.parent.name)
            _run([*PROGRAM, "models", "import", model["path"], *options], elsewhere)
        if all(path.is_file() for path in made):  # weights that are quantised already cannot be again
            return [Path(model["path"]), *made]
    raise DependencyError(
        "there are no f16 weights to try a build with", "Run: transcribe models pull tiny.en"
    )


def trial_llm(folder: Path) -> Path:
    """The smallest language model that is installed, else a very small one that is fetched for this.

    Raises:
        DependencyError: There is none, and none can be fetched.
    """
    for environment in (dict(os.environ), {**os.environ, "TRANSCRIBE_MODELS_DIR": str(folder / "models")}):
        listed = json.loads(_run([*PROGRAM, "models", "list", "--json"], environment).stdout)
        found = [each for each in listed if each["installed"] and each["kind"] == "llm"]
        if found:
            return Path(min(found, key=lambda each: int(each["bytes"]))["path"])
        done = _run(
            [*PROGRAM, "models", "pull", TRIAL_LLM],
            environment | {"TRANSCRIBE_MODELS_DIR": str(folder / "models")},
        )
    raise DependencyError(
        f"there is no language model to try a build with ({_last(done)})",
        f"Run: transcribe models pull {TRIAL_LLM}",
    )


def heard(recording: Path, model: Path, folder: Path, package: Path) -> str:
    """What a model hears, with two forked workers.

    Raises:
        EngineError: It cannot be transcribed.
    """
    options = ["--model", str(model), "--language", "en", "--workers", "2", "--threads", "1"]
    output = ["--format", "txt", "--output", "-", "--quiet"]
    # A work folder of its own: what the other build heard must not be taken up.
    with tempfile.TemporaryDirectory(dir=folder) as work:
        environment = {**_with(package), "TRANSCRIBE_WORK_DIR": work}
        done = _run([*PROGRAM, str(recording), *options, *output], environment)
    if done.returncode != 0:
        raise EngineError(f"with {model.parent.name} weights: {_last(done)}", UNCHANGED)
    return done.stdout


def asked(model: Path, package: Path) -> None:
    """Have a language model answer, with the package that is unpacked in a folder.

    Raises:
        EngineError: It does not.
    """
    done = _run(python("-c", ASK, str(model)), _with(package))
    if done.returncode != 0 or not done.stdout.strip():
        raise EngineError(f"no language model answers: {_last(done)}", UNCHANGED)


def check_build(before: Sequence[str], after: Sequence[str]) -> None:
    """Whether the new build can do all that the old one could, and has the matrix kernels.

    Raises:
        EngineError: It lacks something.
    """
    lost = {KERNELS, *before} - set(after)
    if lost:
        raise EngineError(f"the engine was built without {', '.join(sorted(lost))}", UNCHANGED)


def check_words(before: str, after: str, weights: str) -> None:
    """Whether both builds hear the same words, but for what rounding may change.

    Args:
        before: What the wheel hears.
        after: What the build hears.
        weights: With which weights.

    Raises:
        EngineError: They do not.
    """
    likeness = SequenceMatcher(
        None, before.casefold().split(), after.casefold().split(), autojunk=False
    ).ratio()
    if likeness < SAME_WORDS:
        raise EngineError(
            f"with {weights} weights the engine hears other words ({likeness:.0%} are the same)", UNCHANGED
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


def _with(package: Path | None) -> dict[str, str]:
    """The environment in which the package of a folder comes before one that is installed."""
    if package is None:
        return dict(os.environ)
    before = os.environ.get("PYTHONPATH", "")
    return {**os.environ, "PYTHONPATH": f"{package}{os.pathsep}{before}" if before else str(package)}


def _last(done: subprocess.CompletedProcess[str]) -> str:
    """The last line that a program complained with, or how it ended."""
    lines = [line for line in done.stderr.splitlines() if line.strip()]
    return lines[-1].strip() if lines and done.returncode > 0 else f"it {how_it_ended(done.returncode)}"


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
        raise EngineError(f"the engine has not answered for {PATIENCE_SECONDS} seconds", UNCHANGED) from None


if __name__ == "__main__":
    sys.exit(main())
