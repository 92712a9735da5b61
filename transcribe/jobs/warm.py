"""What a run loads once and keeps for all of its recordings: the recogniser and the speech detector."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import cache

from transcribe.pipeline.ports import OpenWorkers, Run, Workers


@contextmanager
def kept_loaded(run: Run, on_idle: Callable[[], bool] = lambda: False) -> Iterator[Run]:
    """The same run with engines that are loaded when they are first needed and stay so until the end.

    Args:
        on_idle: Asked when there is less work than workers; orders more, and says whether it did.
    """
    engines = run.engines
    kept = KeptWorkers(engines.open_workers, on_idle)
    loaded = replace(engines, open_workers=kept.open, open_detector=cache(engines.open_detector))
    try:
        yield replace(run, engines=loaded)
    finally:
        kept.close()


class KeptWorkers:
    """Workers that stay for the next recording."""

    def __init__(self, open_workers: OpenWorkers, on_idle: Callable[[], bool]) -> None:
        self._open_workers = open_workers
        self._on_idle = on_idle
        self._workers: Workers | None = None
        self._stack = ExitStack()

    @contextmanager
    def open(self) -> Iterator[Workers]:
        """The workers, started if there are none yet."""
        if self._workers is None:
            self._workers = self._stack.enter_context(self._open_workers())
            self._workers.on_idle = self._on_idle
        yield self._workers

    def close(self) -> None:
        """Let the workers go."""
        self._workers = None
        self._stack.close()
