"""The folders of a watcher: what may lie where, where the ledger is, which ones others change unseen."""

from __future__ import annotations

import hashlib
import os
import unicodedata
from dataclasses import dataclass, replace
from pathlib import Path, PurePath

import psutil

from transcribe.core.disk import disk_errors
from transcribe.core.errors import InputError, UsageError
from transcribe.core.files import make_folder, sweep
from transcribe.core.places import expanded, work_root
from transcribe.core.places import state as state_root
from transcribe.core.text import readable

LEDGER_FOLDER = ".watch"
LEDGER = "ledger.sqlite"
FAILED = "failed"
ERROR = ".error.txt"
APART = "Choose folders that lie side by side"

NETWORK = frozenset({
    "9p", "afpfs", "afs", "beegfs", "ceph", "cifs", "davfs", "drvfs", "fuse.ceph", "fuse.davfs2",
    "fuse.glusterfs", "fuse.gocryptfs", "fuse.gvfsd-fuse", "fuse.mergerfs", "fuse.rclone", "fuse.s3fs",
    "fuse.sshfs", "fuse.vmhgfs-fuse", "gpfs", "lustre", "ncpfs", "nfs", "nfs4", "orangefs", "prl_fs",
    "smb2", "smb3", "smbfs", "vboxsf", "virtiofs", "webdav",
})  # fmt: skip
"""Types of file systems whose files others change unseen: of networks, and of a virtual machine's host."""


@dataclass(frozen=True)
class Folders:
    """All with links resolved.

    Attributes:
        state: Where ledger, lock and heartbeat are.
        done: Where finished recordings are moved; None: they stay.
        waiting: Where results wait for approval; None: none is required.
    """

    inbox: Path
    out: Path
    state: Path
    done: Path | None = None
    waiting: Path | None = None

    @property
    def queue(self) -> Path:
        """The ledger's file."""
        return self.state / LEDGER

    def sweep(self) -> None:
        """Remove the temporary files that a killed watcher left, also where nothing is written again."""
        for root in filter(None, (self.out, self.done, self.waiting)):
            for folder, _, _ in os.walk(root):
                sweep(Path(folder))

    def error_files(self, name: str) -> tuple[Path, Path]:
        """Where it says why a recording failed; the second where the first is taken or cannot be.

        The name of the second is short, flat, and no other recording's.
        """
        digest = hashlib.sha256(os.fsencode(name)).hexdigest()[:16]
        return tuple(self.out / FAILED / f"{each}{ERROR}" for each in (name, digest))  # type: ignore[return-value]


def open_folders(
    inbox: Path, out: Path, state: Path | None, done: Path | None, waiting: Path | None = None
) -> Folders:
    """Resolve and check the folders; those for results are made, once nothing speaks against it.

    Raises:
        InputError: There is no folder to watch.
        OutputError: A folder cannot be made.
        UsageError: One lies inside another, where what is written would be taken for a recording.
    """
    if not inbox.is_dir():
        raise InputError(f"there is no folder {inbox}", "Make it, or check whether its disk is mounted")
    found = Folders(_real(inbox), _real(out), state_folder(out, state), _real(done) if done else None)
    found = replace(found, waiting=_real(waiting) if waiting else None)
    _refuse_nesting(found)
    for made in (found.out, found.done, found.waiting):
        if made is not None:
            with disk_errors(made, "making"):
                make_folder(made)
    if found.done and found.done.stat().st_dev != found.inbox.stat().st_dev:
        raise UsageError(
            f"{done} lies on another file system than {inbox}: a file cannot be moved there in one step",
            "Choose a folder on the same one for --move-done",
        )
    return found


def state_folder(out: Path, chosen: Path | None) -> Path:
    """Where the ledger of a folder of results lies: the one chosen, else inside it.

    On a network mount SQLite's log does not work (sqlite.org/wal.html); then in the user's own state folder.
    """
    if chosen is not None:
        return _real(chosen)
    real = _real(out)
    if not network_mount(real):
        return real / LEDGER_FOLDER
    key = hashlib.sha256(os.fsencode(real)).hexdigest()[:16]
    return state_root() / "watch" / key


def network_mount(path: Path) -> str:
    """The type of the network file system that a path lies on; empty where it is a local one."""
    wanted = Path(os.path.realpath(path))
    best, kind = -1, ""
    for mount in psutil.disk_partitions(all=True):
        place = Path(mount.mountpoint)
        if wanted.is_relative_to(place) and len(place.parts) >= best:  # a later mount covers an earlier one
            best, kind = len(place.parts), mount.fstype.lower()
    return kind if kind in NETWORK else ""


def _real(path: Path) -> Path:
    return Path(os.path.realpath(expanded(path)))


def _refuse_nesting(folders: Folders) -> None:
    others = {"results": folders.out, "the ledger": folders.state, "finished recordings": folders.done}
    others["what waits for approval"] = folders.waiting
    for what, folder in others.items():
        if folder is not None and folder.is_relative_to(folders.inbox):
            raise UsageError(
                f"the folder for {what} ({folder}) lies inside the watched one ({folders.inbox}), "
                "where everything is taken for a recording",
                APART,
            )
    for what, folder in (("results", folders.out), ("finished recordings", folders.done)):
        if folder is not None and folders.inbox.is_relative_to(folder):
            raise UsageError(
                f"the watched folder ({folders.inbox}) lies inside the one for {what} ({folder}), "
                "from where files would come back into it",
                APART,
            )
    if _real(work_root()).is_relative_to(folders.inbox):
        raise UsageError(
            "the work directory lies inside the watched folder", "Set TRANSCRIBE_WORK_DIR to another"
        )


def places(name: str) -> list[str]:
    """What the names of a recording's outputs can be made of, best first, relative to the folder of results.

    `day/take.wav` becomes `day/take.txt`; where `day/take.mp3` has that already, `day/take.wav.txt`; where a
    recording of the same name was moved away before, `day/take (2).txt`.
    """
    path = PurePath(name)
    return [
        str(path.with_suffix("")),
        name,
        *(str(path.with_name(f"{path.stem} ({n})")) for n in range(2, 10_000)),
    ]


def place_key(place: str) -> str:
    """The same for places that a file system may take for one: upper and lower case, Unicode's forms."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", readable(place)).casefold())
