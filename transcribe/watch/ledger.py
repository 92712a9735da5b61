"""The ledger: state and history of every file, on the disk before anything depends on it.

SQLite, write-ahead log, flushed at every commit. A record, its line of history and the messages about
it are one transaction, so that a kill leaves all of them or none.
"""

from __future__ import annotations

import os
import sqlite3
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec

from transcribe.core.errors import OutputError
from transcribe.core.files import private_file, private_folder
from transcribe.core.text import from_json, readable, shown, to_json
from transcribe.watch.facts import Facts
from transcribe.watch.records import Delivery, Moment, Output, Record, State
from transcribe.watch.trouble import LONGEST_S

SCHEMA = 1
"""Version of the tables, in the file's `user_version`."""

TABLES = """
create table files (
    name blob primary key, state text not null, since real not null, size integer, mtime_ns integer,
    sha256 text not null, settings text not null, version integer not null, attempts integer not null,
    not_before real not null, reason text not null, hint text not null, place blob not null,
    outputs text not null, begun text not null, twin blob not null, moved_to blob not null,
    first_seen real not null
) without rowid;
create index files_by_state on files (state, not_before);
create index files_by_content on files (sha256);
create table history (id integer primary key, name blob not null, at real not null, state text not null,
    detail text not null);
create index history_by_name on history (name);
create table places (place text primary key, name blob not null) without rowid;
create table deliveries (id text primary key, channel text not null, event text not null, name blob not null,
    payload text not null, tries integer not null, not_before real not null, state text not null,
    detail text not null, at real not null);
create index deliveries_by_state on deliveries (state, not_before);
"""

COLUMNS = (
    "name, state, since, size, mtime_ns, sha256, settings, version, attempts, not_before, reason, hint, "
    "place, outputs, begun, twin, moved_to"
)
BUSY_MS = 10_000

DUE = "(not_before <= ? or not_before > ?)"
"""Whose time has come, or lies further ahead than anything waits: the clock was set back since."""


class Ledger:
    """An open ledger. Names of files are kept as the bytes they are.

    Args:
        path: The SQLite file.
        clock: Seconds since 1970.

    Raises:
        OutputError: It cannot be opened, is damaged, or was written by a newer version.
    """

    def __init__(self, path: Path, clock: Callable[[], float] = time.time) -> None:
        self.path = path
        self._clock = clock
        with self._errors():
            private_folder(path.parent)
            for each in (
                path,
                *(beside for end in ("-wal", "-shm") if (beside := Path(f"{path}{end}")).exists()),
            ):
                private_file(each)  # SQLite makes its other files like the first one
            self._base = sqlite3.connect(path, timeout=BUSY_MS / 1000, isolation_level=None)
            self._base.execute("pragma journal_mode = wal")
            self._base.execute("pragma synchronous = full")
            self._base.execute("pragma fullfsync = on")  # macOS, where a plain flush stays in the drive
            self._prepare()

    def _prepare(self) -> None:
        with self.transaction():
            found = self._base.execute("pragma user_version").fetchone()[0]
            if found > SCHEMA:
                raise OutputError(
                    f"the ledger {self.path} was written by a newer version of transcribe", "Update this one"
                )
            if not found:
                for statement in TABLES.split(";\n"):
                    self._base.execute(statement)
                self._base.execute(f"pragma user_version = {SCHEMA}")

    def close(self) -> None:
        """Close the file."""
        self._base.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All that is written inside is there afterwards, or nothing of it; may be nested."""
        with self._errors():
            if self._base.in_transaction:
                yield
                return
            self._base.execute("begin immediate")
            try:
                yield
                self._base.execute("commit")
            except BaseException:
                if self._base.in_transaction:
                    self._base.execute("rollback")
                raise

    def now(self) -> float:
        """Seconds since 1970, by the ledger's clock."""
        return self._clock()

    def changes(self) -> int:
        """Another number when another process has written."""
        return int(self._base.execute("pragma data_version").fetchone()[0])

    def record(self, name: str) -> Record | None:
        """What is known about a file."""
        return next(iter(self._records("where name = ?", os.fsencode(name))), None)

    def records(self, *states: State) -> list[Record]:
        """The files in these states, or all; those that came there first come first."""
        marks = ", ".join("?" * len(states))
        return self._records(
            f"where state in ({marks}) order by since, name" if states else "order by name", *states
        )

    def next_ready(self) -> Record | None:
        """The file whose turn it is: ready first, then those whose time to be tried again has come."""
        found = self._records(
            f"where state in ('ready', 'retrying') and {DUE} order by state, attempts, since, name limit 1",
            *self._due(),
        )
        return found[0] if found else None

    def known(self) -> dict[str, tuple[State, Facts | None]]:
        """State and facts of every file, for a scan."""
        rows = self._query("select name, state, size, mtime_ns from files")
        return {os.fsdecode(name): (State(state), _facts(size, at)) for name, state, size, at in rows}

    def counts(self) -> dict[State, int]:
        """How many files are in each state."""
        found = dict(self._query("select state, count(*) from files group by state"))
        return {state: found.get(state.value, 0) for state in State}

    def twin(self, record: Record, sha256: str, settings: str) -> str | None:
        """Another file with this content that was done with these settings."""
        rows = self._query(
            "select name from files "
            "where sha256 = ? and settings = ? and state = 'done' and name != ? limit 1",
            sha256,
            settings,
            os.fsencode(record.name),
        )
        return os.fsdecode(rows[0][0]) if rows else None

    def write(self, record: Record, detail: str = "") -> Record:
        """Put down where a file is now, with a line of history; the record as it stands there."""
        record = replace(record, since=self._clock())
        with self.transaction():
            marks = ", ".join("?" * (COLUMNS.count(",") + 2))
            changed = ", ".join(f"{each} = excluded.{each}" for each in COLUMNS.split(", ")[1:])
            self._base.execute(
                f"insert into files ({COLUMNS}, first_seen) values ({marks}) "  # noqa: S608 - our own names
                f"on conflict (name) do update set {changed}",
                (*_row(record), record.since),
            )
            self._base.execute(
                "insert into history (name, at, state, detail) values (?, ?, ?, ?)",
                (
                    os.fsencode(record.name),
                    record.since,
                    record.state.value,
                    readable(detail or record.reason),
                ),
            )
        return record

    def history(self, name: str = "") -> list[Moment]:
        """What happened to a file, or to all, in order."""
        where = "where name = ? " if name else ""
        values = (os.fsencode(name),) if name else ()
        rows = self._query(f"select name, at, state, detail from history {where}order by id", *values)  # noqa: S608
        return [Moment(os.fsdecode(each), at, state, detail) for each, at, state, detail in rows]

    def recover(self) -> list[Record]:
        """After a kill: what was being worked on is ready again, behind all others that are ready."""
        return [
            self.write(replace(record, state=State.READY), "the watcher was stopped while it worked on this")
            for record in self.records(State.WORKING)
        ]

    def claim(self, place: str, name: str) -> bool:
        """Take a place for the outputs of a file; whether nobody had it."""
        with self.transaction():
            done = self._base.execute(
                "insert or ignore into places values (?, ?)", (place, os.fsencode(name))
            )
        return done.rowcount == 1

    def keeper(self, place: str, name: str) -> str:
        """Who has a place: whoever took it first, else this file, which takes it now."""
        self.claim(place, name)
        return os.fsdecode(self._query("select name from places where place = ?", place)[0][0])

    def announce(self, event: str, name: str, channels: Sequence[str], payload: Mapping[str, Any]) -> None:
        """Put down messages that are to be delivered; belongs into the transaction of what they tell."""
        with self.transaction():
            for channel in channels:
                number = str(uuid.uuid4())
                text = msgspec.json.encode(shown({"id": number, "event": event, **payload})).decode()
                self._base.execute(
                    "insert into deliveries values (?, ?, ?, ?, ?, 0, 0, 'pending', '', ?)",
                    (number, channel, event, os.fsencode(name), text, self._clock()),
                )

    def next_delivery(self, channels: Sequence[str]) -> Delivery | None:
        """A message that is due, on one of these channels."""
        marks = ", ".join("?" * len(channels))
        rows = self._query(
            "select id, channel, event, name, payload, tries, not_before from deliveries "  # noqa: S608
            f"where state = 'pending' and channel in ({marks}) and {DUE} order by not_before, at limit 1",
            *channels,
            *self._due(),
        )
        if not rows:
            return None
        number, channel, event, name, payload, tries, not_before = rows[0]
        return Delivery(number, channel, event, os.fsdecode(name), payload, tries, not_before)

    def _due(self) -> tuple[float, float]:
        now = self._clock()
        return now, now + LONGEST_S

    def delivered(self, delivery: Delivery, problem: str = "", wait: float | None = None) -> None:
        """Put down how a delivery went.

        Args:
            delivery: The message.
            problem: What went wrong; empty where nothing did.
            wait: Seconds until it is tried again; None: it is given up.
        """
        state = "delivered" if not problem else "pending" if wait is not None else "given up"
        not_before = self._clock() + (wait or 0)
        told = f"{delivery.channel} for {delivery.event!r}: {readable(problem) or 'delivered'}"
        with self.transaction():
            self._base.execute(
                "update deliveries set state = ?, tries = tries + 1, not_before = ?, detail = ? where id = ?",
                (state, not_before, readable(problem), delivery.id),
            )
            self._base.execute(
                "insert into history (name, at, state, detail) values (?, ?, ?, ?)",
                (os.fsencode(delivery.name), self._clock(), f"message {state}", told),
            )

    def deliveries(self) -> dict[str, int]:
        """How many messages are pending, delivered, given up."""
        return dict(self._query("select state, count(*) from deliveries group by state"))

    def _records(self, where: str, *values: Any) -> list[Record]:
        return [_record(row) for row in self._query(f"select {COLUMNS} from files {where}", *values)]  # noqa: S608

    def _query(self, text: str, *values: Any) -> list[Any]:
        with self._errors():
            return self._base.execute(text, values).fetchall()

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise OutputError(
                f"the ledger {self.path} cannot be used: {getattr(error, 'strerror', None) or error}",
                "Make room or check its permissions; if it is damaged, move it away: what is done already is "
                "found in the work directory, and not recognised again",
            ) from error


def _row(record: Record) -> tuple[Any, ...]:
    facts = record.facts
    return (
        os.fsencode(record.name), record.state.value, record.since, facts.size if facts else None,
        facts.mtime_ns if facts else None, record.sha256, record.settings, record.version, record.attempts,
        record.not_before, readable(record.reason), readable(record.hint), os.fsencode(record.place),
        to_json(record.outputs).decode(), to_json(record.begun).decode(),
        os.fsencode(record.twin), os.fsencode(record.moved_to),
    )  # fmt: skip


def _record(row: Sequence[Any]) -> Record:
    (
        name, state, since, size, mtime_ns, sha256, settings, version, attempts, not_before, reason, hint,
        place, outputs, begun, twin, moved_to,
    ) = row  # fmt: skip
    return Record(
        os.fsdecode(name), State(state), since, _facts(size, mtime_ns), sha256, settings, version, attempts,
        not_before, reason, hint, os.fsdecode(place), from_json(outputs.encode(), tuple[Output, ...]),
        msgspec.json.decode(begun, type=tuple[str, ...]), os.fsdecode(twin), os.fsdecode(moved_to),
    )  # fmt: skip


def _facts(size: int | None, mtime_ns: int | None) -> Facts | None:
    return None if size is None or mtime_ns is None else Facts(size, mtime_ns)
