"""Who listens to a job: everything that happens to it, to each at its own pace."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from transcribe.core.events import StageAdvanced, StageStarted, Warned
from transcribe.jobs.queue import QueuedJob

MOST_WAITING = 10_000
"""Whoever does not take what lies here for them is told nothing more."""


@dataclass(frozen=True)
class Line:
    """A segment as it was recognised."""

    start_ms: int
    end_ms: int
    text: str
    space_before: bool


@dataclass(frozen=True)
class Stopping:
    """The server ends."""


Told = QueuedJob | StageStarted | StageAdvanced | Warned | Line | Stopping


class Listener:
    """What somebody has not yet taken; iterates until nothing comes any more."""

    def __init__(self) -> None:
        self._waiting: deque[Told] = deque()
        self._came = asyncio.Event()
        self._closed = False

    def tell(self, told: Told) -> None:
        """Put something there."""
        self._closed = self._closed or len(self._waiting) >= MOST_WAITING
        if not self._closed:
            self._waiting.append(told)
        self._came.set()

    async def __aiter__(self) -> AsyncIterator[Told]:
        while True:
            while self._waiting:
                yield self._waiting.popleft()
            if self._closed:
                return
            self._came.clear()
            await self._came.wait()


class Listeners:
    """All of them, by the job they listen to."""

    def __init__(self) -> None:
        self._all: dict[str, set[Listener]] = {}

    @contextmanager
    def to(self, name: str) -> Iterator[Listener]:
        """Listen to a job."""
        listener = Listener()
        self._all.setdefault(name, set()).add(listener)
        try:
            yield listener
        finally:
            self._all[name].discard(listener)
            if not self._all[name]:
                del self._all[name]

    def tell(self, name: str, told: Told) -> None:
        """Tell everybody who listens to a job."""
        for each in self._all.get(name, ()):
            each.tell(told)

    def tell_all(self, told: Told) -> None:
        """Tell everybody."""
        for name in self._all:
            self.tell(name, told)
