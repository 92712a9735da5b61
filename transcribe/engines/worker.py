"""A worker's life: what runs in the processes that the pool starts, until they end with their parent."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import pickle
import signal
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from typing import Any

from transcribe.core.errors import EngineError

STOPPING = (signal.SIGINT, signal.SIGTERM)
"""Signals that wait until a worker has come to its own first line."""


def serve(
    connection: Connection,
    load: Callable[[], Any],
    shared: Any | None,
    inherited: Sequence[Connection],
) -> None:
    """A worker's life: answer one item if it was forked; else load the model, and answer many."""
    _obey_parent()
    for copy in inherited:
        copy.close()
    recogniser = shared
    with contextlib.suppress(EOFError, ConnectionError):  # the parent is gone
        while True:
            task, item = connection.recv()
            answer: Any
            try:
                recogniser = load() if recogniser is None else recogniser
                answer = task(recogniser, item)
            except Exception as error:  # noqa: BLE001 - handed to the parent, which raises it
                answer = Failure.of(error)
            connection.send(answer)
            if shared is not None:
                return


def load_and_end(load: Callable[[], Any]) -> None:
    """Load a model and end with exit code 0, unless that is more than the engine survives."""
    _obey_parent()
    with contextlib.suppress(Exception):  # the parent will meet it, too
        load()
    os._exit(0)


def _obey_parent() -> None:
    """Leave Ctrl-C, which reaches the whole group, to the parent, and end when it ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPPING)
    threading.Thread(target=_die_with_parent, daemon=True).start()


def _die_with_parent() -> None:
    """End this worker at once when the parent is killed, so that it does not compute for nobody."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)


@dataclass(frozen=True)
class Failure:
    """An exception on its way from a worker to the parent."""

    error: Exception

    @classmethod
    def of(cls, error: Exception) -> Failure:
        """The exception; where it cannot be pickled, one that says the same."""
        try:
            pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes
        except Exception:  # noqa: BLE001 - whatever a foreign exception does when it is pickled
            return cls(EngineError(f"the recogniser failed ({type(error).__name__}: {error})"))
        return cls(error)
