"""Connections: how many there are, and how long one may take to say what it wants."""

from __future__ import annotations

import asyncio
import math
from contextlib import suppress
from typing import ClassVar

from uvicorn.protocols.http.h11_impl import H11Protocol

HEAD_S = 20.0
"""How long a client may take for the first line and the headers of a request."""

MOST = 1000
WANTED_FILES = 8192
"""Files that the process should be allowed to have open; many systems begin with 256 or 1024."""

FILES_EACH = 3
"""Files that a connection may need: its socket, the recording that comes in, and its share of the rest."""


def most_connections() -> int:
    """How many connections there may be; more open files are allowed where the system lets us."""
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return MOST
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = WANTED_FILES if hard == resource.RLIM_INFINITY else min(hard, WANTED_FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
            soft = wanted
    return MOST if soft == resource.RLIM_INFINITY else min(MOST, max(1, soft // FILES_EACH))


class Connection(H11Protocol):
    """A client's connection; without a request it lasts a while, and gives way where there are too many.

    Whoever opens connections and says nothing, or goes on with a request that was refused, would else keep
    everybody else out.

    Attributes:
        most: How many there may be.
        head_seconds: How long one may be without a request.
        since: When it began to be without one, by the clock of the loop.
    """

    most: ClassVar[int] = MOST
    head_seconds: ClassVar[float] = HEAD_S
    since = 0.0
    _ends: asyncio.TimerHandle | None = None

    @property
    def idle(self) -> bool:
        """Whether nothing is asked, and nothing that was answered is still on its way."""
        answered = self.cycle is None or self.cycle.response_complete
        return answered and not self.transport.is_closing() and not self.transport.get_write_buffer_size()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin; the one that has been idle for longest goes where there are too many."""
        super().connection_made(transport)
        self._await_request()
        if len(self.connections) > self.most:
            idle = [each for each in self.connections if isinstance(each, Connection) and each.idle]
            min(idle, key=lambda each: each.since, default=self).transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """End."""
        super().connection_lost(exc)
        if self._ends is not None:
            self._ends.cancel()

    def on_response_complete(self) -> None:
        """Wait for the next request; one that came meanwhile is met at once."""
        self._await_request()
        super().on_response_complete()

    def _await_request(self) -> None:
        self.since = self.loop.time()
        self._end_later(math.inf)

    def _end_later(self, unsent: float) -> None:
        if self._ends is not None:
            self._ends.cancel()
        self._ends = self.loop.call_later(self.head_seconds, self._end, self.cycle, unsent)

    def _end(self, cycle: object, unsent: float) -> None:
        """End it if nothing was asked meanwhile, unless an answer is still being read."""
        size = self.transport.get_write_buffer_size()
        if self.cycle is not cycle:
            return
        if 0 < size < unsent:
            self._end_later(size)
        else:
            self.transport.abort()

    def _should_upgrade(self) -> bool:
        """Never: a request for another protocol is met as any other, and is nothing to be told."""
        return False
