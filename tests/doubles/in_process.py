"""Workers that are no processes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any


class InProcess:
    """Does each item when its answer is asked for; the last one first, if told so."""

    def __init__(self, recogniser: Any, *, backwards: bool = False, batch: int = 1) -> None:
        self.recogniser = recogniser
        self.batch = batch
        self.count = 1
        self.on_idle: Callable[[], bool] = lambda: False
        self.on_warning: Callable[[str], None] = lambda _: None
        self._order = -1 if backwards else 1

    def map(self, task: Callable[[Any, Any], Any], items: Sequence[Any]) -> Any:
        return (task(self.recogniser, item) for item in list(items)[:: self._order])

    @contextmanager
    def open(self) -> Iterator[InProcess]:
        yield self
