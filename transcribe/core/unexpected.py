"""Errors that nobody foresaw, of the system, of a library or of this program, as errors for people."""

from __future__ import annotations

import errno
import traceback

from transcribe.core import stopping
from transcribe.core.errors import EngineError, InputError, Interrupted, OutputError, TranscribeError
from transcribe.core.streams import Output

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)


def for_people(error: Exception, *, debug: bool = False) -> TranscribeError:
    """Any error as one with a message, a hint and an exit code.

    Args:
        debug: Whether to show on standard error where.
    """
    if debug:
        traceback.print_exception(error)
    said = _said(error, debug=debug)
    if said is not error:
        said.__cause__ = error
    return said


def ends_run(error: Exception) -> bool:
    """Whether an error is no single recording's: somebody stops the program, or standard output is gone."""
    if isinstance(error, Interrupted | BrokenPipeError) or stopping.asked_by():
        return True
    return isinstance(error, OSError) and error.filename == Output.NAME


def _said(error: Exception, *, debug: bool) -> TranscribeError:
    if isinstance(error, TranscribeError):
        return error
    if isinstance(error, RecursionError):
        return InputError("something in the input is nested too deeply", "Make it simpler")
    if isinstance(error, MemoryError):
        return EngineError("there is not enough memory", "Close other programs, or choose a smaller model")
    if isinstance(error, OSError) and error.filename is not None:
        return _of_the_system(error)
    hint = "Report it" if debug else "Run again with --debug to see where, and report it"
    return TranscribeError(f"this is a bug in transcribe ({type(error).__name__}: {error})", hint)


def _of_the_system(error: OSError) -> TranscribeError:
    """What the system refused. `filename` may be bytes or a number, too."""
    name = error.filename.decode(errors="replace") if isinstance(error.filename, bytes) else error.filename
    if name == Output.NAME or error.errno in _NO_ROOM:
        told = f"writing {name} failed: {error.strerror}"
        return OutputError(told, "Choose another place, or make room")
    return InputError(f"{name}: {error.strerror}", "Check the name and its permissions")
