"""What a run loads once and keeps for all of its recordings: the recogniser and the speech detector."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import cache

from transcribe.listening import OpenWorkers, Workers
from transcribe.pipeline import Engines


@contextmanager
def kept_loaded(engines: Engines) -> Iterator[Engines]:
    """The same engines, which are loaded when they are first needed and stay so until the end."""
    kept = KeptWorkers(engines.open_workers)
    try:
        yield replace(engines, open_workers=kept.open, open_detector=cache(engines.open_detector))
    finally:
        kept.close()


class KeptWorkers:
    """Workers that stay for the next recording, unless something went wrong with them."""

    def __init__(self, open_workers: OpenWorkers) -> None:
        self._open_workers = open_workers
        self._workers: Workers | None = None
        self._stack = ExitStack()

    @contextmanager
    def open(self) -> Iterator[Workers]:
        """The workers, started if there are none; after an error the next recording gets new ones."""
        if self._workers is None:
            self._workers = self._stack.enter_context(self._open_workers())
        try:
            yield self._workers
        except BaseException:
            self.close()  # some may be busy with what nobody waits for any more
            raise

    def close(self) -> None:
        """Let the workers go."""
        self._workers = None
        self._stack.close()
