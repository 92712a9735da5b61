"""Work that pauses while others can go on: a recording's, once its windows wait for the recogniser."""

from __future__ import annotations

import time
from collections.abc import Generator
from enum import Enum
from typing import TypeVar

T = TypeVar("T")

PATIENCE_SECONDS = 0.2
"""How long to wait before a work directory that somebody else has is asked for again."""


class Pause(Enum):
    """What a work waits for."""

    LOCK = "somebody else has the work directory, or decides whether to go on"
    RECOGNISER = "everything that can be recognised waits for it"


Pausing = Generator[Pause, None, T]
"""Pauses where it yields, and returns its result. Whoever runs it goes on with it whenever they like."""


def to_the_end(work: Pausing[T]) -> T:
    """Do the work with nothing else in its pauses; what it returns."""
    while True:
        try:
            pause = next(work)
        except StopIteration as end:
            result: T = end.value
            return result
        if pause is Pause.LOCK:
            time.sleep(PATIENCE_SECONDS)
