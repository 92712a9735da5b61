"""The SQLite file of the queue: private, versioned, written ahead and flushed at every commit."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from transcribe.core.errors import OutputError
from transcribe.core.files import private_file, private_folder

MIGRATIONS = (
    """
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
""",
    "alter table files add column alone integer not null default 0",
    """
create table submissions (
    name blob primary key, client text not null, title text not null, options text not null,
    duration_ms integer not null, interactive integer not null, at real not null, exit_code integer not null
) without rowid;
""",
)
"""What makes each version of the tables of the one before, from an empty file on.

Their number is the version, in the file's `user_version`. Entries are added and never changed: they were
applied to somebody's file. They take nothing away: a process of an older version may have it open.
"""

BUSY_MS = 10_000

MOVE_AWAY = "Move it away: what is done already is found in the work directory, and not recognised again"


class QueueFile:
    """An open file.

    Args:
        path: Where it lies; it is made, or brought to the newest version.

    Attributes:
        rollbacks: How many transactions came to nothing; what somebody remembers of one is void.

    Raises:
        OutputError: It cannot be opened, is damaged, or was written by a newer version.
    """

    def __init__(self, path: Path, migrations: Sequence[str] = MIGRATIONS) -> None:
        self.path = path
        self.rollbacks = 0
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
            self._base.execute("pragma secure_delete = on")  # what is deleted is overwritten with zeros
            self._migrate(migrations)

    def _migrate(self, migrations: Sequence[str]) -> None:
        with self.transaction():
            found = self._base.execute("pragma user_version").fetchone()[0]
            if found > len(migrations):
                raise OutputError(
                    f"the ledger {self.path} was written by a newer version of transcribe", "Update this one"
                )
            for migration in migrations[found:]:
                for statement in migration.split(";\n"):
                    self._base.execute(statement)
            if found < len(migrations):
                self._base.execute(f"pragma user_version = {len(migrations)}")

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
                self.rollbacks += 1
                if self._base.in_transaction:
                    self._base.execute("rollback")
                raise

    def write(self, statement: str, *values: Any) -> int:
        """Run a statement inside a transaction; how many rows it changed."""
        with self.transaction():
            return self._base.execute(statement, values).rowcount

    def query(self, text: str, *values: Any) -> list[Any]:
        """The rows that are found."""
        with self._errors():
            return self._base.execute(text, values).fetchall()

    def scrub(self) -> None:
        """Leave no byte of what was deleted, in the file or in its log.

        Raises:
            OutputError: Another process has it open, so that the log stays.
        """
        with self._errors():
            self._base.execute("pragma wal_checkpoint(truncate)")
            self._base.execute("vacuum")
            busy, *_ = self._base.execute("pragma wal_checkpoint(truncate)").fetchone()
        if busy:
            raise OutputError(f"the ledger {self.path} is in use", "End what uses it, and do it again")

    def function(self, name: str, of: Callable[[str], str]) -> None:
        """Let queries call a pure function of a text."""
        self._base.create_function(name, 1, of, deterministic=True)

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise OutputError(
                f"the ledger {self.path} cannot be used: {getattr(error, 'strerror', None) or error}",
                f"Make room or check its permissions; if it is damaged, m{MOVE_AWAY[1:]}",
            ) from error
