"""The signals that ask the program to stop. They are remembered, because native code may turn their exception
into an error of its own."""

from __future__ import annotations

import signal
from types import FrameType
from typing import NoReturn

SIGNALS = (signal.SIGINT, signal.SIGTERM)

_number = 0


class Stopped(KeyboardInterrupt):
    """SIGINT or SIGTERM: no Exception, because libraries swallow those.

    A class of its own, because Python ends itself by SIGINT after it saw a plain KeyboardInterrupt
    leave a text that it executed (as `dataclass` does), whatever becomes of it above.
    """


def listen() -> None:
    """Take the signals, except those that whoever started this program wants ignored (nohup)."""
    for number in SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _stop)


def ignore() -> None:
    """Let no further signal spoil the exit code."""
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)


def asked_by() -> int:
    """The signal that came; 0 for none."""
    return _number


def forget() -> None:
    """What the signal asked for is done."""
    global _number  # noqa: PLW0603 - signals belong to the process
    _number = 0


def _stop(number: int, _frame: FrameType | None) -> NoReturn:
    global _number  # noqa: PLW0603 - as above
    _number = number
    raise Stopped
