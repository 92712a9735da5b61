"""The command line with a real model, away from the user's own files."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from desk import SAMPLE, Desk, make_media
from editing_page import browser, counter, open_page  # noqa: F401 - fixtures of several modules
from lamps import lamps  # noqa: F401 - likewise
from warm import Command, warm_program

from transcribe.models.installed import InstalledModel


@pytest.fixture(scope="session")
def program(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Command]:
    """What to start as the program."""
    with warm_program(tmp_path_factory.mktemp("warm")) as command:
        yield command


def _desk(folder: Path, model: InstalledModel, program: Command) -> Desk:
    """A desk in an empty folder, with no variable and no config file of the user's."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TRANSCRIBE_")}
    desk = Desk(folder / "desk", folder / "work", program=program)
    desk.folder.mkdir()
    desk.environment = kept | {
        "TRANSCRIBE_WORK_DIR": str(desk.work),
        "TRANSCRIBE_MODELS_DIR": str(model.path.parent.parent),
        "HOME": str(folder),
        "XDG_CONFIG_HOME": str(folder / "config"),
        "XDG_CACHE_HOME": str(folder / "cache"),
        "PYTHONUTF8": "1",
    }
    return desk


@pytest.fixture
def desk(tmp_path: Path, tiny_en_model: InstalledModel, program: Command) -> Desk:
    return _desk(tmp_path, tiny_en_model, program)


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six seconds of speech: "It was the best of times, it was the worst of times…"."""
    path = tmp_path_factory.mktemp("clip") / "clip.wav"
    make_media(path, "-i", str(SAMPLE), "-t", "6")
    return path


@pytest.fixture(scope="session")
def finished(
    tmp_path_factory: pytest.TempPathFactory, tiny_en_model: InstalledModel, program: Command, clip: Path
) -> Desk:
    """A desk on which `clip.wav` has been transcribed once for the whole session. Not to be changed."""
    desk = _desk(tmp_path_factory.mktemp("finished"), tiny_en_model, program)
    shutil.copy(clip, desk.folder / "clip.wav")
    desk.transcribe("clip.wav")
    return desk


@pytest.fixture
def used_desk(desk: Desk, finished: Desk) -> Desk:
    """A desk with `clip.wav` on it, whose work directory has its finished transcript."""
    shutil.copytree(finished.work, desk.work)
    shutil.copy(finished.folder / "clip.wav", desk.folder)
    return desk
