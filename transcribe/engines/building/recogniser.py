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
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from functools import partial
from pathlib import Path

from transcribe.core.errors import DependencyError, EngineError
from transcribe.core.processes import python
from transcribe.engines.building.builder import (
    PATIENCE_SECONDS,
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

CARD_SECONDS = 10
"""Speech that a card has to hear: one window, so that a device that takes minutes for it comes to the end."""

CARD_WORDS = 0.93
"""Likeness of two transcripts of `CARD_SECONDS`, 30 words, of which rounding may change two."""

QUANTISED = ("q8_0", "q5_0")
"""Encodings that a build has to hear with, beside f16."""


@dataclass(frozen=True)
class Trial:
    """What a build has to hear.

    Attributes:
        device: What computes: "cpu", or a key of `CARDS`.
        seconds: How much of the recording; None: all of it.
        alike: Least likeness with what the wheel hears of it, 0 to 1.
    """

    model: Path
    device: str = "cpu"
    seconds: int | None = None
    alike: float = SAME_WORDS

    @property
    def name(self) -> str:
        """Weights and device, for people."""
        return f"{self.model.parent.name} weights on {self.device}"


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
        trials = trials_of(models, gpu)
        before = engine_build(plain)
        tell(f"The wheel: {' '.join(before)}")
        expected = [heard(recording, replace(trial, device="cpu"), folder, plain) for trial in trials]

        def try_out(build: Path) -> None:
            after = engine_build(build)
            tell(f"Built now: {' '.join(after)}")
            check_build(before, after, gpu)
            tell(f"Trying it {len(trials)} times, for up to {PATIENCE_SECONDS // 60} minutes each")
            for trial, words in zip(trials, expected, strict=True):
                started = time.monotonic()
                check_words(words, heard(recording, trial, folder, build), trial)
                tell(f"  {trial.name}: the wheel's words, in {time.monotonic() - started:.0f} s")

        environment = partial(build_environment, card_settings)
        recipe = Recipe(f"{ENGINE}=={version}", ("--no-binary", ENGINE), environment, try_out)
        pip("install", "--force-reinstall", "--no-deps", str(good_build(recipe, folder, tell)))
    tell("Installed: it hears what the wheel hears, with f16 and with quantised weights")


def trials_of(models: Sequence[Path], gpu: str | None) -> list[Trial]:
    """Every kind of weights, on the processor and on a card if there is one: its code for each differs."""
    devices = {"cpu": partial(Trial)}
    if gpu:
        devices[gpu] = partial(Trial, device=gpu, seconds=CARD_SECONDS, alike=CARD_WORDS)
    return [trial(model) for model in models for trial in devices.values()]


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


def heard(recording: Path, trial: Trial, folder: Path, package: Path) -> str:
    """What a build hears: on the processor with two forked workers, else on a graphics card.

    Raises:
        EngineError: It cannot be transcribed, or not to the end by the card, or not in `PATIENCE_SECONDS`.
    """
    options = ["--model", str(trial.model), "--language", "en", "--device", trial.device]
    options += ["--workers", "2", "--threads", "1"] if trial.device == "cpu" else []
    options += ["--to", str(trial.seconds)] if trial.seconds else []
    output = ["--format", "txt", "--output", "-", "--progress", "json"]
    # A work folder of its own: what the other build heard must not be taken up.
    with tempfile.TemporaryDirectory(dir=folder) as work:
        environment = {**with_package(package), "TRANSCRIBE_WORK_DIR": work}
        try:
            done = run([*PROGRAM, str(recording), *options, *output], environment)
        except EngineError as error:
            raise EngineError(f"with {trial.name}: {error.what}", UNCHANGED) from error
    if done.returncode != 0:
        raise EngineError(f"with {trial.name}: {last_words(done)}", UNCHANGED)
    if warnings := [line for line in done.stderr.splitlines() if f" on {trial.device}: " in line]:
        raise EngineError(f"with {trial.name}: {warnings[0]}", UNCHANGED)
    return done.stdout


def check_build(before: Sequence[str], after: Sequence[str], gpu: str | None = None) -> None:
    """Whether the new build can do all that the old one could, has the matrix kernels, and drives cards.

    Raises:
        EngineError: It lacks something.
    """
    lost = {KERNELS, *before, *([gpu.upper()] if gpu else [])} - set(after)
    if lost:
        raise EngineError(f"the engine was built without {', '.join(sorted(lost))}", UNCHANGED)


def check_words(before: str, after: str, trial: Trial) -> None:
    """Whether both builds hear the same words, but for what rounding may change.

    Raises:
        EngineError: They do not.
    """
    likeness = SequenceMatcher(
        None, before.casefold().split(), after.casefold().split(), autojunk=False
    ).ratio()
    if likeness < trial.alike:
        raise EngineError(
            f"with {trial.name} the engine hears other words ({likeness:.0%} are the same)", UNCHANGED
        )
