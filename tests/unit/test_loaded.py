"""The recogniser is loaded once for a run, and again only after a failure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest

from transcribe.errors import EngineError
from transcribe.loaded import KeptWorkers


class Counted:
    """Workers that only count."""

    batch = 1

    def __init__(self) -> None:
        self.opened = 0
        self.closed = 0

    @contextmanager
    def open(self) -> Iterator[Counted]:
        self.opened += 1
        try:
            yield self
        finally:
            self.closed += 1

    def map(self, task: Callable[..., Any], items: Sequence[Any]) -> Iterator[Any]:
        raise NotImplementedError


def test_opened_once_and_closed_at_the_end() -> None:
    counted = Counted()
    kept = KeptWorkers(counted.open)
    assert counted.opened == 0
    for _ in range(3):
        with kept.open() as workers:
            assert workers is counted
    assert (counted.opened, counted.closed) == (1, 0)
    kept.close()
    kept.close()
    assert (counted.opened, counted.closed) == (1, 1)


def test_new_ones_after_a_failure() -> None:
    counted = Counted()
    kept = KeptWorkers(counted.open)
    with pytest.raises(EngineError), kept.open():
        raise EngineError("crashed")
    assert (counted.opened, counted.closed) == (1, 1)
    with kept.open():
        pass
    assert (counted.opened, counted.closed) == (2, 1)
