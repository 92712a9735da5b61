"""`make native`: pywhispercpp, which has to hear what its wheel hears, with f16 and with quantised weights.

The wheel for Linux stays at AVX2 and multiplies matrices one row with one column at a time. Built here, the
same version uses every instruction of this processor, and the matrix kernels that came to ggml from llamafile
(`GGML_LLAMAFILE`), which whisper.cpp leaves out by default. Every library knows where its neighbours are
(`$ORIGIN`), so no variable has to be set afterwards.
"""

from __future__ import annotations

import importlib.metadata
import json
import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from difflib import SequenceMatcher
from functools import partial
from pathlib import Path

from transcribe.core.errors import DependencyError, EngineError
from transcribe.core.processes import python
from transcribe.engines.building.builder import (
    PROGRAM,
    UNCHANGED,
    Recipe,
    Tell,
    check_tools,
    fetch_wheel,
    good_build,
    last_words,
    pip,
    run,
    unpacked,
    with_package,
)
from transcribe.engines.building.cards import CARDS

ENGINE = "pywhispercpp"
KERNELS = "LLAMAFILE"
"""What the engine calls the matrix kernels it was built with, among its instructions."""

SAME_WORDS = 0.97
"""Likeness of two transcripts of 185 words; sums in another order may change a word in a hundred.
Measured: 1 with tiny.en f16 and q5_0, base f16 and q8_0; 0.989 with tiny.en q8_0 (AMD Zen 3)."""

QUANTISED = ("q8_0", "q5_0")
"""Encodings that a build has to hear with, beside f16."""


def install(recording: Path, tell: Tell, gpu: str | None = None) -> None:
    """Replace the recogniser of this Python environment by one built for this machine.

    Args:
        recording: What both builds have to hear alike.
        gpu: What it drives graphics cards with: a key of `CARDS`; None: the processor computes.

    Raises:
        DependencyError: Something that is needed is missing, or the build fails; nothing has changed.
        EngineError: What was built does not do as well as the wheel; nothing has changed.
    """
    if sys.platform == "darwin":
        tell("Nothing to build: on a Mac the wheel uses Metal and Accelerate already")
        return
    check_tools()
    card_settings = CARDS[gpu]() if gpu else {}
    version = importlib.metadata.version(ENGINE)
    with tempfile.TemporaryDirectory(prefix="transcribe-native-") as name:
        folder = Path(name)
        models = trial_models(folder)
        plain = unpacked(
            fetch_wheel(f"{ENGINE}=={version}", folder / "wheel", "--only-binary", ":all:"), folder
        )
        before, expected = engine_build(plain), [heard(recording, model, folder, plain) for model in models]
        tell(f"The wheel: {' '.join(before)}")

        def try_out(build: Path) -> None:
            after = engine_build(build)
            tell(f"Built now: {' '.join(after)}")
            check_build(before, after, gpu)
            for model, words in zip(models, expected, strict=True):
                for device in filter(None, ("cpu", gpu)):
                    words_now = heard(recording, model, folder, build, device)
                    check_words(words, words_now, f"{model.parent.name} on {device}")

        environment = partial(build_environment, card_settings)
        recipe = Recipe(f"{ENGINE}=={version}", ("--no-binary", ENGINE), environment, try_out)
        pip("install", "--force-reinstall", "--no-deps", str(good_build(recipe, folder, tell)))
    tell("It hears the same words, with f16 and with quantised weights")


def build_environment(
    card_settings: Mapping[str, str], settings: Mapping[str, str], environment: Mapping[str, str]
) -> dict[str, str]:
    """The environment of the recogniser's build: its `setup.py` hands every variable on to cmake.

    Args:
        card_settings: Of cmake, for graphics cards; folders of libraries under `CMAKE_INSTALL_RPATH`.
        settings: Of ggml's cmake.
        environment: What the user has set; it is kept.
    """
    folders = ("$ORIGIN", card_settings.get("CMAKE_INSTALL_RPATH", ""))
    return {
        **environment,
        **settings,
        **card_settings,
        "GGML_LLAMAFILE": "ON",
        "CMAKE_BUILD_WITH_INSTALL_RPATH": "ON",
        "CMAKE_INSTALL_RPATH": ";".join(filter(None, folders)),
    }


def engine_build(package: Path | None = None) -> tuple[str, ...]:
    """What the engine was built with; asked in a process of its own.

    Args:
        package: The folder it is unpacked in; None: the one that is installed.

    Raises:
        EngineError: It does not load.
    """
    names = "*dict.fromkeys((*engine.matrix_kernels(), *engine.instructions()))"
    question = f"from transcribe.engines import whisper_cpp as engine; print({names})"
    done = run(python("-c", question), with_package(package))
    if done.returncode != 0:
        raise EngineError(f"the engine does not load ({last_words(done)})", "Try: transcribe doctor")
    return tuple(done.stdout.split())


def trial_models(folder: Path) -> list[Path]:
    """Weights to try: the smallest f16 ones that are installed, and the same quantised.

    Raises:
        DependencyError: None are installed.
    """
    listed = json.loads(run([*PROGRAM, "models", "list", "--json"], os.environ).stdout)
    installed = [each for each in listed if each["installed"] and each["kind"] == "whisper"]
    elsewhere = {**os.environ, "TRANSCRIBE_MODELS_DIR": str(folder / "models")}
    for model in sorted(installed, key=lambda each: int(each["bytes"])):
        made = [folder / "models" / encoding / "model.bin" for encoding in QUANTISED]
        for path in made:
            options = ("--name", path.parent.name, "--quantize", path.parent.name)
            run([*PROGRAM, "models", "import", model["path"], *options], elsewhere)
        if all(path.is_file() for path in made):  # weights that are quantised already cannot be again
            return [Path(model["path"]), *made]
    raise DependencyError(
        "there are no f16 weights to try a build with", "Run: transcribe models pull tiny.en"
    )


def heard(recording: Path, model: Path, folder: Path, package: Path, device: str = "cpu") -> str:
    """What a model hears: on the processor with two forked workers, else on a graphics card.

    Raises:
        EngineError: It cannot be transcribed, or not to the end by the card.
    """
    options = ["--model", str(model), "--language", "en", "--device", device]
    options += ["--workers", "2", "--threads", "1"] if device == "cpu" else []
    output = ["--format", "txt", "--output", "-", "--progress", "json"]
    # A work folder of its own: what the other build heard must not be taken up.
    with tempfile.TemporaryDirectory(dir=folder) as work:
        environment = {**with_package(package), "TRANSCRIBE_WORK_DIR": work}
        done = run([*PROGRAM, str(recording), *options, *output], environment)
    if done.returncode != 0:
        raise EngineError(f"with {model.parent.name} weights on {device}: {last_words(done)}", UNCHANGED)
    if warnings := [line for line in done.stderr.splitlines() if f" on {device}: " in line]:
        raise EngineError(f"with {model.parent.name} weights on {device}: {warnings[0]}", UNCHANGED)
    return done.stdout


def check_build(before: Sequence[str], after: Sequence[str], gpu: str | None = None) -> None:
    """Whether the new build can do all that the old one could, has the matrix kernels, and drives cards.

    Raises:
        EngineError: It lacks something.
    """
    lost = {KERNELS, *before, *([gpu.upper()] if gpu else [])} - set(after)
    if lost:
        raise EngineError(f"the engine was built without {', '.join(sorted(lost))}", UNCHANGED)


def check_words(before: str, after: str, weights: str) -> None:
    """Whether both builds hear the same words, but for what rounding may change.

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
