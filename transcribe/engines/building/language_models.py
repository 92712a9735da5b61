"""`make llm`: llama-cpp-python, in which a language model has to answer."""

from __future__ import annotations

import importlib.metadata
import json
import os
import re
import tempfile
from collections.abc import Mapping
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
    good_build,
    last_words,
    pip,
    run,
    with_package,
)

DISTRIBUTION, EXTRA = "transcribe-offline", "llm"
TRIAL_MODEL = "smollm2"

ASK = (
    "import sys; from pathlib import Path; "
    "from transcribe.core.chat import ChatIdentity, Question; "
    "from transcribe.engines.llm.llama_cpp import LlamaCpp; "
    "from transcribe.notes.answers import form; "
    "model = LlamaCpp(Path(sys.argv[1]), ChatIdentity('llama.cpp', '', 'trial'), 2048, 1, 600); "
    "print(model.answer(Question('Answer.', 'Say hello.', form(1), 40, 0.2)).text); model.close()"
)
"""A program that has a language model answer."""


def install(_: Path, tell: Tell) -> None:
    """Build and install what language models run in.

    Raises:
        DependencyError: Something that is needed is missing, or the build fails; nothing has changed.
        EngineError: No language model answers in what was built; nothing has changed.
    """
    check_tools()
    needed = requirement()
    package = re.split(r"[^\w.-]", needed, maxsplit=1)[0]
    with tempfile.TemporaryDirectory(prefix="transcribe-llm-") as name:
        folder = Path(name)
        model = trial_model(folder)
        recipe = Recipe(needed, ("--no-binary", package), build_environment, partial(asked, model))
        wheel = good_build(recipe, folder, tell, dependencies=True)
        pip("install", "--force-reinstall", "--no-deps", str(wheel))
        pip("install", f"{package}[server]")  # what it needs, and its server for the tests
    tell("A language model has answered")


def requirement() -> str:
    """The package and its versions that the extra `llm` of this program asks for.

    Raises:
        DependencyError: This program is not installed with its metadata.
    """
    for line in importlib.metadata.requires(DISTRIBUTION) or ():
        asked, _, condition = line.partition(";")
        if re.search(rf"extra == ['\"]{EXTRA}['\"]", condition):
            return asked.strip()
    raise DependencyError(f"the metadata of {DISTRIBUTION} is out of date", "Run: pip install --editable .")


def build_environment(settings: Mapping[str, str], environment: Mapping[str, str]) -> dict[str, str]:
    """The environment of llama-cpp-python's build, which hands `CMAKE_ARGS` on; the user's come last."""
    ours = " ".join(f"-D{name}={value}" for name, value in {"LLAVA_BUILD": "OFF", **settings}.items())
    return {**environment, "CMAKE_ARGS": f"{ours} {environment.get('CMAKE_ARGS', '')}".strip()}


def trial_model(folder: Path) -> Path:
    """The smallest language model that is installed, else a very small one that is fetched for this.

    Raises:
        DependencyError: There is none, and none can be fetched.
    """
    for environment in (dict(os.environ), {**os.environ, "TRANSCRIBE_MODELS_DIR": str(folder / "models")}):
        listed = json.loads(run([*PROGRAM, "models", "list", "--json"], environment).stdout)
        found = [each for each in listed if each["installed"] and each["kind"] == "llm"]
        if found:
            return Path(min(found, key=lambda each: int(each["bytes"]))["path"])
        done = run(
            [*PROGRAM, "models", "pull", TRIAL_MODEL],
            environment | {"TRANSCRIBE_MODELS_DIR": str(folder / "models")},
        )
    raise DependencyError(
        f"there is no language model to try a build with ({last_words(done)})",
        f"Run: transcribe models pull {TRIAL_MODEL}",
    )


def asked(model: Path, package: Path) -> None:
    """Have a language model answer, with the package that is unpacked in a folder.

    Raises:
        EngineError: It does not.
    """
    done = run(python("-c", ASK, str(model)), with_package(package))
    if done.returncode != 0 or not done.stdout.strip():
        raise EngineError(f"no language model answers: {last_words(done)}", UNCHANGED)
