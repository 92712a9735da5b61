"""Every error a user can meet, and the exit code each one ends with.

Codes 9 and 15–125 are free for later; 1 is kept for errors that are bugs.
"""

from __future__ import annotations


class TranscribeError(Exception):
    """An error with a message for people: what happened, to which file, and what to do next.

    Args:
        what: What happened, naming the file; one sentence without a trailing full stop.
        hint: What the user can do next; one sentence, or nothing where nothing can be done.
    """

    exit_code = 1

    def __init__(self, what: str, hint: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.what}. {self.hint}".rstrip() if self.hint else self.what


class UsageError(TranscribeError):
    """A flag, a config key or a combination of them that makes no sense."""

    exit_code = 2


class InputError(TranscribeError):
    """The recording is missing, unreadable, empty or holds no audio."""

    exit_code = 3


class OutputError(TranscribeError):
    """A result cannot be written, or would replace a file of another job."""

    exit_code = 4


class ModelError(TranscribeError):
    """No model is installed, the name is unknown, or the bytes are not as they should be."""

    exit_code = 5


class EngineError(TranscribeError):
    """Recognition itself failed: the engine crashed, hung or refused the audio."""

    exit_code = 6


class DependencyError(TranscribeError):
    """A program (ffmpeg) or an optional package is missing or broken."""

    exit_code = 7


class NetworkError(TranscribeError):
    """A model's source, or a language-model server, could not be reached."""

    exit_code = 8


class SomeFailed(TranscribeError):
    """Several files: at least one failed and at least one did not."""

    exit_code = 10


class AllFailed(TranscribeError):
    """Several files: every one failed."""

    exit_code = 11


class GateError(TranscribeError):
    """A threshold that was asked for was not met, or checked files break rules; the work itself is done."""

    exit_code = 12


class PersonNeeded(TranscribeError):
    """What was checked has to go to a person, who decides; the work itself is done."""

    exit_code = 13


class RedactionError(TranscribeError):
    """What was to be masked was not found, cannot be placed, or is still heard; nothing is published."""

    exit_code = 14


class Interrupted(TranscribeError):
    """The user or the system asked the program to stop; finished work is kept.

    Args:
        exit_code: 130 after Ctrl-C (SIGINT), 143 after SIGTERM: 128 + the signal's number.
    """

    def __init__(self, what: str, hint: str = "", *, exit_code: int = 130) -> None:
        super().__init__(what, hint)
        self.exit_code = exit_code


def exit_code_of(good: int, failed: int) -> int:
    """The exit code over several recordings: 0 when none failed, else SomeFailed's or AllFailed's."""
    if not failed:
        return 0
    return SomeFailed.exit_code if good else AllFailed.exit_code
