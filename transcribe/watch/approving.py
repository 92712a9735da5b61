"""Recordings whose results wait for approval: their turn comes again once they may be published."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePath

from transcribe.jobs.memory import sidecars, size_and_time
from transcribe.jobs.publish.outputs import target_path
from transcribe.jobs.queue import Queue, QueuedJob, State
from transcribe.pipeline.ports import WaitsFor

EVERY_S = 2.0
"""How often it is looked whether somebody has approved something; only sizes and times are read for that."""

Stamp = tuple[tuple[int, int] | None, ...]


@dataclass
class Approving:
    """Looks at what waits.

    Attributes:
        folder: Where it lies.
        policy: The policy's file; what waits is looked at again when it changes.
        waits_for: Says what the results of a document wait for.
    """

    folder: Path
    policy: Path | None
    waits_for: WaitsFor
    queue: Queue
    clock: Callable[[], float]
    _seen: dict[str, Stamp] = field(default_factory=dict)
    _next: float = float("-inf")

    def holds(self, job: QueuedJob) -> bool:
        """Whether results of a recording lie here, as far as can be told by their name."""
        return bool(job.place) and self.document(job).is_file()

    def document(self, job: QueuedJob) -> Path:
        """Where the transcript of a recording waits."""
        place = PurePath(job.place)
        name = place.name + PurePath(job.name).suffix
        return target_path(self.folder / place.parent, name, ".json")

    def look(self) -> None:
        """Have those done again that wait for nothing any more, and put down what the others wait for."""
        if self.clock() < self._next:
            return
        self._next = self.clock() + EVERY_S
        for job in self.queue.jobs(State.UNAPPROVED):
            document = self.document(job)
            stamp = self._stamp(document)
            if self._seen.get(job.name) == stamp:
                continue
            self._seen[job.name] = stamp
            reason = self.waits_for(document) if document.is_file() else ""
            if not reason:
                self._seen.pop(job.name)
                detail = "approved" if document.is_file() else "what waited for approval is gone"
                self.queue.write(replace(job, state=State.READY, reason=""), detail)
            elif reason != job.reason:
                self.queue.write(replace(job, reason=reason))

    def _stamp(self, document: Path) -> Stamp:
        paths = (document, *sidecars(document), *([self.policy] if self.policy else []))
        return tuple(map(size_and_time, paths))
