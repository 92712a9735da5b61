"""Whose turn it is: fair between clients, short before long, and a short one waits for no long one."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Mapping
from dataclasses import dataclass

WINDOW_S = 3600.0
"""How long it counts what a client has had."""

URGENT_MS = 600_000
"""A recording for which somebody waits goes first if it is not longer than this."""

GREEDY_MS = 3_600_000
"""Whoever had so much of that in the last hour waits like everybody else: nobody is to wait for ever."""

UNKNOWN_MS = 1_800_000
"""A recording that does not say how long it is counts as half an hour."""

SHORT = 4
"""A job gives way to one that is shorter by this factor than what is left of it …"""

RELOAD_MS = 60_000
"""… and by what could be heard while the model is loaded again."""

JOIN_MS = 120_000
"""When so little is left, a job as short is begun, so that the recogniser always has something to do."""


@dataclass(frozen=True)
class Waiting:
    """A job that could be started.

    Attributes:
        awaited: Whether somebody waits for its answer.
        since: When it was submitted, in seconds since 1970.
    """

    name: str
    client: str
    duration_ms: int
    awaited: bool = False
    since: float = 0.0

    @property
    def length_ms(self) -> int:
        """How long its recording is, as far as can be told."""
        return self.duration_ms or UNKNOWN_MS

    @property
    def urgent(self) -> bool:
        """Whether it goes before all that nobody waits for."""
        return self.awaited and self.length_ms <= URGENT_MS


@dataclass(frozen=True)
class Running:
    """A job that is worked on.

    Attributes:
        left_ms: How much of its recording is still to be heard.
        may_stop: Whether it has got further since it was started, so that it comes to its end however often
            it gives way.
    """

    left_ms: int
    urgent: bool
    may_stop: bool


def next_of(
    waiting: Collection[Waiting], used: Mapping[str, int], hurried: Mapping[str, int]
) -> Waiting | None:
    """The job whose turn it is; None where none waits.

    Urgent ones first; then that one with which its client would have had the least. So a client with one
    short recording goes before another one's twentieth, and a long recording of somebody who had nothing goes
    before the short ones of somebody who had more than that.

    Args:
        used: How much each client has had, in ms of recordings.
        hurried: How much of that was urgent.
    """
    alone = len({each.client for each in waiting}) == 1
    return min(
        waiting,
        key=lambda each: (
            not (each.urgent and (alone or hurried.get(each.client, 0) < GREEDY_MS)),
            used.get(each.client, 0) + each.length_ms,
            each.length_ms,
            each.since,
            each.name,
        ),
        default=None,
    )


def gives_way(running: Collection[Running], waiting: Waiting) -> bool:
    """Whether what is worked on stops for a job; it goes on later inside the file."""
    if not running or any(each.urgent or not each.may_stop for each in running):
        return False
    return waiting.length_ms * SHORT + RELOAD_MS <= sum(each.left_ms for each in running)


def joins(running: Collection[Running], waiting: Waiting) -> bool:
    """Whether a job may be begun beside what is worked on.

    Near the end of that, lest it keep a turn; and if it is short itself, because what is worked on waits
    while the recording of another is decoded and searched for speech.
    """
    return sum(each.left_ms for each in running) <= JOIN_MS and waiting.length_ms <= JOIN_MS


@dataclass
class Waited:
    """How long jobs have waited until they were begun."""

    jobs: int = 0
    seconds: float = 0.0

    def add(self, seconds: float) -> None:
        """A job was begun; not less than at once, though the clock may have been set back."""
        self.jobs += 1
        self.seconds += max(0.0, seconds)


class Usage:
    """How much each client has had lately, in ms of recordings."""

    def __init__(self) -> None:
        self._had: deque[tuple[float, str, int]] = deque()

    def add(self, now: float, client: str, duration_ms: int) -> None:
        """A job of a client was started, `now` in seconds."""
        self._had.append((now, client, duration_ms))

    def totals(self, now: float) -> dict[str, int]:
        """What each has had in the last hour."""
        while self._had and self._had[0][0] <= now - WINDOW_S:
            self._had.popleft()
        totals: dict[str, int] = {}
        for _, client, duration_ms in self._had:
            totals[client] = totals.get(client, 0) + duration_ms
        return totals
