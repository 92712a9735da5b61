"""From a finished episode to files: all of them or none, and never over somebody else's."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from transcribe.core.digest import file_digest
from transcribe.core.disk import disk_errors
from transcribe.core.episode import Episode
from transcribe.core.errors import OutputError
from transcribe.core.files import Content, make_folder, sweep, try_folder, write_together
from transcribe.core.workspace import Workspace

LONGEST_NAME_BYTES = 255
"""Of a file name on every common file system (ext4, APFS, NTFS in UTF-16 units)."""


@dataclass(frozen=True)
class Target:
    """One file to be published."""

    format: str
    path: Path


@dataclass(frozen=True)
class Published:
    """One file this job has published before.

    Attributes:
        sha256: Hex digest of the bytes written.
    """

    path: str
    sha256: str


def target_path(folder: Path, source_name: str, suffix: str) -> Path:
    """Where a result goes: the recording's name with another ending.

    A name that would be too long for the file system is cut and told apart by a digest.
    """
    stem = Path(source_name).stem
    if len(os.fsencode(stem + suffix)) > LONGEST_NAME_BYTES:
        digest = hashlib.sha256(os.fsencode(stem)).hexdigest()[:8]
        room = LONGEST_NAME_BYTES - len(os.fsencode(suffix)) - len(digest) - 1
        stem = os.fsencode(stem)[:room].decode(errors="ignore") + "~" + digest
    return folder / (stem + suffix)


def published_for(sha256: str, root: Path) -> list[Published]:
    """Every file that any job has published for a recording, by the work directories under `root`."""
    folders = sorted((root / sha256[:32]).glob("*/published.json")) if sha256 else []
    return [
        each for path in folders for each in _earlier(Workspace(root, f"{sha256[:32]}/{path.parent.name}"))
    ]


def check_targets(
    targets: Sequence[Target], workspace: Workspace, *, force: bool, ours: Sequence[Published] = ()
) -> None:
    """Refuse, before any work is done, what `publish` would refuse after it.

    Args:
        force: Replace what is in the way, whoever wrote it.
        ours: What other jobs of the same recording have published, which may be replaced, too.

    Raises:
        OutputError: A folder cannot be written, or a file of another job is in the way.
    """
    earlier = [*_earlier(workspace), *ours]
    for target in targets:
        _check_folder(target.path.parent)
        if not force:
            _check_free(target.path, earlier)


def publish(
    episode: Episode,
    targets: Sequence[Target],
    render: Callable[[Episode, str], Content | None],
    workspace: Workspace,
    *,
    force: bool,
    ours: Sequence[Published] = (),
) -> tuple[Path, ...]:
    """Write every target under another name, then give all of them their names; say which were written.

    Where `render` has nothing to say there is no file, and an old one is removed. A file that is
    there already is replaced or removed only if this job wrote it (or one whose work is `ours`) and
    nobody has changed it since, or with `force`.

    Raises:
        OutputError: As for `check_targets`, or the disk is full; nothing is left half-written.
    """
    check_targets(targets, workspace, force=force, ours=ours)
    earlier = _earlier(workspace)
    rendered = [(target.path, render(episode, target.format)) for target in targets]
    contents = {path: content for path, content in rendered if content is not None}
    unsaid = [path for path, content in rendered if content is None]
    new: list[Published] = []

    def remember(staged: Mapping[Path, Path]) -> None:
        new.extend(Published(str(path.absolute()), file_digest(staged[path])) for path in contents)
        workspace.save("published", earlier + new)  # both, in case of a kill before the last name is given

    write_together(contents, before_names=remember)
    for path in unsaid:
        with disk_errors(path, "removing"):
            path.unlink(missing_ok=True)
    replaced = {str(path.absolute()) for path, _ in rendered}
    workspace.save("published", [each for each in earlier if each.path not in replaced] + new)
    return tuple(contents)


def _earlier(workspace: Workspace) -> list[Published]:
    return workspace.load("published", list[Published]) or []


def _check_folder(folder: Path) -> None:
    with disk_errors(folder, "writing into"):
        make_folder(folder)
        sweep(folder)
        try_folder(folder)  # os.access() is wrong on network and read-only mounts


def _check_free(path: Path, earlier: Sequence[Published]) -> None:
    try:
        digest = file_digest(path)
    except FileNotFoundError:
        return
    except OSError as error:
        raise OutputError(
            f"{path} is in the way: {error.strerror}", "Choose another folder with -o"
        ) from error
    if Published(str(path.absolute()), digest) not in earlier:
        raise OutputError(
            f"{path} exists and was not written by this job, or was changed since",
            "Choose another folder with -o, or replace it with --force",
        )
