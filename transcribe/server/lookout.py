"""The watched folders: each is looked at once for all who ask at the same time, and at most once a second."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from transcribe.jobs.ledger import Problem, Watched

LASTS_S = 1.0
PATIENCE_S = 10.0
"""After so long a disk does not answer; longer than a ledger may take."""


class Lookout:
    """Sees the watched folders.

    Args:
        folders: What each is called by whoever runs the server, and what looks at it.
    """

    def __init__(self, folders: Sequence[tuple[Path, Callable[[], Watched]]] = ()) -> None:
        self._sights = [_Sight(*each) for each in folders]

    def __bool__(self) -> bool:
        return bool(self._sights)

    async def seen(self) -> list[Watched]:
        """Each of them, as it is."""
        return await asyncio.gather(*(each.seen() for each in self._sights))


class _Sight:
    """One folder; where its disk hangs, that holds up one thread."""

    def __init__(self, place: Path, look: Callable[[], Watched]) -> None:
        self._place, self._look = place, look
        self._task: asyncio.Task[Watched] | None = None
        self._begun = 0.0

    async def seen(self) -> Watched:
        task, now = self._task, time.monotonic()
        if task is None or (task.done() and now - self._begun > LASTS_S):
            task = self._task = asyncio.create_task(asyncio.to_thread(self._look))
            self._begun = now
        done, _ = await asyncio.wait([task], timeout=PATIENCE_S)
        if not done:
            return Watched(self._place, problem=Problem.SILENT, why="its disk does not answer")
        return task.result()
