"""What a run loads once and keeps for all of its recordings: the recogniser and the speech detector."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext
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
    with kept_open(engines.open_workers, on_idle) as open_workers:
        loaded = replace(engines, open_workers=open_workers, open_detector=cache(engines.open_detector))
        yield replace(run, engines=loaded)


@contextmanager
def kept_open(open_workers: OpenWorkers, on_idle: Callable[[], bool]) -> Iterator[OpenWorkers]:
    """What gives the workers, started when they are first asked for, and the same ones until the end."""
    with ExitStack() as stack:

        @cache
        def workers() -> Workers:
            opened = stack.enter_context(open_workers())
            opened.on_idle = on_idle
            return opened

        yield lambda: nullcontext(workers())
