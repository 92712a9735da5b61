"""Digests of weights are remembered while nothing about a file changes, and no change is missed."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from transcribe.core import places
from transcribe.core.digest import file_digest
from transcribe.models import digest
from transcribe.models.digest import read_always, remembered_sha256


@pytest.fixture
def weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(digest, "SETTLED_NS", 0)
    path = tmp_path / "model.bin"
    path.write_bytes(b"weights")
    yield path
    read_always(False)


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The files that were read whole."""
    found: list[Path] = []

    def counted(path: Path) -> str:
        found.append(path)
        return file_digest(path)

    monkeypatch.setattr(digest, "file_digest", counted)
    return found


def test_a_file_is_read_once_and_in_doubt_always(weights: Path, read: list[Path]) -> None:
    wanted = hashlib.sha256(b"weights").hexdigest()
    assert [remembered_sha256(weights) for _ in range(3)] == [wanted] * 3
    assert len(read) == 1
    read_always(True)
    assert remembered_sha256(weights) == wanted
    assert len(read) == 2


def test_no_change_is_missed_whatever_its_time_says(weights: Path, read: list[Path]) -> None:
    before = weights.stat()
    remembered_sha256(weights)
    time.sleep(0.02)  # a tick of the file system's clock
    with weights.open("r+b") as handle:
        handle.write(b"WEIGHTS")
    os.utime(weights, ns=(before.st_atime_ns, before.st_mtime_ns))
    after = weights.stat()
    assert (after.st_ino, after.st_size, after.st_mtime_ns) == (
        before.st_ino,
        before.st_size,
        before.st_mtime_ns,
    )
    assert remembered_sha256(weights) == hashlib.sha256(b"WEIGHTS").hexdigest()
    other = weights.with_name("other")
    other.write_bytes(b"another")
    os.utime(other, ns=(before.st_atime_ns, before.st_mtime_ns))
    other.replace(weights)
    assert remembered_sha256(weights) == hashlib.sha256(b"another").hexdigest()


def test_what_has_just_changed_is_not_remembered(
    weights: Path, read: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(digest, "SETTLED_NS", 3_600_000_000_000)
    remembered_sha256(weights), remembered_sha256(weights)
    assert len(read) == 2


def test_the_memory_is_private_and_may_be_damaged(weights: Path, read: list[Path]) -> None:
    remembered_sha256(weights)
    cache = places.cache() / "digests.json"
    assert cache.stat().st_mode & 0o077 == 0
    cache.write_bytes(b"{")
    assert remembered_sha256(weights) == hashlib.sha256(b"weights").hexdigest()
    assert len(read) == 2
