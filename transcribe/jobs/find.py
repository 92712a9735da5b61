"""Which recordings are meant by a file, a folder, a pattern or a list, and where their results belong.

`os.path` where any text may be a path: its tests answer for names that no file can have, and pathlib's raise.
"""
# ruff: noqa: PTH112, PTH113, PTH116, PTH119

from __future__ import annotations

import glob
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path, PurePath

from transcribe.core.errors import InputError, UsageError
from transcribe.core.media_names import Kind, kind_of, passed_over
from transcribe.core.reading import walked
from transcribe.core.show_notes import Chapter
from transcribe.jobs.lists import entries_of, is_list
from transcribe.jobs.publish.tagging import CLIPS, COPIES

OWN = (*COPIES.values(), *CLIPS.values())
"""How the names of sound files end that this program writes."""


HERE = PurePath()


@dataclass(frozen=True)
class Recording:
    """A recording to be transcribed.

    Attributes:
        place: Folder of its results, below the one that is asked for with -o.
        chapters: Those that a feed has of it.
    """

    path: Path
    place: PurePath = HERE
    chapters: tuple[Chapter, ...] = ()


@dataclass(frozen=True)
class LeftOut:
    """Something that was named and is no recording on this machine."""

    name: str
    reason: str


@dataclass(frozen=True)
class Found:
    """What was meant.

    Attributes:
        recordings: Each file once, in the order of what names them, sorted within a folder.
    """

    recordings: tuple[Recording, ...]
    left_out: tuple[LeftOut, ...]


def looks_like_recording(name: str) -> bool:
    """Whether a file in a folder is one, by its name: not hidden, unfinished or our own work."""
    path = PurePath(name.lower())
    if path.name.endswith(OWN) or passed_over(path.stem):
        return False  # unfinished may stand before the ending, too: talk.part.mp3
    return kind_of(path) is Kind.RECORDING and path.suffix != ".ts"  # most of these are TypeScript


def find_recordings(named: Sequence[str], exclude: Sequence[str] = (), output: Path | None = None) -> Found:
    """Find every recording that is meant.

    Args:
        named: Files, which are always taken; folders, searched to their depths; patterns (`*`, `**`);
            lists, playlists and feeds.
        exclude: Patterns of names or whole paths that are not meant.
        output: Folder of the results, which is not searched.

    Raises:
        InputError: A list cannot be read, or a pattern matches nothing.
        UsageError: A URL or standard input is named.
    """
    recordings: dict[str, Recording] = {}
    left_out: list[LeftOut] = []
    for name in named:
        for each in _meant(name, output):
            if isinstance(each, LeftOut):
                left_out.append(each)
            elif not _excluded(each.path, exclude):
                recordings.setdefault(os.path.realpath(each.path), each)
    return Found(tuple(recordings.values()), tuple(left_out))


def folder_of(named: Sequence[str]) -> Path:
    """The folder that the first of these names is about: itself, or the one it lies in."""
    first = Path(named[0])
    return first if os.path.isdir(first) else _fixed_part(named[0]) if _is_pattern(named[0]) else first.parent


def _meant(name: str, output: Path | None) -> Iterator[Recording | LeftOut]:
    path = Path(name)
    if name == "-":
        raise UsageError("batch reads files", "For standard input: transcribe -")
    if "://" in name and not os.path.lexists(path):
        raise UsageError(f"{name} is not on this machine", "Download it first")
    if is_list(path):
        yield from _listed(path, output)
    elif os.path.isdir(path):
        yield from _in_folder(path, path, output)
    elif _is_pattern(name):
        yield from _matching(name, output)
    else:
        yield Recording(path)


def _is_pattern(name: str) -> bool:
    return glob.has_magic(name) and not os.path.lexists(name)


def _excluded(path: Path, patterns: Sequence[str]) -> bool:
    return any(fnmatch(path.name, each) or fnmatch(path.as_posix(), each) for each in patterns)


def _in_folder(folder: Path, base: Path, output: Path | None) -> Iterator[Recording | LeftOut]:
    """Everything below a folder; links to folders are not followed, so that none is searched twice."""
    out = _identity(output) if output else None
    unreadable: list[OSError] = []

    def enters(path: str) -> bool:
        return not passed_over(os.path.basename(path)) and not (out and _identity(path) == out)

    for place, files in walked(folder, enters, unreadable.append):
        here = Path(place)
        for name in filter(looks_like_recording, files):
            if os.path.isfile(here / name):
                yield Recording(here / name, here.relative_to(base))
    for error in unreadable:
        yield LeftOut(str(error.filename), f"cannot be read: {error.strerror}")


def _identity(path: str | Path) -> tuple[int, int] | None:
    """Which folder a path leads to; resolving its name takes time that grows with the square of its depth."""
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return None
    return status.st_dev, status.st_ino


def _matching(pattern: str, output: Path | None) -> Iterator[Recording | LeftOut]:
    """What a pattern matches: recordings, files whose ending it names, and all that is in folders."""
    base = _fixed_part(pattern)
    ending = PurePath(pattern).suffix
    ending = "" if glob.has_magic(ending) else ending
    try:
        matches = sorted(map(Path, glob.glob(pattern, recursive=True)))  # noqa: PTH207 - takes absolute ones too
    except RecursionError:
        raise InputError(
            f"the folders that {pattern} matches are nested too deeply", f"Name the folder: {base}"
        ) from None
    if not matches:
        raise InputError(f"nothing matches {pattern}", "Check the folder and the pattern")
    for path in matches:
        if _is_below(path, output) and not _is_below(base, output):
            continue
        if os.path.isdir(path):
            if "**" not in pattern:
                yield from _in_folder(path, base, output)
        elif looks_like_recording(path.name) or (ending and path.suffix == ending):
            yield Recording(path, path.parent.relative_to(base))


def _is_below(path: Path, folder: Path | None) -> bool:
    return folder is not None and Path(os.path.realpath(path)).is_relative_to(os.path.realpath(folder))


def _fixed_part(pattern: str) -> Path:
    """The folder of a pattern before its first part that is one."""
    parts = PurePath(pattern).parts
    fixed = next(count for count, part in enumerate(parts) if glob.has_magic(part))
    return Path(*parts[:fixed])


def _listed(path: Path, output: Path | None) -> Iterator[Recording | LeftOut]:
    folder = Path(os.path.normpath(path.parent))
    for entry in entries_of(path):
        if entry.path is None:
            yield LeftOut(entry.text, f"{path.name}, {entry.reason}")
        elif os.path.isdir(entry.path):
            yield from _in_folder(entry.path, _base(entry.path, folder), output)
        else:
            place = entry.path.parent.relative_to(_base(entry.path.parent, folder))
            yield Recording(entry.path, place, entry.chapters)


def _base(folder: Path, of_list: Path) -> Path:
    """Results keep the structure below the list's folder; what lies elsewhere has none to keep."""
    return of_list if folder.is_relative_to(of_list) else folder
