"""The `transcribe` program: the only place where an error becomes a message and an exit code.

Everything that takes time to import is imported inside `run`, so that Ctrl-C never shows a traceback.
"""

from __future__ import annotations

import errno
import os
import signal
import sys
from collections.abc import Sequence
from types import FrameType
from typing import TYPE_CHECKING, NoReturn

from transcribe.commands import COMPLETE_ENV, PROGRAM
from transcribe.errors import InputError, Interrupted, OutputError, TranscribeError
from transcribe.processes import forget_current_folder
from transcribe.streams import Output, settle_streams

if TYPE_CHECKING:
    from transcribe.commands.options import Asked

READER_GONE = 141
"""Nobody reads standard output any more: 128 + SIGPIPE, as programs that the signal ends."""

CONTINUE = "Run the same command again to continue"


STOPPING = (signal.SIGINT, signal.SIGTERM)


def main() -> NoReturn:
    """Run the program with the arguments of the process, and end the process."""
    forget_current_folder()
    settle_streams()
    code = run(sys.argv[1:])
    for number in STOPPING:
        signal.signal(number, signal.SIG_IGN)  # a second Ctrl-C would only spoil the exit code now
    sys.exit(code)


def run(arguments: Sequence[str]) -> int:
    """Run the program and return its exit code; every error has been shown."""
    stop = _Stop()
    try:
        stop.listen()
        from transcribe.commands.options import Asked

        asked = Asked()
        try:
            code = _invoke(arguments, asked)
            sys.stdout.flush()
        except Exception as error:
            if stop.number:
                raise _Stopped from error
            code = _report(error, asked)
    except (KeyboardInterrupt, Interrupted) as error:
        code = _interrupted(error, stop.number or signal.SIGINT)
    return code


class _Stopped(KeyboardInterrupt):
    """SIGINT or SIGTERM: no Exception, because libraries swallow those.

    A class of its own, because Python ends itself by SIGINT after it saw a plain KeyboardInterrupt
    leave a text that it executed (as `dataclass` does), whatever becomes of it above.
    """


class _Stop:
    """What happens when the user or the system stops the program.

    Native code that is being imported may turn the exception into an error of its own, so the signal
    is remembered.

    Attributes:
        number: The signal that came; 0 for none.
    """

    def __init__(self) -> None:
        self.number = 0

    def listen(self) -> None:
        """Take the signals, except those that whoever started this program wants ignored (nohup)."""
        for number in STOPPING:
            if signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, self)

    def __call__(self, number: int, _frame: FrameType | None) -> NoReturn:
        """Handle a signal."""
        self.number = number
        raise _Stopped


def _invoke(arguments: Sequence[str], asked: Asked) -> int:
    import click

    from transcribe.commands.root import root

    if instruction := os.environ.get(COMPLETE_ENV):
        from click.shell_completion import shell_complete

        return shell_complete(root, {"obj": asked}, PROGRAM, COMPLETE_ENV, instruction)
    try:
        with root.make_context(PROGRAM, list(arguments), obj=asked) as context:
            root.invoke(context)
    except click.exceptions.Exit as wish:
        return wish.exit_code
    return 0


def _report(error: Exception, asked: Asked) -> int:
    """Show an error as people need it; the exit code that belongs to it."""
    import click

    if isinstance(error, Interrupted | click.Abort):
        return _interrupted(error, signal.SIGINT)
    if isinstance(error, BrokenPipeError):
        _silence_standard_output()
        return READER_GONE
    if asked.debug:
        import traceback

        traceback.print_exception(error)
    if isinstance(error, OSError) and error.filename == Output.NAME:
        _silence_standard_output()
    error = _of_the_system(error)
    if isinstance(error, TranscribeError):
        return _say(error)
    if isinstance(error, click.ClickException):
        error.show()
        return error.exit_code
    what = f"this is a bug in {PROGRAM} ({type(error).__name__}: {error})"
    return _say(
        TranscribeError(what, "" if asked.debug else "Run again with --debug to see where, and report it")
    )


def _of_the_system(error: Exception) -> Exception:
    """What the system, or Python itself, refused, as an error for people; any other error as it is."""
    if isinstance(error, RecursionError):
        return InputError("something in the input is nested too deeply", "Make it simpler")
    if not isinstance(error, OSError) or error.filename is None:
        return error
    what = f"{error.filename} failed: {error.strerror}"
    if error.filename == Output.NAME or error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EROFS):
        return OutputError(f"writing {what}", "Choose another place, or make room")
    return InputError(f"{error.filename}: {error.strerror}", "Check the name and its permissions")


def _interrupted(error: BaseException, number: int) -> int:
    """Say that the user or the system stopped the program, and how to go on."""
    if isinstance(error, Interrupted):
        return _say(error)
    return _say(Interrupted("interrupted", CONTINUE, exit_code=128 + number))


def _say(error: TranscribeError) -> int:
    from transcribe.progress import printable

    lines = [f"{PROGRAM}: error: {printable(error.what)}"]
    if error.hint:
        lines.append(f"  {printable(error.hint)}")
    if sys.stderr is not None:
        print(*lines, sep="\n", file=sys.stderr, flush=True)  # noqa: T201
    return error.exit_code


def _silence_standard_output() -> None:
    """Keep Python from complaining once more when it flushes standard output at the end."""
    with open(os.devnull, "wb") as nowhere:  # noqa: PTH123
        os.dup2(nowhere.fileno(), sys.stdout.fileno())
