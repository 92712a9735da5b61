"""Moves a finished recording away in one step, and never over another file."""

from __future__ import annotations

import os
from pathlib import Path, PurePath

from transcribe.core.files import make_folder, sync_folder


def free_name(folder: Path, name: str) -> Path:
    """A path in the folder that nobody has; it is reserved by an empty file, made there.

    Raises:
        OSError: Nothing can be written there.
    """
    wanted = PurePath(name)
    for number in range(1, 10_000):
        tried = wanted if number == 1 else wanted.with_name(f"{wanted.stem} ({number}){wanted.suffix}")
        path = folder / tried
        make_folder(path.parent)
        try:
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o644))
        except FileExistsError:
            continue
        return path
    raise FileExistsError(0, "there are too many files of this name", str(folder / wanted))


def move(source: Path, target: Path) -> None:
    """Rename a file onto the empty one that keeps its place.

    Raises:
        OSError: It cannot be renamed, for example onto another file system; it stays where it is.
        FileExistsError: Something that is not empty has the place.
    """
    if target.exists() and target.stat().st_size:
        raise FileExistsError(0, "another file has its place", str(target))
    os.rename(source, target)  # noqa: PTH104 - the name of what happens
    for folder in {source.parent, target.parent}:
        sync_folder(folder)
