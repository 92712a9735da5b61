"""The recogniser is loaded once for a run."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from in_process import InProcess

from transcribe.jobs.warm import kept_open


class Counted(InProcess):
    """Workers that count how often they are opened and closed."""

    def __init__(self) -> None:
        super().__init__(None)
        self.opened = 0
        self.closed = 0

    @contextmanager
    def open(self) -> Iterator[Counted]:
        self.opened += 1
        try:
            yield self
        finally:
            self.closed += 1


def test_opened_once_and_closed_at_the_end() -> None:
    counted = Counted()
    with kept_open(counted.open, more) as kept:
        assert counted.opened == 0
        for _ in range(3):
            with kept() as workers:
                assert workers is counted
                assert workers.on_idle is more
        assert (counted.opened, counted.closed) == (1, 0)
    assert (counted.opened, counted.closed) == (1, 1)


def more() -> bool:
    return True
