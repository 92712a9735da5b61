"""Queues that know of recordings, of servers and of watched folders; and the locks that a purge holds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import filelock

from transcribe.core.files import PRIVATE_FILE
from transcribe.core.workspace import Workspace

WAITS_S = 1.0
"""`watch status` has the lock of a watcher for a moment."""


def _no_notes(_name: str) -> tuple[Path, ...]:
    return ()


@dataclass(frozen=True)
class Ledger:
    """A queue, and what lies around it.

    Attributes:
        path: The file.
        lock: What its server or watcher has locked while it is at work.
        owner: Which of the two it is, for people.
        jobs: A server's: the folder that has a folder for each job.
        work: A server's own work directories.
        inbox: The folder that is watched; None: it is not known, or there is none.
        notes: The files in which a watcher says why a recording failed, by its name.
        beat: The file that tells what a watcher does.
    """

    path: Path
    lock: Path
    owner: str
    jobs: Path | None = None
    work: Path | None = None
    inbox: Path | None = None
    notes: Callable[[str], tuple[Path, ...]] = _no_notes
    beat: Path | None = None


class Locks:
    """What nobody else uses while a purge is planned and carried out."""

    def __init__(self, held: ExitStack) -> None:
        self._held = held
        self._taken: set[Path] = set()

    def work(self, work: Workspace) -> bool:
        """Lock a work directory; whether no run has it."""
        return self._take(work.path, work.lock, work.unlock)

    def ledger(self, ledger: Ledger) -> bool:
        """Lock a ledger; whether its server or watcher is not at work."""
        lock = filelock.FileLock(ledger.lock, mode=PRIVATE_FILE)

        def take() -> bool:
            try:
                lock.acquire(timeout=WAITS_S)
            except filelock.Timeout:
                return False
            return True

        return self._take(ledger.path, take, lock.release)

    def _take(self, path: Path, take: Callable[[], bool], give: Callable[[], None]) -> bool:
        if path in self._taken:
            return True
        if not take():
            return False
        self._held.callback(give)
        self._taken.add(path)
        return True


@contextmanager
def locks() -> Iterator[Locks]:
    """Locks that are let go at the end."""
    with ExitStack() as held:
        yield Locks(held)
