"""The chain of a folder's manifests: each names the digest of the one before it, and none is ever lost.

`.transcribe/NAME.json` is the newest manifest of a recording, `.transcribe/earlier/` has those that it
replaced, by their digests, and `.transcribe/head` is the newest of all. That one is written first: what a run
that was killed in between has left undone, the next one does. Statements about keeping an episode
(`retention.py`) are links of it, too; they lie in `.transcribe/earlier/` at once.
"""

from __future__ import annotations

import errno
import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import filelock

from transcribe.core.disk import disk_errors
from transcribe.core.errors import OutputError
from transcribe.core.files import atomic_file, sweep
from transcribe.core.reading import open_regular
from transcribe.jobs.manifest import Link, Manifest, read_manifest, write_manifest
from transcribe.jobs.publish.outputs import target_path
from transcribe.jobs.retention import Retention, held, read_retention, read_statement, write_retention
from transcribe.jobs.signing import Signer

HEAD = "head"
EARLIER = "earlier"
SIGNATURES = "signatures"
LOCK = "lock"
LOCK_SECONDS = 60.0
"""A lock is held for a few writes; one that is held so long is another machine's that is gone."""


def append(path: Path, make: Callable[[Link], Manifest], signer: Signer | None = None) -> None:
    """Write a recording's manifest as the newest of its folder.

    Args:
        path: Where it goes; its folder is that of the chain.
        make: Gives the manifest with its place in the chain.
        signer: Signs it; None: it is not signed.

    Raises:
        OutputError: It cannot be written.
    """
    with _appending(path.parent, signer) as (link, put):
        content = write_manifest(make(link))
        put(content)
        _replace(path, content)


def append_retention(
    folder: Path, make: Callable[[Link], Retention], signer: Signer | None = None
) -> Retention:
    """Write a statement about keeping an episode as the newest link of a chain.

    Args:
        folder: That of the chain; made where it is missing.
        make: Gives the retention with its place in the chain; nothing else writes into it meanwhile.
        signer: Signs it; None: it is not signed.

    Raises:
        OutputError: It cannot be written.
    """
    with _appending(folder, signer) as (link, put):
        retention = make(link)
        content = write_retention(retention)
        put(content)
        _keep(folder, content)
    return retention


def carry_hold(name: str, here: Path, there: Path, signer: Signer | None = None) -> None:
    """Put the legal hold that an episode is under into the chain of the folder that it moves to.

    Args:
        name: The recording's.
        here: Folder of the chain that has the hold, if there is one.

    Raises:
        OutputError: It cannot be written.
    """
    hold = _hold_in(here, name)
    if hold and not _hold_in(there, name):
        append_retention(there, lambda link: replace(hold, link=link), signer)


def _hold_in(folder: Path, name: str) -> Retention | None:
    paths = [folder / HEAD, *(folder / EARLIER).glob("*.json")]
    said = (read_retention(content) for path in paths if (content := _read(path)))
    return held(sorted(filter(None, said), key=lambda each: -each.link.number), name)


@contextmanager
def _appending(folder: Path, signer: Signer | None) -> Iterator[tuple[Link, Callable[[bytes], None]]]:
    """The place of the next link, and what makes a statement the head."""
    make_place(folder)
    with locked(folder / LOCK):
        for each in (folder, folder / EARLIER, folder / SIGNATURES):
            sweep(each)
        head = _read(folder / HEAD)
        before = read_statement(head) if head else None
        if head is not None:
            _finish(folder, head, before)

        def put(content: bytes) -> None:
            if signer is not None:
                make_place(folder / SIGNATURES)
                _write(signature_path(folder, content), signer.envelope(content))
            _write(folder / HEAD, content)

        yield Link((before.link.number if before else 0) + 1, digest(head) if head else ""), put


def digest(content: bytes) -> str:
    """What the next manifest names this one by: the SHA-256 of its file, in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def signature_path(folder: Path, manifest: bytes) -> Path:
    """Where the signature of a manifest lies in the folder of a chain, whether it is the newest or not."""
    return folder / SIGNATURES / f"{digest(manifest)}.json"


def manifest_path(folder: Path, recording: str) -> Path:
    """Where the manifest of a recording lies in the folder of a chain."""
    return target_path(folder, f"{recording}.json", ".json")


def _finish(folder: Path, head: bytes, before: Manifest | Retention | None) -> None:
    """Put the newest link where it lies, if a kill came between; whatever it is, keep it."""
    if not isinstance(before, Manifest):
        _keep(folder, head)
        return
    there = _read(manifest_path(folder, before.name))
    if there == head:
        return
    current = read_manifest(there) if there else None
    if current is None or current.link.number < before.link.number:
        _replace(manifest_path(folder, before.name), head)
    else:
        _keep(folder, head)


def _replace(path: Path, content: bytes) -> None:
    there = _read(path)
    if there is not None and read_manifest(there) is not None:
        _keep(path.parent, there)
    _write(path, content)


def _keep(folder: Path, content: bytes) -> None:
    earlier = folder / EARLIER
    make_place(earlier)
    _write(earlier / f"{digest(content)}.json", content)


def _write(path: Path, content: bytes) -> None:
    with atomic_file(path) as handle:
        handle.write(content)


def _read(path: Path) -> bytes | None:
    try:
        with open_regular(path) as handle:
            return handle.read()
    except OSError:
        return None


def make_place(folder: Path) -> None:
    """Make the folder of a chain, where there is none.

    Raises:
        OutputError: It cannot be made, or is a link.
    """
    with disk_errors(folder, "making"):
        folder.mkdir(exist_ok=True)
        if folder.is_symlink():  # it would be written wherever a stranger likes
            raise OSError(errno.ELOOP, "the folder is a link")


@contextmanager
def locked(lock: Path) -> Iterator[None]:
    """Wait until nobody else has a lock, and have it while the block runs; a kill gives it back.

    Whoever has it already, in the same thread, has it once more.

    Raises:
        OutputError: The file of the lock cannot be made, or somebody keeps it locked.
    """
    held = filelock.FileLock(lock, is_singleton=True)
    with disk_errors(lock, "locking"):
        try:
            held.acquire(timeout=LOCK_SECONDS)
        except filelock.Timeout:
            raise OutputError(f"{lock.parent} is locked by another run", "Wait until it is done") from None
    try:
        yield
    finally:
        held.release()
