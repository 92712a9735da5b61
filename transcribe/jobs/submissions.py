"""What clients asked for: whose a job is, its settings, its recording's length, whether somebody waits."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec

from transcribe.core.text import to_json
from transcribe.jobs.queue import Queue


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


class Submissions:
    """Those in a queue's file; written in the same transaction as the job.

    Raises:
        OutputError: The file cannot be used; so do the methods.
    """

    def __init__(self, queue: Queue) -> None:
        self._queue = queue
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


_SELECT = "select name, client, title, options, duration_ms, interactive, at, exit_code from submissions"


def _submission(row: tuple[Any, ...]) -> Submission:
    name, client, title, options, duration_ms, interactive, at, exit_code = row
    return Submission(
        os.fsdecode(name), client, title, msgspec.json.decode(options), duration_ms, bool(interactive), at,
        exit_code,
    )  # fmt: skip
