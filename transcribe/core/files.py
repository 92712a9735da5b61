"""Files on the disk: written whole or not at all, opened without following links, private where ours.

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
from io import BufferedReader
from pathlib import Path
from typing import BinaryIO

from transcribe.core.errors import OutputError
from transcribe.core.places import work_root

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

Content = bytes | Callable[[Path], None]
"""What a file is to hold; where that is large, what writes it under the name it is given."""

LARGEST_BYTES = 256 * 1024 * 1024
"""What is read at once has a small part of that."""

LEAST_FREE = 500_000_000
"""Bytes that stay free, on disks of 10 GB or more; on smaller ones it is the twentieth part."""

LOOK_EVERY = 64 * 1024 * 1024
"""After so many bytes it is looked at what is free."""

PRIVATE_FILE = 0o600
PRIVATE_FOLDER = 0o700

_CAREFUL = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)
_NOT_PLAIN = "it is not a plain file"
_FOLDER = getattr(os, "O_DIRECTORY", 0)
_LEFT = re.compile(r"\.transcribe-(?P<pid>\d{1,10})(?:-[0-9a-f]{1,16})?\.tmp")
_ours: set[str] = set()
"""Temporary files that this process has open."""


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


def free_bytes(folder: Path) -> int:
    """Bytes that are free on the disk of a folder; one that is not made yet is on its parent's.

    Raises:
        OSError: The system does not say.
    """
    return _disk_of(folder)[2]


def _disk_of(folder: Path) -> tuple[int, int, int]:
    """Bytes in all, used and free."""
    there = next((each for each in (folder, *folder.absolute().parents) if each.exists()), folder)
    return shutil.disk_usage(there)


class Room:
    """Keeps some of a disk free while something is written that may have no end.

    Args:
        folder: Where it is written.
        what: What it is, for the message.
    """

    def __init__(self, folder: Path, what: str) -> None:
        self._folder = folder
        self._what = what
        self._looked = 0

    def check(self, written: int) -> None:
        """See whether more may be written; call it with every block.

        Args:
            written: Bytes that were written.

        Raises:
            OutputError: Less than `LEAST_FREE` is free.
        """
        if written // LOOK_EVERY == self._looked:
            return
        self._looked = written // LOOK_EVERY
        total, _, free = _disk_of(self._folder)
        if free < min(LEAST_FREE, total // 20):
            raise OutputError(
                f"the disk of {self._folder} is nearly full: {free / 1e6:,.0f} MB are free, and {self._what} "
                f"has not ended after {written / 1e6:,.0f} MB",
                f"Make room, and see whether it ends at all. {_elsewhere(self._folder)}",
            ) from OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _elsewhere(path: Path) -> str:
    if path.is_relative_to(work_root()):
        return "The work directory may be elsewhere: set TRANSCRIBE_WORK_DIR to a folder"
    return "Choose another folder with -o, or check its permissions"


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
        contents: What is written where.
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
        return None if path.is_symlink() else _copied(path, before, keeping)
    keeping.callback(before.unlink, missing_ok=True)
    return before


def _copied(path: Path, before: Path, keeping: contextlib.ExitStack) -> Path:
    shutil.copyfile(path, before)
    keeping.callback(before.unlink, missing_ok=True)
    return before


@contextmanager
def _temporary(folder: Path, *, private: bool = False) -> Iterator[tuple[Path, BinaryIO]]:
    """A new file of a name nobody can guess, removed at the end unless it was given another."""
    path = folder / _new_name()
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | _CAREFUL
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
    number = os.open(path, os.O_RDONLY | _CAREFUL | _FOLDER)
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
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
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
        number = os.open(path, os.O_RDWR | _CAREFUL)
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
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:  # somebody else's
        pass
    return True


def open_regular(path: Path, *, follow: bool = True) -> BufferedReader:
    """Open a plain file for reading, and nothing else: no pipe is waited for, no device read.

    Args:
        path: The file.
        follow: Whether a link is followed.

    Raises:
        OSError: It cannot be opened, or is no plain file.
    """
    careful = _CAREFUL & ~getattr(os, "O_NOFOLLOW", 0) if follow else _CAREFUL
    try:
        number = os.open(path, os.O_RDONLY | careful)
    except OSError as error:
        if error.errno == errno.ENXIO:  # a socket
            raise OSError(errno.EINVAL, _NOT_PLAIN) from error
        raise
    try:
        mode = os.fstat(number).st_mode
        if stat.S_ISDIR(mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        if not stat.S_ISREG(mode):
            raise OSError(errno.EINVAL, _NOT_PLAIN)
        return os.fdopen(number, "rb")
    except BaseException:
        os.close(number)
        raise


def read_regular(path: Path) -> bytes:
    """The content of a plain file of at most 256 MiB.

    Raises:
        OSError: It cannot be read, is no plain file or is larger.
    """
    with open_regular(path) as handle:
        content = handle.read(LARGEST_BYTES + 1)
    if len(content) > LARGEST_BYTES:
        raise OSError(errno.EFBIG, os.strerror(errno.EFBIG), str(path))
    return content


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
    number = os.open(path, os.O_RDWR | os.O_CREAT | _CAREFUL, PRIVATE_FILE)
    try:
        status = os.fstat(number)
        if not stat.S_ISREG(status.st_mode):
            raise OSError(errno.EINVAL, _NOT_PLAIN)
        if stat.S_IMODE(status.st_mode) & 0o077 and status.st_uid == os.geteuid():
            os.fchmod(number, PRIVATE_FILE)
    finally:
        os.close(number)


def real(path: Path) -> Path:
    """The path with its links resolved; links that go round in circles are left in it."""
    return Path(os.path.realpath(path))


def inside(folder: Path, name: str) -> Path:
    """The path that a stranger's relative path means in a folder, with its links resolved.

    Raises:
        ValueError: It leads out of the folder; the message says how.
    """
    if "\0" in name:
        raise ValueError("it holds a NUL character")
    if Path(name).is_absolute() or name.startswith("~"):
        raise ValueError("it does not begin in the folder")
    if ".." in Path(name).parts:
        raise ValueError("it leads out of the folder by ..")
    place = real(folder)
    found = real(place / name)
    if not found.is_relative_to(place):
        raise ValueError("a link in it leads out of the folder")
    return found
