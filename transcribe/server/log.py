"""What the HTTP library and asyncio log, as lines of our own: broken requests write no tracebacks."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from h11 import LocalProtocolError

from transcribe.core.events import Progress, Warned
from transcribe.core.text import one_line

LOGGERS = ("uvicorn.error", "asyncio")


class _Lines(logging.Handler):
    def __init__(self, progress: Progress) -> None:
        super().__init__()
        self._progress = progress

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        if isinstance(error, LocalProtocolError):
            return  # what came was no HTTP, and was answered with 400 already
        why = f" ({type(error).__name__}: {error})" if error else ""
        self._progress(Warned(one_line(f"{record.getMessage()}{why}")))


@contextmanager
def logged_to(progress: Progress) -> Iterator[None]:
    """Have these libraries' warnings told as ours, a line each."""
    handler = _Lines(progress)
    loggers = [logging.getLogger(name) for name in LOGGERS]
    for logger in loggers:
        logger.addHandler(handler)
        logger.propagate = False
    try:
        yield
    finally:
        for logger in loggers:
            logger.removeHandler(handler)
            logger.propagate = True
