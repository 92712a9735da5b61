"""Which errors pass."""

from __future__ import annotations

import errno

import pytest

from transcribe.core.errors import (
    DependencyError,
    EngineError,
    InputError,
    ModelError,
    OutputError,
    TranscribeError,
    UsageError,
)
from transcribe.jobs.trouble import Passing, trouble_of, wait_s


def caused(error: TranscribeError, number: int) -> TranscribeError:
    error.__cause__ = OSError(number, "the system says so")
    return error


@pytest.mark.parametrize(
    ("error", "passing"),
    [
        (InputError("it is no sound"), Passing.NO),
        (caused(InputError("cannot be read"), errno.EACCES), Passing.YES),
        (caused(InputError("cannot be read"), errno.EIO), Passing.YES),
        (caused(OutputError("the disk is full"), errno.ENOSPC), Passing.DISK),
        (caused(OutputError("quota"), errno.EDQUOT), Passing.DISK),
        (OutputError("it exists and was not written by this job"), Passing.NO),
        (caused(OutputError("a folder is in the way"), errno.EISDIR), Passing.NO),
        (EngineError("the worker was killed"), Passing.YES),
        (ModelError("no model"), Passing.MACHINE),
        (DependencyError("no ffmpeg"), Passing.MACHINE),
        (UsageError("too large for a page"), Passing.NO),
        (MemoryError(), Passing.YES),
        (OSError(errno.ENOSPC, "No space left", "a.srt"), Passing.DISK),
        (OSError(errno.EIO, "Input/output error"), Passing.YES),
        (RecursionError(), Passing.NO),
        (KeyError("a bug"), Passing.NO),
    ],
)
def test_passing_and_lasting(error: Exception, passing: Passing) -> None:
    assert trouble_of(error).passing is passing


def test_the_waits_grow_and_stay() -> None:
    assert [wait_s(attempts) for attempts in range(7)] == [10, 10, 60, 300, 1800, 1800, 1800]
