"""The `transcribe` program: the only place where an error becomes a message and an exit code.

Everything that takes time to import is imported inside `run`, so that Ctrl-C never shows a traceback.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence
from types import FrameType
from typing import TYPE_CHECKING, NoReturn

from transcribe.commands import COMPLETE_ENV, PROGRAM
from transcribe.errors import Interrupted, TranscribeError

if TYPE_CHECKING:
    from transcribe.commands.options import Asked

READER_GONE = 141
"""Nobody reads standard output any more: 128 + SIGPIPE, as programs that the signal ends."""

CONTINUE = "Run the same command again to continue"


def main() -> NoReturn:
    """Run the program with the arguments of the process, and end the process."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Run the program and return its exit code; every error has been shown."""
    try:
        signal.signal(signal.SIGTERM, _terminate)
        from transcribe.commands.options import Asked

        asked = Asked()
        try:
            code = _invoke(arguments, asked)
            sys.stdout.flush()
        except Exception as error:  # noqa: BLE001 - this is where everything is caught
            code = _report(error, asked)
    except (KeyboardInterrupt, Interrupted) as error:
        code = _interrupted(error)
    return code


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
        return _interrupted(error)
    if isinstance(error, BrokenPipeError):
        _silence_standard_output()
        return READER_GONE
    if asked.debug:
        import traceback

        traceback.print_exception(error)
    if isinstance(error, TranscribeError):
        return _say(error)
    if isinstance(error, click.ClickException):
        error.show()
        return error.exit_code
    what = f"this is a bug in {PROGRAM} ({type(error).__name__}: {error})"
    return _say(
        TranscribeError(what, "" if asked.debug else "Run again with --debug to see where, and report it")
    )


def _interrupted(error: BaseException) -> int:
    """Say that the user or the system stopped the program, and how to go on."""
    return _say(error if isinstance(error, Interrupted) else Interrupted("interrupted", CONTINUE))


def _say(error: TranscribeError) -> int:
    from transcribe.progress import printable

    lines = [f"{PROGRAM}: error: {printable(error.what)}"]
    if error.hint:
        lines.append(f"  {printable(error.hint)}")
    if sys.stderr is not None:
        print(*lines, sep="\n", file=sys.stderr, flush=True)  # noqa: T201
    return error.exit_code


def _terminate(number: int, _frame: FrameType | None) -> NoReturn:
    raise Interrupted("interrupted", CONTINUE, exit_code=128 + number)


def _silence_standard_output() -> None:
    """Keep Python from complaining once more when it flushes standard output at the end."""
    with open(os.devnull, "wb") as nowhere:  # noqa: PTH123
        os.dup2(nowhere.fileno(), sys.stdout.fileno())
