"""Who listens to jobs: everything that happens to them, to each at its own pace."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Generic, TypeVar

from transcribe.core.events import StageAdvanced, StageStarted, Warned
from transcribe.jobs.queue import QueuedJob
from transcribe.jobs.submissions import Submission

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


@dataclass(frozen=True)
class Removed:
    """A job is not there any more.

    Attributes:
        submission: What was asked for with it.
    """

    submission: Submission


Told = QueuedJob | StageStarted | StageAdvanced | Warned | Line | Removed | Stopping
Heard = TypeVar("Heard")


class Listener(Generic[Heard]):
    """What somebody has not yet taken; iterates until nothing comes any more."""

    def __init__(self) -> None:
        self._waiting: deque[Heard] = deque()
        self._came = asyncio.Event()
        self._closed = False

    def tell(self, told: Heard) -> None:
        """Put something there."""
        self._closed = self._closed or len(self._waiting) >= MOST_WAITING
        if not self._closed:
            self._waiting.append(told)
        self._came.set()

    async def __aiter__(self) -> AsyncIterator[Heard]:
        while True:
            while self._waiting:
                yield self._waiting.popleft()
            if self._closed:
                return
            self._came.clear()
            await self._came.wait()


class Listeners:
    """All of them: by the job they listen to, and those who listen to every job."""

    def __init__(self) -> None:
        self._all: dict[str, set[Listener[Told]]] = {}
        self._to_all: set[Listener[tuple[str, Told]]] = set()

    @contextmanager
    def to_all(self) -> Iterator[Listener[tuple[str, Told]]]:
        """Listen to every job; what is told comes with the job's name."""
        listener = Listener[tuple[str, Told]]()
        self._to_all.add(listener)
        try:
            yield listener
        finally:
            self._to_all.discard(listener)

    @contextmanager
    def to(self, name: str) -> Iterator[Listener[Told]]:
        """Listen to a job."""
        listener = Listener[Told]()
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
        for every in self._to_all:
            every.tell((name, told))

    def tell_all(self, told: Told) -> None:
        """Tell everybody."""
        for listeners in self._all.values():
            for each in listeners:
                each.tell(told)
        for every in self._to_all:
            every.tell(("", told))
