"""Errors of one file: which pass by themselves, which do not, and when to try again."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from transcribe.core.errors import (
    DependencyError,
    EngineError,
    GateError,
    ModelError,
    NetworkError,
    TranscribeError,
)
from transcribe.core.unexpected import for_people

BACKOFF_S = (10.0, 60.0, 300.0, 1800.0)
"""Seconds before the second, third, … try; the last one for all after it."""

LONGEST_S = BACKOFF_S[-1]

TRIES = 5
"""After so many a passing error counts as lasting."""

HURRIED_TRIES, HURRIED_S = 2, 1.0
"""The same for jobs that are of no use once the client that waits for them is gone."""

_DISK = frozenset({errno.ENOSPC, errno.EDQUOT})
_PASSING_NAMES = (
    "EACCES", "EAGAIN", "EBUSY", "EINTR", "EIO", "EMFILE", "ENFILE", "ENOENT", "ENOMEM", "EPERM", "EROFS",
    "ESTALE", "ETIMEDOUT", "ETXTBSY", "ENETDOWN", "ENETUNREACH", "EHOSTDOWN", "EHOSTUNREACH", "ENOTCONN",
    "ECONNRESET", "ENOLCK", "ENODEV", "ENXIO", "EREMOTEIO",
)  # fmt: skip
_PASSING = frozenset(getattr(errno, name) for name in _PASSING_NAMES if hasattr(errno, name))
"""Files that are busy or gone for a moment, network mounts that hang, a machine short of something."""


class Passing(Enum):
    """What becomes of an error with time."""

    NO = "lasting"
    YES = "passing"
    DISK = "passes once there is room"
    MACHINE = "concerns every file"


@dataclass(frozen=True)
class Trouble:
    """Why a file was not transcribed."""

    what: str
    hint: str
    passing: Passing
    exit_code: int = 1


def trouble_of(error: Exception, *, debug: bool = False) -> Trouble:
    """Judge an error by its class and, where the system has a say, by its `errno`.

    Args:
        debug: Whether to show on standard error where.
    """
    said = for_people(error, debug=debug)
    return Trouble(said.what, said.hint, _passing(said), said.exit_code)


def _passing(error: TranscribeError) -> Passing:
    if isinstance(error, GateError):
        return Passing.NO
    numbers = {each.errno for each in _causes(error) if isinstance(each, OSError)}
    if numbers & _DISK:
        return Passing.DISK
    if isinstance(error, ModelError | DependencyError):
        return Passing.MACHINE
    if numbers & _PASSING or isinstance(error, EngineError | NetworkError):
        return Passing.YES
    return Passing.NO


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def wait_s(attempts: int, *, hurried: bool = False) -> float:
    """Seconds until the next try, after so many.

    Args:
        hurried: Whether somebody waits for it.
    """
    return HURRIED_S if hurried else BACKOFF_S[min(max(attempts, 1), len(BACKOFF_S)) - 1]
