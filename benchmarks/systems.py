"""What is measured: this program in several settings, and its peers; how each is run, and what it needs."""

from __future__ import annotations

import importlib.util
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Protocol

import msgspec

from benchmarks.observe import Observed, observe
from benchmarks.peer_run import LOADERS, WHISPER_CLI, Answer
from benchmarks.recognisers import clean_environment, program

OURS = "transcribe"
PLAIN = "plain pywhispercpp"
BATCHED = "faster-whisper int8 batched 8 beam 1"

CPP = ("--engine", "whisper.cpp")

NOT_GROWN = 0
SHORT_ONLY = 10
ANY_LENGTH = 24 * 60
"""The longest recording, in minutes, with which the growth of a system is measured."""


@dataclass(frozen=True)
class Outcome:
    """One run of a system.

    Attributes:
        observed: What it cost.
        texts: What it heard in each recording, in their order.
        load_s: Seconds spent loading, where the system says so.
        took_s: Seconds for each recording, where the system says so.
    """

    observed: Observed
    texts: tuple[str, ...]
    load_s: float | None = None
    took_s: tuple[float, ...] = ()


class System(Protocol):
    """A way from recordings to texts."""

    @property
    def name(self) -> str:
        """What the tables call it."""

    @property
    def grows_to(self) -> int:
        """The longest recording, in minutes, with which its growth is measured."""

    def missing(self) -> str:
        """Why it cannot run here; empty when it can."""

    def run(self, recordings: Sequence[Path], language: str, folder: Path) -> Outcome:
        """Transcribe recordings of one language in a fresh process.

        Args:
            recordings: Files, each with a stem of its own.
            language: ISO 639-1 code.
            folder: An empty one, for whatever the system writes.

        Raises:
            subprocess.CalledProcessError: It failed.
        """


@dataclass(frozen=True)
class Ours:
    """This program.

    Attributes:
        name: What the tables call it.
        weights: Name of the installed model that it reads.
        options: Options of the command line.
        python: Interpreter that runs it.
        package: What has to be importable beside it.
        grows_to: As in System.
    """

    name: str
    weights: str
    options: tuple[str, ...]
    python: str = sys.executable
    package: str = ""
    grows_to: int = NOT_GROWN

    def missing(self) -> str:
        """Why it cannot run here; empty when it can."""
        return _not_runnable(self.python) or _no_package(self.package) or _no_weights(self.weights)

    def run(self, recordings: Sequence[Path], language: str, folder: Path) -> Outcome:
        """Transcribe recordings from the start, with nobody's config."""
        config, out = folder / "no.toml", folder / "out"
        config.touch()
        options = ["--language", language, "--format", "txt", "--quiet", *self.options]
        files = ["--config", str(config), "--output", str(out), *map(str, recordings)]
        environment = {**clean_environment(), "TRANSCRIBE_WORK_DIR": str(folder / "work")}
        observed = observe([self.python, "-m", "transcribe", *options, *files], environment)
        return Outcome(observed, tuple((out / f"{path.stem}.txt").read_text("utf-8") for path in recordings))

    def with_workers(self, count: int) -> Ours:
        """The same with a fixed number of workers."""
        return replace(self, options=(*self.options, "--workers", str(count)))


@dataclass(frozen=True)
class Peer:
    """Another way to the text, run by `benchmarks.peer_run`.

    Attributes:
        name: What the tables call it.
        weights: Name of the installed model that it reads.
        loader: Its name in `benchmarks.peer_run.LOADERS`.
        package: What has to be importable.
        grows_to: As in System.
    """

    name: str
    weights: str
    loader: str
    package: str = ""
    grows_to: int = NOT_GROWN

    def missing(self) -> str:
        """Why it cannot run here; empty when it can."""
        if self.loader in WHISPER_CLI:
            absent = "" if shutil.which(self.loader) else f"{self.loader} is not on the PATH"
            return absent or _no_weights(self.weights)
        return _no_package(self.package) or _no_weights(self.weights)

    def run(self, recordings: Sequence[Path], language: str, folder: Path) -> Outcome:
        """Transcribe recordings."""
        answer = folder / "answer.json"
        options = ["--model", str(model_path(self.weights)), "--language", language, "--answer", str(answer)]
        command = [sys.executable, "-m", "benchmarks.peer_run", self.loader, *options, *map(str, recordings)]
        observed = observe(command, dict(os.environ))
        said = msgspec.json.decode(answer.read_bytes(), type=Answer)
        texts, took_s = tuple(each.text for each in said.said), tuple(each.took_s for each in said.said)
        return Outcome(observed, texts, said.load_s, took_s)


def all_systems(model: str) -> list[System]:
    """Everything that is measured with the weights of one model."""
    folder, quantised = f"{model}-ct2", f"{model}-q8_0"

    def ours(name: str, weights: str, *options: str) -> Ours:
        return Ours(f"{OURS}{name}", weights, ("--model", weights, *options))

    fw = "faster_whisper"
    cli = next(filter(shutil.which, WHISPER_CLI), WHISPER_CLI[0])
    batched = [name for name in LOADERS if name.startswith("faster-whisper")]
    return [
        Ours(OURS, model, ("--model", model), grows_to=ANY_LENGTH),
        *(ours(f" ctranslate2 beam {size}", folder, "--beam-size", f"{size}") for size in (1, 5)),
        *(ours(f" whisper.cpp beam {size}", model, *CPP, "--beam-size", f"{size}") for size in (1, 5)),
        ours(" whisper.cpp q8_0", quantised),
        Peer(PLAIN, model, PLAIN, "pywhispercpp", SHORT_ONLY),
        Peer("whisper.cpp command line", model, cli),
        *(Peer(name, folder, name, fw, SHORT_ONLY if name == BATCHED else NOT_GROWN) for name in batched),
    ]


def also(text: str, model: str) -> Ours:
    """A row from `NAME=PYTHON [OPTION...]`: this program, run by another interpreter.

    Raises:
        ValueError: It does not have that form.
    """
    name, _, command = text.partition("=")
    python, *options = shlex.split(command) or [""]
    if not name or not python:
        raise ValueError(f"{text!r} is not NAME=PYTHON or NAME=PYTHON OPTIONS")
    weights = dict(pairwise(options)).get("--model", model)
    return Ours(name, weights, ("--model", model, *options), python, grows_to=ANY_LENGTH)


@cache
def model_path(name: str) -> Path | None:
    """Where an installed model lies."""
    done = subprocess.run(program("models", "path", name), capture_output=True, text=True, check=False)
    return None if done.returncode else Path(done.stdout.strip())


def _no_weights(name: str) -> str:
    return "" if model_path(name) else f"the model {name} is not installed"


def _no_package(name: str) -> str:
    return "" if not name or importlib.util.find_spec(name) else f"the package {name} is not installed"


def _not_runnable(python: str) -> str:
    try:
        subprocess.run([python, "-m", "transcribe", "--version"], capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return "its interpreter does not run this program"
    return ""
