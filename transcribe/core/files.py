"""Files written whole or not at all, and kept private where they are ours.

Folders may belong to a stranger. A temporary file has a name that nobody can guess and is made anew
(`O_EXCL`), so that it is never somebody's link or pipe. While it is open it is locked; one that is not, and
whose process is gone, was left by a kill, and the next run that writes into the folder removes it.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import secrets
import shutil
import stat
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from transcribe.core.disk import disk_errors
from transcribe.core.reading import CAREFUL, NOT_PLAIN

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

Content = bytes | Callable[[Path], None]
"""What a file is to hold; where that is large, what writes it under the name it is given."""

PRIVATE_FILE = 0o600
PRIVATE_FOLDER = 0o700

_FOLDER = getattr(os, "O_DIRECTORY", 0)
_LEFT = re.compile(r"\.transcribe-(?P<pid>\d{1,10})(?:-[0-9a-f]{1,16})?\.tmp")
_ours: set[str] = set()
"""Temporary files that this process has open."""


@contextmanager
def atomic_file(path: Path, *, private: bool = False) -> Iterator[BinaryIO]:
    """Write a file that appears whole or not at all.

    Args:
        path: Where it appears once the block ends without an error; a link there is replaced.
        private: Whether only its owner may read it.

    Raises:
        OutputError: It cannot be written.
    """
    with disk_errors(path, "writing"), _temporary(path.parent, private=private) as (temporary, handle):
        yield handle
        _flush(handle)
        temporary.replace(path)
        sync_folder(path.parent)


def write_together(
    contents: Mapping[Path, Content], *, before_names: Callable[[Mapping[Path, Path]], None] = lambda _: None
) -> None:
    """Write files, in this order, all of them or none.

    Each is first written under another name; where one then cannot be given its own, those before it get
    their old content back. After a kill some are new and some are old, but each of them is whole.

    Args:
        before_names: Called with the temporary file of each path, when all is written and nothing has its
            name yet.

    Raises:
        OutputError: One cannot be written.
    """
    with contextlib.ExitStack() as staging:
        staged: dict[Path, Path] = {}
        for path, content in contents.items():
            with disk_errors(path, "writing"):
                staged[path], handle = staging.enter_context(_temporary(path.parent))
                _fill(handle, staged[path], content)
        before_names(staged)
        _give_names(staged)
    for folder in {path.parent for path in contents}:
        with contextlib.suppress(OSError):  # the files are there; not every file system syncs folders
            sync_folder(folder)


def _give_names(staged: Mapping[Path, Path]) -> None:
    with contextlib.ExitStack() as keeping:
        kept: dict[Path, Path | None] = {}
        try:
            for path, temporary in staged.items():
                with disk_errors(path, "writing"):
                    kept[path] = _kept(path, keeping)
                    temporary.replace(path)
        except BaseException:
            for path, before in kept.items():
                with contextlib.suppress(OSError):
                    path.unlink(missing_ok=True) if before is None else before.replace(path)
            raise


def _kept(path: Path, keeping: contextlib.ExitStack) -> Path | None:
    """A second name for the file that is there, to bring it back; None where there is none."""
    if not os.path.lexists(path):
        return None
    before = path.with_name(_new_name())
    try:
        os.link(path, before, follow_symlinks=False)
    except OSError:  # a file system without links (exFAT, some network mounts)
        if path.is_symlink():
            return None
        shutil.copyfile(path, before)
    keeping.callback(before.unlink, missing_ok=True)
    return before


@contextmanager
def _temporary(folder: Path, *, private: bool = False) -> Iterator[tuple[Path, BinaryIO]]:
    """A new file of a name nobody can guess, removed at the end unless it was given another."""
    path = folder / _new_name()
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | CAREFUL
    number = os.open(path, flags, PRIVATE_FILE if private else 0o666)
    _ours.add(path.name)
    try:
        with os.fdopen(number, "w+b") as handle:
            _lock(number)
            yield path, handle
    finally:
        path.unlink(missing_ok=True)
        _ours.discard(path.name)


@contextmanager
def temporary_folder(parent: Path) -> Iterator[Path]:
    """A private folder of a name nobody can guess, removed at the end with all that is in it.

    Raises:
        OSError: It cannot be made.
    """
    path = parent / _new_name()
    path.mkdir(mode=PRIVATE_FOLDER)
    _ours.add(path.name)
    try:
        with _open_folder(path) if fcntl else contextlib.nullcontext(-1) as number:
            _lock(number)
            yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)
        _ours.discard(path.name)


@contextmanager
def _open_folder(path: Path) -> Iterator[int]:
    number = os.open(path, os.O_RDONLY | CAREFUL | _FOLDER)
    try:
        yield number
    finally:
        os.close(number)


def _new_name() -> str:
    return f".transcribe-{os.getpid()}-{secrets.token_hex(8)}.tmp"


def _fill(handle: BinaryIO, path: Path, content: Content) -> None:
    if isinstance(content, bytes):
        handle.write(content)
        _flush(handle)
        return
    content(path)
    if not os.path.samestat(os.fstat(handle.fileno()), path.lstat()):
        raise OSError(errno.ESTALE, "somebody else replaced it while it was written")
    _flush(handle)


def _flush(handle: BinaryIO) -> None:
    handle.flush()
    os.fsync(handle.fileno())


def try_folder(folder: Path) -> None:
    """Write a file into a folder, flush it, rename it, and remove it.

    Raises:
        OSError: That cannot be done.
    """
    with _temporary(folder) as (path, handle):
        handle.write(b"x")
        _flush(handle)
        other = path.with_name(_new_name())
        path.replace(other)
        other.replace(path)  # where it is removed


def sync_folder(folder: Path) -> None:
    """Make renames in a folder survive a power cut, where the system can (POSIX)."""
    if os.name == "posix":
        sync_file(folder)


def sync_file(path: Path) -> None:
    """Make what was written into a file survive a power cut."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sweep(folder: Path, *, folders: bool = False) -> None:
    """Remove the temporary files that killed runs left in a folder.

    Only plain files of this user, of a process that is gone, and that nobody has locked.

    Args:
        folder: Where they lie; what is no folder is left alone.
        folders: Whether temporary folders are removed, too; only where nobody else can have made them.
    """
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            found = _LEFT.fullmatch(entry.name)
            if found and entry.name not in _ours and not _is_running(int(found["pid"])):
                _remove_left(Path(entry.path))
                if folders:
                    _remove_left_folder(Path(entry.path))


def _remove_left_folder(path: Path) -> None:
    with contextlib.suppress(OSError), _open_folder(path) as number:
        if os.fstat(number).st_uid == os.geteuid() and _lock(number):
            shutil.rmtree(path, ignore_errors=True)


def _remove_left(path: Path) -> None:
    with contextlib.suppress(OSError):
        number = os.open(path, os.O_RDWR | CAREFUL)
        try:
            status = os.fstat(number)
            if stat.S_ISREG(status.st_mode) and status.st_uid == os.geteuid() and _lock(number):
                path.unlink()
        finally:
            os.close(number)


def _lock(number: int) -> bool:
    """Lock an open file; False where somebody else has, or the file system cannot."""
    if fcntl is None:
        return False
    try:
        fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _is_running(pid: int) -> bool:
    if pid == os.getpid():  # of an earlier process with our number, as in a container; else it is in `_ours`
        return False
    import psutil  # takes time, and files that were left are rare

    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)  # one that nobody has waited for
    except psutil.NoSuchProcess:
        return False
    except (psutil.Error, OverflowError):  # somebody else's; or no number of a process
        return pid < 2**31


def private_folder(path: Path) -> None:
    """Make a folder that only its owner may enter; one that is there is made private.

    Missing folders above it are made private, too: who may write there could put another in its place.
    A folder of another user, and one that everybody may write into (`/tmp`), is left as it is.

    Raises:
        OSError: It cannot be made.
    """
    for folder in (*reversed(path.parents), path):
        if not folder.is_dir():
            with contextlib.suppress(FileExistsError):
                folder.mkdir(mode=PRIVATE_FOLDER)
    status = path.stat()
    if not stat.S_ISDIR(status.st_mode):  # a device, which would be made private for everybody
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(path))
    wider = stat.S_IMODE(status.st_mode) & 0o077
    if wider and not status.st_mode & stat.S_ISVTX and status.st_uid == os.geteuid():
        path.chmod(PRIVATE_FOLDER)


def private_file(path: Path) -> None:
    """Make a file that only its owner may read, where there is none; one that is there is made private.

    Raises:
        OSError: It cannot be made, or is a link or no plain file.
    """
    number = os.open(path, os.O_RDWR | os.O_CREAT | CAREFUL, PRIVATE_FILE)
    try:
        status = os.fstat(number)
        if not stat.S_ISREG(status.st_mode):
            raise OSError(errno.EINVAL, NOT_PLAIN)
        if stat.S_IMODE(status.st_mode) & 0o077 and status.st_uid == os.geteuid():
            os.fchmod(number, PRIVATE_FILE)
    finally:
        os.close(number)


def make_folder(folder: Path) -> None:
    """Make a folder and those it lies in, at any depth; pathlib's own way recurses.

    Raises:
        OSError: One cannot be made.
    """
    missing = [folder]
    while not os.path.isdir(missing[-1].parent):  # noqa: PTH112 - which answers for any path
        missing.append(missing[-1].parent)
    for each in reversed(missing):
        try:
            each.mkdir(exist_ok=True)
        except FileExistsError:
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(each)) from None
