"""From a finished episode to files: all of them or none, and never over somebody else's."""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from transcribe.episode import Episode
from transcribe.errors import OutputError
from transcribe.workspace import Workspace, disk_errors, sync_folder

Content = bytes | Callable[[Path], None]
"""What a file is to hold; where that is large, what writes it under the name it is given."""

LONGEST_NAME_BYTES = 255
"""Of a file name on every common file system (ext4, APFS, NTFS in UTF-16 units)."""


@dataclass(frozen=True)
class Target:
    """One file to be published.

    Attributes:
        format: Name of the format.
        path: Where it goes.
    """

    format: str
    path: Path


@dataclass(frozen=True)
class Published:
    """One file this job has published before.

    Attributes:
        path: Its absolute path.
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
        targets: What is to be published.
        workspace: Knows what this job has published before.
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
    contents = [(path, content) for path, content in rendered if content is not None]
    unsaid = [path for path, content in rendered if content is None]
    staged: list[tuple[Path, Path]] = []
    try:
        for path, content in contents:
            temporary = _temporary(path)
            staged.append((temporary, path))
            with disk_errors(path, "writing"):
                _write(temporary, content)
        new = [Published(str(path.absolute()), file_digest(temporary)) for temporary, path in staged]
        workspace.save("published", earlier + new)  # both, in case of a kill between here and the last name
        for temporary, path in staged:
            with disk_errors(path, "writing"):
                temporary.replace(path)
        for path in unsaid:
            with disk_errors(path, "removing"):
                path.unlink(missing_ok=True)
    finally:
        for temporary, _ in staged:
            temporary.unlink(missing_ok=True)
    replaced = {str(path.absolute()) for path, _ in rendered}
    workspace.save("published", [each for each in earlier if each.path not in replaced] + new)
    for folder in {path.parent for path, _ in contents}:
        with contextlib.suppress(OSError):  # the files are there; not every file system syncs folders
            sync_folder(folder)
    return tuple(path for path, _ in contents)


def _earlier(workspace: Workspace) -> list[Published]:
    return workspace.load("published", list[Published]) or []


def _check_folder(folder: Path) -> None:
    probe = folder / f".transcribe-{os.getpid()}.tmp"
    with disk_errors(folder, "writing into"):
        folder.mkdir(parents=True, exist_ok=True)
        try:
            probe.touch()  # os.access() is wrong on network and read-only mounts
        finally:
            probe.unlink(missing_ok=True)


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


def _temporary(path: Path) -> Path:
    """A short fixed name in the same folder: a later run of the same job replaces what a kill left."""
    return path.with_name(f".transcribe-{_digest(os.fsencode(path.name))[:16]}.tmp")


def _write(path: Path, content: Content) -> None:
    if not isinstance(content, bytes):
        content(path)
    with path.open("wb" if isinstance(content, bytes) else "rb+") as handle:
        if isinstance(content, bytes):
            handle.write(content)
        handle.flush()
        os.fsync(handle.fileno())


def file_digest(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal.

    Raises:
        OSError: It cannot be read.
    """
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
