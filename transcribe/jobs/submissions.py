"""What clients asked for: whose a job is, its settings, its recording's length, whether somebody waits."""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any, Literal

import msgspec

from transcribe.core.text import to_json
from transcribe.jobs.queue import PENDING, Queue, State

Order = Literal["date", "title", "length"]


@dataclass(frozen=True)
class Submission:
    """What stands beside a job in the queue.

    Attributes:
        name: The job's.
        client: Who submitted it.
        title: What the client calls the recording.
        options: The settings that differ from the server's, by name.
        duration_ms: How long the recording says it is; 0 where it does not.
        interactive: Whether it is of no use once the client that waits for it is gone.
        at: When it was submitted, in seconds since 1970.
        exit_code: That of the command line for the error that it failed with; 0: none.
    """

    name: str
    client: str
    title: str
    options: Mapping[str, Any] = field(default_factory=dict)
    duration_ms: int = 0
    interactive: bool = False
    at: float = 0.0
    exit_code: int = 0


@dataclass(frozen=True)
class Sought:
    """Which submissions are looked for; of those of which nobody waits for the answer.

    Attributes:
        client: Whose; None: everybody's.
        states: In which their jobs are; empty: in any.
        text: What their titles hold, whatever its capitals and accents.
        order: The newest, the first by title, or the longest comes first.
        after: Only what comes after this one, by date.
    """

    client: str | None = None
    states: Collection[State] = ()
    text: str = ""
    order: Order = "date"
    after: Submission | None = None


class Submissions:
    """Those in a queue's file; written in the same transaction as the job.

    Raises:
        OutputError: The file cannot be used; so do the methods.
    """

    def __init__(self, queue: Queue) -> None:
        self._queue = queue
        queue.file.function("folded", folded)
        self._read()

    def _read(self) -> None:
        self._rollbacks = self._queue.file.rollbacks
        self._all = {each.name: each for each in map(_submission, self._queue.file.query(_SELECT))}

    @property
    def _known(self) -> dict[str, Submission]:
        if self._queue.file.rollbacks != self._rollbacks:  # what was written then is not there
            self._read()
        return self._all

    def get(self, name: str) -> Submission | None:
        """What was asked for with a job."""
        return self._known.get(name)

    def all(self) -> list[Submission]:
        """Every submission, the newest first."""
        return sorted(self._known.values(), key=lambda each: (-each.at, each.name))

    def found(self, sought: Sought, limit: int, skip: int = 0) -> tuple[list[Submission], int]:
        """The first that are sought, after so many, and how many there are in all."""
        where, values = ["not s.interactive"], list[Any]()
        if sought.client is not None:
            where.append("s.client = ?")
            values.append(sought.client)
        if sought.states:
            where.append(f"f.state in ({', '.join('?' * len(sought.states))})")
            values += sought.states
        if sought.text.strip():
            where.append("instr(folded(s.title), folded(?))")
            values.append(sought.text)
        if sought.after is not None:
            where.append("(s.at, s.name) < (?, ?)")
            values += [sought.after.at, os.fsencode(sought.after.name)]
        rows = self._queue.file.query(
            "select s.name, count(*) over () from submissions s join files f on f.name = s.name "  # noqa: S608
            f"where {' and '.join(where)} order by {_ORDERS[sought.order]} limit ? offset ?",
            *values,
            limit,
            skip,
        )
        return [self._known[os.fsdecode(name)] for name, _ in rows], rows[0][1] if rows else 0

    def pending(self, client: str | None) -> int:
        """How many are still to be done of a client; None: of all."""
        whose = "" if client is None else " and s.client = ?"
        ((count,),) = self._queue.file.query(
            "select count(*) from submissions s join files f on f.name = s.name "  # noqa: S608
            f"where f.state in ({', '.join('?' * len(PENDING))}){whose}",
            *PENDING,
            *(() if client is None else (client,)),
        )
        return int(count)

    def write(self, submission: Submission) -> None:
        """Put one down, or put another in its place."""
        self._queue.file.write(
            "insert or replace into submissions values (?, ?, ?, ?, ?, ?, ?, ?)",
            os.fsencode(submission.name), submission.client, submission.title,
            to_json(dict(submission.options)).decode(), submission.duration_ms, submission.interactive,
            submission.at, submission.exit_code,
        )  # fmt: skip
        self._known[submission.name] = submission

    def change(self, name: str, **values: Any) -> None:
        """Change some of what is known of one."""
        known = self._known[name]
        if (changed := replace(known, **values)) != known:
            self.write(changed)

    def remove(self, name: str) -> None:
        """Forget one, and its job."""
        self._queue.remove(name)
        self._known.pop(name, None)


_ORDERS: Mapping[Order, str] = {
    "date": "s.at desc, s.name desc",
    "title": "folded(s.title), s.at desc, s.name desc",
    "length": "s.duration_ms desc, s.at desc, s.name desc",
}
_NUMBER = re.compile(r"[0-9]+")
_ALONE = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "ı": "i"})
"""Letters with a stroke that Unicode does not take apart."""


@lru_cache(maxsize=50_000)
def folded(title: str) -> str:
    """A title as it is sorted and sought: without capitals and accents, 2 before 10."""
    apart = unicodedata.normalize("NFKD", title.strip().casefold())
    bare = "".join(each for each in apart if not unicodedata.combining(each)).translate(_ALONE)
    return _NUMBER.sub(lambda found: found[0].zfill(12), bare)


_SELECT = "select name, client, title, options, duration_ms, interactive, at, exit_code from submissions"


def _submission(row: tuple[Any, ...]) -> Submission:
    name, client, title, options, duration_ms, interactive, at, exit_code = row
    return Submission(
        os.fsdecode(name), client, title, msgspec.json.decode(options), duration_ms, bool(interactive), at,
        exit_code,
    )  # fmt: skip
