"""The ledger of a watched folder as others read it: nothing is written, and any file costs little."""

from __future__ import annotations

import os
import sqlite3
import stat
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path, PurePath
from typing import Any, TypeVar

import msgspec

from transcribe.core.errors import OutputError
from transcribe.core.text import from_json
from transcribe.jobs.publish.outputs import Published
from transcribe.jobs.queue import Facts, State, second
from transcribe.jobs.queue_file import MIGRATIONS, MOVE_AWAY

T = TypeVar("T")

LONGEST_S = 5.0
"""A ledger that takes longer to read is given up."""

WAITS_S = 1.0
"""How long a reader waits where the watcher just begins or ends to use the file."""

CHARS = 4096
"""So much is told of a text."""

PRESSING = (State.FAILED, State.REFUSED, State.UNAPPROVED)
COMING = (State.WAITING, State.READY, State.RETRYING)
OVER = (State.DONE, State.DUPLICATE, State.GONE)
"""States of recordings that need somebody, that wait, and with which nothing is to be done."""

ROW_BYTES = 1_000_000
"""A row that is longer is damage."""

TABLES = ("files", "history", "deliveries")

COLUMNS = (
    "files.name, files.state, files.since, files.attempts, files.not_before, files.reason, files.hint, "
    "files.twin, files.outputs"
)
"""Of the tables' first version, so that the ledger of an older watcher is read, too."""

PASSING = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_INTERRUPT, sqlite3.SQLITE_IOERR,
           sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY}  # fmt: skip
"""What SQLite says of a file that is in use or cannot be reached; all else is damage (sqlite.org/rescode)."""


class Problem(StrEnum):
    """Why a ledger cannot be read."""

    MISSING = "missing"  # no watcher has written into the folder, or its disk is not there
    NEWER = "newer"  # than this program
    DENIED = "denied"  # it is another user's
    DAMAGED = "damaged"  # or no ledger at all
    SILENT = "silent"  # its disk does not answer, or it is in use: it may be read later


class LedgerError(OutputError):
    """A ledger cannot be read.

    Args:
        why: The same without the ledger's path, for people who see no paths.
    """

    def __init__(self, path: Path, problem: Problem, why: str, hint: str = "") -> None:
        super().__init__(f"the ledger {path} cannot be read: {why}", hint)
        self.problem, self.why = problem, why


@dataclass(frozen=True)
class Entry:
    """A recording in the ledger, and what has become of it.

    Attributes:
        name: Its path, relative to the watched folder.
        since: When it came into its state, in seconds since 1970.
        attempts: Tries that failed.
        not_before: When it may be tried again, in seconds since 1970.
        twin: The recording that has the same content.
        outputs: The names of its outputs, without folders.
    """

    name: str
    state: State
    since: float
    attempts: int
    not_before: float
    reason: str
    hint: str
    twin: str
    outputs: tuple[str, ...]


@dataclass(frozen=True)
class Watched:
    """A watched folder as it is shown to people.

    Attributes:
        place: The folder that was named, of the results or of the ledger.
        inbox: The folder that is watched; empty where that is not known.
        running: Whether a watcher is at work.
        beat_s: How long ago it gave a sign of life, in seconds; None where it never did.
        paused: Why it does nothing at the moment; or empty.
        working: The recording that it tells of.
        stage: The stage which that is in, with its name in the code.
        heard_ms: How far recognition is in it; None outside of that stage.
        pressing: Those that failed or were refused, the newest first; so are the others.
        under_way: Those that are transcribed.
        coming: Those that wait, whatever for.
        latest: Those that are over.
        problem: Why nothing of it can be read; None where it can.
        why: The same in English, in full.
    """

    place: Path
    inbox: str = ""
    running: bool = False
    beat_s: float | None = None
    paused: str = ""
    working: str = ""
    stage: str = ""
    heard_ms: int | None = None
    counts: dict[State, int] | None = None
    pressing: tuple[Entry, ...] = ()
    under_way: tuple[Entry, ...] = ()
    coming: tuple[Entry, ...] = ()
    latest: tuple[Entry, ...] = ()
    problem: Problem | None = None
    why: str = ""

    def count(self, *states: State) -> int:
        """How many recordings are in one of these states."""
        return sum((self.counts or {}).get(each, 0) for each in states)


class Ledger:
    """A ledger that is open for reading; what its methods raise, `read` makes a LedgerError of."""

    def __init__(self, base: sqlite3.Connection) -> None:
        self._base = base

    def counts(self) -> dict[State, int]:
        """How many recordings are in each state."""
        found = {State(state): int(count) for state, count in self._grouped("files")}
        return {state: found.get(state, 0) for state in State}

    def messages(self) -> dict[str, int]:
        """How many messages are pending, delivered, given up."""
        return {str(state): int(count) for state, count in self._grouped("deliveries")}

    def entries(self, *states: State) -> list[Entry]:
        """The recordings in these states; those that came there first come first."""
        return self._entries(f"files where state in ({_marks(states)}) order by since, name", *states)

    def newest(self, most: int, *states: State) -> list[Entry]:
        """Those that came into one of these states last, the last one first; at most so many.

        The history is read backwards until there are enough: sorting the recordings takes 0.3 s for 100,000.
        """
        return self._entries(
            "history h cross join files on files.name = h.name and files.since = h.at "
            f"and files.state = h.state where h.state in ({_marks(states)}) order by h.id desc limit ?",
            *states,
            most,
        )

    def _entries(self, source: str, *values: Any) -> list[Entry]:
        return list(map(_entry, self._base.execute(f"select {COLUMNS} from {source}", values)))  # noqa: S608

    def _grouped(self, table: str) -> list[tuple[Any, Any]]:
        return self._base.execute(f"select state, count(*) from {table} group by state").fetchall()  # noqa: S608


def read(path: Path, of: Callable[[Ledger], T]) -> T:
    """What is wanted of a ledger, whether a watcher is at work with it or not.

    No link is followed. Nothing is written and no watcher has to wait: while its log is there, what is read
    is what was there at one moment; without a log nobody writes, and SQLite is told so, or it would make one.

    Raises:
        LedgerError: It cannot be read.
    """
    try:
        for _ in range(3):
            before = _files(path)
            found = _read(path, of, quiet=not before[1])
            if before[1] or _files(path) == before:
                return found
    except OSError as error:
        raise _unreachable(path, error) from error
    except sqlite3.Error as error:
        passing = getattr(error, "sqlite_errorcode", 0) & 0xFF in PASSING
        if passing:
            raise LedgerError(path, Problem.SILENT, str(error), "Try again") from error
        raise LedgerError(path, Problem.DAMAGED, str(error), MOVE_AWAY) from error
    except (ValueError, TypeError, OverflowError, msgspec.MsgspecError) as error:
        raise LedgerError(path, Problem.DAMAGED, "a line of it makes no sense", MOVE_AWAY) from error
    raise LedgerError(path, Problem.SILENT, "it changes all the time", "Try again")


def _read(path: Path, of: Callable[[Ledger], T], *, quiet: bool) -> T:
    how = "mode=ro&immutable=1" if quiet else "mode=ro"
    until = time.monotonic() + LONGEST_S
    with closing(sqlite3.connect(f"{path.as_uri()}?{how}", uri=True, timeout=WAITS_S)) as base:
        base.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, ROW_BYTES)
        base.set_progress_handler(lambda: time.monotonic() > until, 10_000)
        for pragma in ("trusted_schema = off", "cell_size_check = on", "query_only = on"):
            base.execute(f"pragma {pragma}")
        base.execute("begin")  # all of one moment
        _check(path, base)
        return of(Ledger(base))


def _check(path: Path, base: sqlite3.Connection) -> None:
    """See that it is a ledger which this program knows.

    Raises:
        LedgerError: It is none.
    """
    version = base.execute("pragma user_version").fetchone()[0]
    tables = base.execute(
        f"select count(*) from sqlite_master where type = 'table' and name in ({_marks(TABLES)})",  # noqa: S608
        TABLES,
    ).fetchone()[0]
    if version > len(MIGRATIONS):
        raise LedgerError(
            path, Problem.NEWER, "a newer version of transcribe has written it", "Update this one"
        )
    if version < 1 or tables != len(TABLES):
        raise LedgerError(path, Problem.DAMAGED, "it is no ledger of transcribe watch", MOVE_AWAY)


def _marks(values: Sequence[str]) -> str:
    return ", ".join("?" * len(values))


def _files(path: Path) -> tuple[Facts, Facts | None]:
    """What the ledger looks like, and its log; None where that is empty or not there.

    Raises:
        OSError: There is no ledger, or a link or something else stands in its place.
    """
    if not stat.S_ISDIR(path.parent.lstat().st_mode):
        raise NotADirectoryError
    ledger = _plain(path)
    if not os.access(path, os.R_OK):
        raise PermissionError
    try:
        log = _plain(path.with_name(f"{path.name}-wal"))
    except FileNotFoundError:
        return ledger, None
    return ledger, log if log.size else None


def _plain(path: Path) -> Facts:
    status = path.lstat()
    if not stat.S_ISREG(status.st_mode):
        raise NotADirectoryError
    return Facts.of(status)


def _unreachable(path: Path, error: OSError) -> LedgerError:
    match error:
        case FileNotFoundError():
            return LedgerError(path, Problem.MISSING, "it is not there")
        case PermissionError():
            why = "only the user who runs the watcher may read it"
            return LedgerError(path, Problem.DENIED, why, "Do this as that user")
        case NotADirectoryError():
            return LedgerError(path, Problem.DAMAGED, "a link or no plain file is in its place", MOVE_AWAY)
    return LedgerError(path, Problem.SILENT, error.strerror or str(error), "Try again")


def _entry(row: tuple[Any, ...]) -> Entry:
    name, state, since, attempts, not_before, reason, hint, twin, outputs = row
    for text in (reason, hint):
        if not isinstance(text, str):
            raise TypeError
    published = from_json(outputs.encode() if isinstance(outputs, str) else outputs, tuple[Published, ...])
    return Entry(
        os.fsdecode(name),
        State(state),
        second(since),
        int(attempts),
        second(not_before),
        reason[:CHARS],
        hint[:CHARS],
        os.fsdecode(twin),
        tuple(PurePath(each.path).name for each in published),
    )
