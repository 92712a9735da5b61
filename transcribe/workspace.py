"""The work directory of one job: what each stage made, kept so that a killed job can go on.

There is one per recording (by content) and fingerprint of the settings and models that have a
say in the words. Plain JSON per stage, one JSON line per recognised chunk. Every file is written
under another name, flushed to the disk and then renamed, so that a name always stands for a whole.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, TypeVar

import filelock
import msgspec
import platformdirs

from transcribe.errors import OutputError
from transcribe.text import from_json, to_json

T = TypeVar("T")

LAYOUT = "5"
"""Raised whenever an artefact's shape or meaning changes; older work directories are then left alone."""


def work_root() -> Path:
    """The folder that holds every work directory: `TRANSCRIBE_WORK_DIR`, else the user's cache."""
    chosen = os.environ.get("TRANSCRIBE_WORK_DIR")
    return (
        Path(chosen) if chosen else Path(platformdirs.user_cache_dir("transcribe", appauthor=False)) / "work"
    )


@contextmanager
def disk_errors(path: Path, doing: str, elsewhere: str = "") -> Iterator[None]:
    """Translate the operating system's complaints about writing `path` into an OutputError.

    Args:
        path: The file or folder that is written.
        doing: What is done to it, for the message: `writing`.
        elsewhere: How to choose another place; -o or TRANSCRIBE_WORK_DIR when not given.
    """
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise OutputError(
                f"the disk is full: {doing} {path}",
                "Finished work is kept; make room and run the same command again",
            ) from error
        reason = error.strerror or str(error)
        raise OutputError(f"{doing} {path} failed: {reason}", elsewhere or _elsewhere(path)) from error


def _elsewhere(path: Path) -> str:
    if path.is_relative_to(work_root()):
        return "The work directory may be elsewhere: set TRANSCRIBE_WORK_DIR to a folder"
    return "Choose another folder with -o, or check its permissions"


@contextmanager
def atomic_file(path: Path, temporary: Path | None = None) -> Iterator[BinaryIO]:
    """Write a file that appears whole or not at all.

    Args:
        path: Where it appears once the block ends without an error.
        temporary: Name it has until then; a fixed one, so that a later run replaces what a killed one left.

    Raises:
        OutputError: It cannot be written.
    """
    temporary = temporary or path.with_name(path.name + ".tmp")
    try:
        with disk_errors(path, "writing"):
            with temporary.open("wb") as handle:
                yield handle
                handle.flush()
                os.fsync(handle.fileno())
            temporary.replace(path)
            sync_folder(path.parent)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def replace_together(contents: Mapping[Path, bytes]) -> None:
    """Replace files, in this order, all of them or none.

    Each is first written under another name; where one then cannot be given its own, those before it get
    their old content back. After a kill some are new and some are old, but each of them is whole.

    Raises:
        OutputError: One cannot be written.
    """
    staged: dict[Path, Path] = {}
    replaced: dict[Path, bytes] = {}
    try:
        for path, content in contents.items():
            temporary = path.with_name(
                f".transcribe-{hashlib.sha256(os.fsencode(path.name)).hexdigest()[:16]}.tmp"
            )
            staged[path] = temporary
            with disk_errors(path, "writing"), temporary.open("wb") as handle:
                handle.write(content)
                handle.flush()
                os.fsync(handle.fileno())
        for path, temporary in staged.items():
            with disk_errors(path, "writing"):
                before = path.read_bytes()
                temporary.replace(path)
            replaced[path] = before
    except BaseException:
        for path, before in replaced.items():
            with contextlib.suppress(OutputError), atomic_file(path) as handle:
                handle.write(before)
        raise
    finally:
        for temporary in staged.values():
            temporary.unlink(missing_ok=True)
    for folder in {path.parent for path in contents}:
        with contextlib.suppress(OSError):  # the files are there; not every file system syncs folders
            sync_folder(folder)


def sync_folder(folder: Path) -> None:
    """Make renames in a folder survive a power cut, where the system can (POSIX)."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


class Workspace:
    """One job's work directory. Use as a context manager: it is locked against other processes.

    Args:
        root: Folder that holds all work directories.
        key: `digest-of-the-source/fingerprint`: the job's identity.
    """

    def __init__(self, root: Path, key: str) -> None:
        self.path = root / key
        self.key = key
        self._lock = filelock.FileLock(str(self.path) + ".lock")

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

    def _acquire(self, *, blocking: bool) -> bool:
        with disk_errors(self.path, "making the work directory"):
            self.path.mkdir(parents=True, exist_ok=True)
            with contextlib.suppress(filelock.Timeout):
                self._lock.acquire(blocking=blocking)
        return self._lock.is_locked

    def clear(self) -> None:
        """Forget everything an earlier run left here."""
        with disk_errors(self.path, "clearing the work directory"):
            shutil.rmtree(self.path)
            self.path.mkdir()

    def save(self, name: str, artefact: object) -> None:
        """Store a stage's result as `NAME.json`."""
        with atomic_file(self.path / f"{name}.json") as handle:
            handle.write(msgspec.json.format(to_json(artefact), indent=1))

    def load(self, name: str, kind: type[T]) -> T | None:
        """A stage's result from an earlier run; None where there is none or it cannot be read."""
        try:
            return from_json((self.path / f"{name}.json").read_bytes(), kind)
        except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
            return None

    def append(self, name: str, record: object) -> None:
        """Add one line to `NAME.jsonl`; it is on the disk when this returns."""
        path = self.path / f"{name}.jsonl"
        with disk_errors(path, "writing"), path.open("ab") as handle:
            handle.write(to_json(record) + b"\n")
            handle.flush()
            os.fsync(handle.fileno())

    def records(self, name: str, kind: type[T]) -> list[T]:
        """Every whole line of `NAME.jsonl`; what a kill left torn at the end is cut off."""
        path = self.path / f"{name}.jsonl"
        try:
            content = path.read_bytes()
        except OSError:
            return []
        records: list[T] = []
        good = 0
        for line in content.splitlines(keepends=True):
            try:
                if not line.endswith(b"\n"):
                    break
                records.append(from_json(line, kind))
            except (msgspec.MsgspecError, UnicodeDecodeError):
                break
            good += len(line)
        if good < len(content):
            with disk_errors(path, "repairing"):
                os.truncate(path, good)
        return records

    def remove(self, name: str) -> None:
        """Delete one file of the work directory, if it is there."""
        (self.path / name).unlink(missing_ok=True)
