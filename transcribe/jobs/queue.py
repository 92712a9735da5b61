"""Durable jobs: state and history of each, on the disk before anything depends on it.

A job's state, its line of history and the messages about it are one transaction, so that a kill leaves all
of them or none.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

import msgspec

from transcribe.core.decoding import decode
from transcribe.core.errors import OutputError
from transcribe.core.text import from_json, readable, to_json
from transcribe.jobs.publish.outputs import Published
from transcribe.jobs.queue_file import MOVE_AWAY, QueueFile
from transcribe.jobs.trouble import LONGEST_S

COLUMNS = (
    "name, state, since, size, mtime_ns, sha256, settings, version, attempts, not_before, reason, hint, "
    "place, outputs, begun, twin, moved_to, alone"
)

LAST_S = 253_402_300_799.0
"""The end of the year 9999, in seconds since 1970."""

DUE = "(not_before <= ? or not_before > ?)"
"""Whose time has come, or lies further ahead than anything waits: the clock was set back since."""


class State(StrEnum):
    """Where a job is on its way."""

    WAITING = "waiting"  # its recording is not complete yet, as far as can be told
    READY = "ready"  # complete; its turn will come
    WORKING = "working"
    RETRYING = "retrying"  # something that passes was in the way
    DONE = "done"
    DUPLICATE = "duplicate"  # another recording has the same content, and was done with the same settings
    UNAPPROVED = "unapproved"  # transcribed, and not published before somebody approves it
    FAILED = "failed"
    REFUSED = "refused"  # a link or a special file
    GONE = "gone"  # the recording vanished before it was done
    CANCELLED = "cancelled"  # whoever asked for it does not want it any more


PENDING = (State.WAITING, State.READY, State.WORKING, State.RETRYING)
"""States in which something is still to happen."""


@dataclass(frozen=True)
class Facts:
    """By which a change of a recording is noticed.

    The inode is left out: network mounts make up another one whenever they are mounted.

    Attributes:
        size: Bytes.
        mtime_ns: Time of the last change, ns since 1970.
    """

    size: int
    mtime_ns: int

    @classmethod
    def of(cls, status: os.stat_result) -> Facts:
        """The facts of a file, by its status."""
        return cls(status.st_size, status.st_mtime_ns)


NO_FACTS = Facts(-1, -1)
"""Those of no file."""


@dataclass(frozen=True)
class QueuedJob:
    """One recording and what has become of it.

    Attributes:
        name: What tells it from the others; in a watched folder the recording's path, relative to the folder.
        since: When it came there, in seconds since 1970.
        facts: Facts of the recording when it was last judged complete; None before that.
        sha256: Digest of what was transcribed; empty before that, and where it is to be done again.
        settings: Fingerprint of the settings it was transcribed with.
        version: How often it was done, with other content each time.
        attempts: Tries that failed, since the recording last changed.
        not_before: When it may be tried again, in seconds since 1970.
        place: What its outputs' names are made of, relative to the folder of outputs; empty before its turn.
        begun: Digests of all contents of which files may have been published for it.
        twin: The job whose recording has the same content.
        moved_to: Where the recording was moved after it was done, or is to be.
        alone: Whether no other job may be under way beside it: it was when the process that transcribes died.
    """

    name: str
    state: State
    since: float = 0.0
    facts: Facts | None = None
    sha256: str = ""
    settings: str = ""
    version: int = 0
    attempts: int = 0
    not_before: float = 0.0
    reason: str = ""
    hint: str = ""
    place: str = ""
    outputs: tuple[Published, ...] = ()
    begun: tuple[str, ...] = ()
    twin: str = ""
    moved_to: str = ""
    alone: bool = False


@dataclass(frozen=True)
class Moment:
    """One line of a job's history.

    Attributes:
        at: When, in seconds since 1970.
    """

    name: str
    at: float
    state: str
    detail: str


class Queue:
    """The jobs in one file. Names are kept as the bytes they are.

    Args:
        clock: Seconds since 1970.

    Raises:
        OutputError: It cannot be opened, is damaged, or was written by a newer version; so do the methods.
    """

    def __init__(self, path: Path, clock: Callable[[], float] = time.time) -> None:
        self.file = QueueFile(path)
        self._clock = clock

    def close(self) -> None:
        """Close the file."""
        self.file.close()

    def transaction(self) -> AbstractContextManager[None]:
        """All that is written inside is there afterwards, or nothing of it; may be nested."""
        return self.file.transaction()

    def now(self) -> float:
        """Seconds since 1970, by the queue's clock."""
        return self._clock()

    def due(self) -> tuple[float, float]:
        """The values for `DUE`."""
        now = self._clock()
        return now, now + LONGEST_S

    def changes(self) -> int:
        """Another number when another process has written."""
        return int(self.file.query("pragma data_version")[0][0])

    def job(self, name: str) -> QueuedJob | None:
        """What is known about a job."""
        return next(iter(self._jobs("where name = ?", os.fsencode(name))), None)

    def named(self, names: Sequence[str]) -> dict[str, QueuedJob]:
        """What is known about some jobs, by name."""
        marks = ", ".join("?" * len(names))
        return {each.name: each for each in self._jobs(f"where name in ({marks})", *map(os.fsencode, names))}

    def jobs(self, *states: State) -> list[QueuedJob]:
        """The jobs in these states, or all; those that came there first come first."""
        marks = ", ".join("?" * len(states))
        return self._jobs(
            f"where state in ({marks}) order by since, name" if states else "order by name", *states
        )

    def next_ready(self) -> QueuedJob | None:
        """The job whose turn it is: ready first, then those whose time to be tried again has come."""
        return next(iter(self.ready(most=1)), None)

    def ready(self, most: int = -1) -> list[QueuedJob]:
        """The jobs that may be started, in that order, or only so many of them."""
        return self._jobs(
            f"where state in ('ready', 'retrying') and {DUE} order by state, attempts, since, name limit ?",
            *self.due(),
            most,
        )

    def known(self) -> dict[str, tuple[State, Facts | None]]:
        """State and facts of every job."""
        rows = self.file.query("select name, state, size, mtime_ns from files")
        with self._sound():
            return {os.fsdecode(name): (State(state), _facts(size, at)) for name, state, size, at in rows}

    def counts(self) -> dict[State, int]:
        """How many jobs are in each state."""
        found = dict(self.file.query("select state, count(*) from files group by state"))
        return {state: found.get(state.value, 0) for state in State}

    def twin(self, job: QueuedJob, sha256: str, settings: str) -> str | None:
        """Another job with this content that was done with these settings."""
        rows = self.file.query(
            "select name from files "
            "where sha256 = ? and settings = ? and state = 'done' and name != ? limit 1",
            sha256,
            settings,
            os.fsencode(job.name),
        )
        return os.fsdecode(rows[0][0]) if rows else None

    def begun_before(self, job: QueuedJob, sha256: str) -> str | None:
        """Another job that has begun this content, and whose turn comes before this one's when that waits."""
        rows = self.file.query(
            "select name from files "
            "where state = 'ready' and attempts <= ? and name != ? and instr(begun, ?) limit 1",
            job.attempts,
            os.fsencode(job.name),
            sha256,
        )
        return os.fsdecode(rows[0][0]) if rows else None

    def write(self, job: QueuedJob, detail: str = "") -> QueuedJob:
        """Put down where a job is now, with a line of history; the job as it stands there."""
        job = replace(job, since=self._clock())
        with self.transaction():
            marks = ", ".join("?" * (COLUMNS.count(",") + 2))
            changed = ", ".join(f"{each} = excluded.{each}" for each in COLUMNS.split(", ")[1:])
            self.file.write(
                f"insert into files ({COLUMNS}, first_seen) values ({marks}) "  # noqa: S608 - our own names
                f"on conflict (name) do update set {changed}",
                *_row(job),
                job.since,
            )
            self.add_moment(Moment(job.name, job.since, job.state.value, readable(detail or job.reason)))
        return job

    def add_moment(self, moment: Moment) -> None:
        """Put down one more line of history."""
        self.file.write(
            "insert into history (name, at, state, detail) values (?, ?, ?, ?)",
            os.fsencode(moment.name),
            moment.at,
            moment.state,
            moment.detail,
        )

    def history(self, name: str = "") -> list[Moment]:
        """What happened to a job, or to all, in order."""
        where = "where name = ? " if name else ""
        values = (os.fsencode(name),) if name else ()
        rows = self.file.query(f"select name, at, state, detail from history {where}order by id", *values)  # noqa: S608
        with self._sound():
            return [
                Moment(os.fsdecode(each), second(at), str(state), str(detail))
                for each, at, state, detail in rows
            ]

    def recover(self, why: str) -> list[QueuedJob]:
        """After a kill: what was being worked on is ready again, to be run alone, behind all others."""
        return [
            self.write(replace(job, state=State.READY, alone=True), why) for job in self.jobs(State.WORKING)
        ]

    def remove(self, name: str) -> None:
        """Forget a job and its history."""
        with self.transaction():
            for table in ("files", "history", "submissions"):
                self.file.write(f"delete from {table} where name = ?", os.fsencode(name))  # noqa: S608

    def purge(self, name: str) -> None:
        """Forget a job, its messages and the places of its outputs; no byte of them stays in the file."""
        with self.transaction():
            self.remove(name)
            for table in ("deliveries", "places"):
                self.file.write(f"delete from {table} where name = ?", os.fsencode(name))  # noqa: S608
        self.file.scrub()

    def claim(self, place: str, name: str) -> bool:
        """Take a place for the outputs of a job; whether nobody had it."""
        return self.file.write("insert or ignore into places values (?, ?)", place, os.fsencode(name)) == 1

    def keeper(self, place: str, name: str) -> str:
        """Who has a place: whoever took it first, else this job, which takes it now."""
        self.claim(place, name)
        return os.fsdecode(self.file.query("select name from places where place = ?", place)[0][0])

    def _jobs(self, where: str, *values: Any) -> list[QueuedJob]:
        rows = self.file.query(f"select {COLUMNS} from files {where}", *values)  # noqa: S608
        with self._sound():
            return list(map(_job, rows))

    @contextmanager
    def _sound(self) -> Iterator[None]:
        try:
            yield
        except (ValueError, TypeError, AttributeError, msgspec.MsgspecError) as error:
            raise OutputError(
                f"the ledger {self.file.path} is damaged: a line of it makes no sense", MOVE_AWAY
            ) from error


def _row(job: QueuedJob) -> tuple[Any, ...]:
    facts = job.facts
    return (
        os.fsencode(job.name), job.state.value, job.since, facts.size if facts else None,
        facts.mtime_ns if facts else None, job.sha256, job.settings, job.version, job.attempts,
        job.not_before, readable(job.reason), readable(job.hint), os.fsencode(job.place),
        to_json(job.outputs).decode(), to_json(job.begun).decode(),
        os.fsencode(job.twin), os.fsencode(job.moved_to), job.alone,
    )  # fmt: skip


def _job(row: Sequence[Any]) -> QueuedJob:
    (
        name, state, since, size, mtime_ns, sha256, settings, version, attempts, not_before, reason, hint,
        place, outputs, begun, twin, moved_to, alone,
    ) = row  # fmt: skip
    if not all(isinstance(each, str) for each in (sha256, settings, reason, hint)):
        raise TypeError(name)
    return QueuedJob(
        os.fsdecode(name), State(state), second(since), _facts(size, mtime_ns), sha256, settings,
        int(version), int(attempts), second(not_before), reason, hint, os.fsdecode(place),
        from_json(outputs.encode(), tuple[Published, ...]), decode(begun, tuple[str, ...]), os.fsdecode(twin),
        os.fsdecode(moved_to), bool(alone),
    )  # fmt: skip


def second(value: Any) -> float:
    """A time out of a file, in seconds since 1970; one after the year 9999 is damage.

    Raises:
        ValueError, TypeError: It is none.
    """
    if not 0 <= value <= LAST_S:
        raise ValueError(value)
    return float(value)


def _facts(size: int | None, mtime_ns: int | None) -> Facts | None:
    return None if size is None or mtime_ns is None else Facts(size, mtime_ns)
