"""The work directory of one job: what each stage made, kept so that a killed job can go on.

There is one per recording (by content) and fingerprint of the settings and models that have a
say in the words. JSON per stage, one JSON line per recognised chunk, each with its checksum: what somebody or
a failing disk has changed is made again. Only the owner may read any of it.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import msgspec

from transcribe.core.digest import file_digest, sealed, unsealed
from transcribe.core.disk import disk_errors
from transcribe.core.files import (
    PRIVATE_FILE,
    atomic_file,
    private_file,
    private_folder,
    sweep,
    temporary_folder,
)
from transcribe.core.places import WORK_ENV, work_root
from transcribe.core.reading import read_regular
from transcribe.core.text import from_json, to_json

T = TypeVar("T")

LAYOUT = "7"
"""Raised whenever an artefact's shape or meaning changes; older work directories are then left alone."""


@contextmanager
def scratch() -> Iterator[Path]:
    """A private folder among the work directories, deleted at the end; what a kill leaves, by the next run.

    Raises:
        OutputError: It cannot be made.
    """
    root = work_root()
    with contextlib.ExitStack() as stack:
        with disk_errors(root, "writing into"):
            private_folder(root)
            sweep(root, folders=True)
            path = stack.enter_context(temporary_folder(root))
        yield path


@contextmanager
def apart() -> Iterator[Path]:
    """A private folder in which the work directories lie until the end, so that none of them stays.

    Raises:
        OutputError: It cannot be made.
    """
    with scratch() as place:
        before = os.environ.get(WORK_ENV)
        os.environ[WORK_ENV] = str(place / "work")
        try:
            yield place
        finally:
            del os.environ[WORK_ENV]
            if before is not None:
                os.environ[WORK_ENV] = before


class Workspace:
    """One job's work directory. Use as a context manager: it is locked against other processes.

    Args:
        root: Folder that holds all work directories.
        key: `digest-of-the-source/fingerprint`: the job's identity.
    """

    def __init__(self, root: Path, key: str) -> None:
        self.path = root / key
        self.key = key
        self._root = root
        import filelock  # takes a while to load, and whoever only reads needs none

        self._lock = filelock.FileLock(f"{self.path}.lock", mode=PRIVATE_FILE)

    def __enter__(self) -> Workspace:
        self._acquire(blocking=True)
        return self

    def __exit__(self, *exc: object) -> None:
        self.unlock()

    def lock(self) -> bool:
        """Lock it without waiting; whether nobody else has it."""
        return self._acquire(blocking=False)

    def unlock(self) -> None:
        """Let others have it."""
        self._lock.release()

    def make(self) -> None:
        """Make the folder, where there is none, and see to it that only its owner can enter."""
        with disk_errors(self.path, "making the work directory"):
            for folder in (self._root, self.path.parent, self.path):
                private_folder(folder)

    def _acquire(self, *, blocking: bool) -> bool:
        import filelock

        self.make()
        with disk_errors(self.path, "locking the work directory"), contextlib.suppress(filelock.Timeout):
            self._lock.acquire(blocking=blocking)
        if self._lock.is_locked:
            sweep(self.path)
            sweep(self._root, folders=True)
        return self._lock.is_locked

    def clear(self) -> None:
        """Forget everything an earlier run left here."""
        with disk_errors(self.path, "clearing the work directory"):
            shutil.rmtree(self.path)
            private_folder(self.path)

    def forget_but(self, *kept: str) -> None:
        """Forget what an earlier run left here, but for files whose names begin so."""
        with disk_errors(self.path, "clearing the work directory"):
            for path in self.path.iterdir():
                if not path.name.startswith(kept):
                    path.unlink()

    def save(self, name: str, artefact: object) -> None:
        """Store a stage's result as `NAME.json`."""
        with atomic_file(self.path / f"{name}.json", private=True) as handle:
            handle.write(sealed(name, to_json(artefact)))

    def load(self, name: str, kind: type[T]) -> T | None:
        """A stage's result from an earlier run; None where there is none, or it is not as it was written."""
        try:
            content = unsealed(name, read_regular(self.path / f"{name}.json"))
            return None if content is None else from_json(content, kind)
        except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
            return None

    def once(self, name: str, kind: type[T], make: Callable[[], T]) -> tuple[T, bool]:
        """A result of an earlier run, or the one that is made and stored; and whether it was there."""
        there = self.load(name, kind)
        result = make() if there is None else there
        if there is None:
            self.save(name, result)
        return result, there is not None

    def append(self, name: str, record: object) -> None:
        """Add one line to `NAME.jsonl`; it is on the disk when this returns."""
        path = self.path / f"{name}.jsonl"
        with disk_errors(path, "writing"):
            private_file(path)
            with path.open("ab") as handle:
                handle.write(sealed(name, to_json(record)))
                handle.flush()
                os.fsync(handle.fileno())

    def records(self, name: str, kind: type[T]) -> list[T]:
        """Every line of `NAME.jsonl` before the first that is torn or changed; the rest is cut off."""
        path = self.path / f"{name}.jsonl"
        try:
            content = read_regular(path)
        except OSError:
            return []
        records: list[T] = []
        good = 0
        for line in content.splitlines(keepends=True):
            whole = unsealed(name, line) if line.endswith(b"\n") else None
            if whole is None:
                break
            try:
                records.append(from_json(whole, kind))
            except (msgspec.MsgspecError, UnicodeDecodeError):
                break
            good += len(line)
        if good < len(content):
            with disk_errors(path, "repairing"):
                os.truncate(path, good)
        return records

    def vouch(self, name: str) -> None:
        """Remember what a file of the work directory holds, once it is complete."""
        path = self.path / name
        with disk_errors(path, "reading"):
            private_file(path)
            self.save(f"{name}.digest", file_digest(path))

    def vouched(self, name: str) -> bool:
        """Whether a file of the work directory is there, and as it was when it was vouched for."""
        try:
            return self.load(f"{name}.digest", str) == file_digest(self.path / name)
        except OSError:
            return False

    def remove(self, name: str) -> None:
        """Delete one file of the work directory, if it is there; the digest that was vouched for is kept."""
        (self.path / name).unlink(missing_ok=True)
