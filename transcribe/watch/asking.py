"""What a user asks of a ledger: to have files done again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import PurePath

from transcribe.core.errors import UsageError
from transcribe.core.text import readable
from transcribe.jobs.queue import Queue, QueuedJob, State

AGAIN = (State.FAILED, State.UNAPPROVED, State.RETRYING, State.DONE, State.DUPLICATE, State.GONE)


def retry(queue: Queue, names: Sequence[str]) -> list[str]:
    """Have files done again: those named, or all that failed; the running watcher notices, or the next one.

    Args:
        names: Paths inside the watched folder, or names of files without folders.

    Raises:
        UsageError: There is no such file, or nothing has become of it yet.
    """
    chosen = [_named(queue, name) for name in names] if names else queue.jobs(State.FAILED)
    with queue.transaction():
        for job in chosen:
            again = replace(
                job,
                state=State.WAITING,
                attempts=0,
                not_before=0.0,
                sha256="",
                reason="",
                hint="",
                twin="",
            )
            queue.write(again, "to be done again, as the user asked")
    return [job.name for job in chosen]


def _named(queue: Queue, name: str) -> QueuedJob:
    found = [each for each in queue.jobs() if name in (each.name, PurePath(each.name).name)]
    if not found:
        raise UsageError(
            f"the ledger has no file {readable(name)}", "See which there are: transcribe watch status"
        )
    exact = [each for each in found if each.name == name] or found
    if len(exact) > 1:
        listed = ", ".join(readable(each.name) for each in exact)
        raise UsageError(f"{readable(name)} may be several files: {listed}", "Name one with its folder")
    if exact[0].state not in AGAIN:
        raise UsageError(f"{readable(name)} is {exact[0].state.value} already", "See transcribe watch status")
    return exact[0]
