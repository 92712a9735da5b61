"""When a file counts as complete: a state machine without a clock and without a file system of its own."""

from __future__ import annotations

import heapq
from dataclasses import dataclass

from transcribe.jobs.queue import Facts
from transcribe.watch.endings import Ending
from transcribe.watch.looking import Held, Look, Sound

LEAST_RECHECK_S = 1.0


@dataclass(frozen=True)
class Patience:
    """For how many seconds a file has to be unchanged before it is taken (docs/watch.md has the reasons).

    Attributes:
        settle: A file that is complete, as far as can be told.
        unsure: A file that may not be.
        open: A file that is visibly unfinished, or open for writing.
    """

    settle: float = 10.0
    unsure: float = 90.0
    open: float = 900.0

    def seconds(self, look: Look) -> float:
        """How long a file with this look has to be left alone."""
        if look.held is Held.OPEN:
            return self.open
        closed = look.held is Held.CLOSED
        if look.ending is Ending.UNFINISHED:
            return self.unsure if closed else self.open
        return self.settle if closed or look.ending is Ending.COMPLETE else self.unsure


NO_PATIENCE = Patience(0, 0, 0)
"""Where somebody else says that a file is complete."""


@dataclass
class Candidate:
    """A file that may become complete.

    Attributes:
        since: When they were first seen to be so.
        sound_since: When that was read first.
    """

    facts: Facts
    since: float
    due: float
    sound: Sound | None = None
    sound_since: float | None = None


class Settling:
    """All files that are waited for. Times are seconds on any clock that never goes back."""

    def __init__(self, patience: Patience) -> None:
        self._patience = patience
        self._half = patience.settle / 2
        self._candidates: dict[str, Candidate] = {}
        self._queue: list[tuple[float, str]] = []  # what is out of date in it is dropped when it comes up

    def __len__(self) -> int:
        return len(self._candidates)

    def __contains__(self, name: object) -> bool:
        return name in self._candidates

    def observe(self, name: str, facts: Facts, now: float) -> None:
        """A file was seen. Waiting starts anew when its facts are not those seen before."""
        known = self._candidates.get(name)
        if known is None or known.facts != facts:
            self._candidates[name] = Candidate(facts, now, now)
            self._look_at(name, now + self._half)

    def forget(self, name: str) -> None:
        """A file is not waited for any more."""
        self._candidates.pop(name, None)

    def names(self) -> list[str]:
        """Every file that is waited for."""
        return list(self._candidates)

    def due(self, now: float) -> str | None:
        """The file that should be looked at first; None where it is too early for all."""
        first = self.next_due()
        return self._queue[0][1] if first is not None and first <= now else None

    def next_due(self) -> float | None:
        """When the next file should be looked at."""
        while self._queue:
            due, name = self._queue[0]
            known = self._candidates.get(name)
            if known is not None and known.due == due:
                return due
            heapq.heappop(self._queue)
        return None

    def seen_before(self, name: str) -> bool:
        """Whether a file has been looked at since it changed; the first look does not decide."""
        known = self._candidates.get(name)
        return known is not None and (known.sound_since is not None or self._half == 0)

    def looked(self, name: str, facts: Facts, look: Look, now: float) -> bool:
        """A file was looked at; whether it is complete, and then it is not waited for any more.

        Two looks, half the delay apart at least, have to read the same in its headers: some programs
        patch them without a trace in size and time.
        """
        self.observe(name, facts, now)
        candidate = self._candidates[name]
        if candidate.sound_since is None or candidate.sound != look.sound:
            candidate.sound, candidate.sound_since = look.sound, now
        ripe = max(candidate.since + self._patience.seconds(look), candidate.sound_since + self._half)
        if ripe <= now:
            self.forget(name)
            return True
        self._look_at(name, min(ripe, now + max(LEAST_RECHECK_S, self._half)))
        return False

    def later(self, name: str, now: float) -> None:
        """A file could not be looked at; it is tried again."""
        if name in self._candidates:
            self._look_at(name, now + max(LEAST_RECHECK_S, self._half))

    def _look_at(self, name: str, due: float) -> None:
        self._candidates[name].due = due
        heapq.heappush(self._queue, (due, name))
