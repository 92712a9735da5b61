"""The `transcribe` program: the only place where an error becomes a message and an exit code.

Everything that takes time to import is imported inside `run`, so that Ctrl-C never shows a traceback.
"""

from __future__ import annotations

import gc
import os
import signal
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, NoReturn

from transcribe.cli import COMPLETE_ENV, PROGRAM
from transcribe.core import stopping
from transcribe.core.errors import Interrupted, TranscribeError
from transcribe.core.processes import forget_current_folder
from transcribe.core.streams import Output, settle_streams
from transcribe.core.unexpected import for_people

if TYPE_CHECKING:
    from transcribe.cli.options import Asked

COLLECT_AFTER = 100_000
"""New values after which Python looks for cycles; its 700 costs long transcripts a quarter of their time."""

READER_GONE = 141
"""Nobody reads standard output any more: 128 + SIGPIPE, as programs that the signal ends."""

CONTINUE = "Run the same command again to continue"


def main() -> NoReturn:
    """Run the program with the arguments of the process, and end the process."""
    gc.set_threshold(COLLECT_AFTER)
    forget_current_folder()
    settle_streams()
    code = run(sys.argv[1:])
    stopping.ignore()  # a second Ctrl-C would only spoil the exit code now
    gc.freeze()  # the system takes all memory back: Python would look through a long transcript several times
    sys.exit(code)


def run(arguments: Sequence[str]) -> int:
    """Run the program and return its exit code; every error has been shown."""
    try:
        stopping.listen()
        from transcribe.cli.options import Asked

        asked = Asked()
        try:
            code = _invoke(arguments, asked)
            sys.stdout.flush()
        except Exception as error:
            if stopping.asked_by():
                raise stopping.Stopped from error
            code = _report(error, asked)
    except (KeyboardInterrupt, Interrupted) as error:
        code = _interrupted(error, stopping.asked_by() or signal.SIGINT)
    stopping.forget()
    return code


def _invoke(arguments: Sequence[str], asked: Asked) -> int:
    import click

    from transcribe.cli.root import root

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

    from transcribe.core.text import printable

    if isinstance(error, Interrupted | click.Abort):
        return _interrupted(error, signal.SIGINT)
    if isinstance(error, BrokenPipeError):
        _silence_standard_output()
        return READER_GONE
    if isinstance(error, click.ClickException):
        error.__dict__["message"] = printable(error.message)  # what is wrong with a name forges no line
        error.show()
        return error.exit_code
    if isinstance(error, OSError) and error.filename == Output.NAME:
        _silence_standard_output()
    return _say(for_people(error, debug=asked.debug))


def _interrupted(error: BaseException, number: int) -> int:
    """Say that the user or the system stopped the program, and how to go on."""
    if isinstance(error, Interrupted):
        return _say(error)
    return _say(Interrupted("interrupted", CONTINUE, exit_code=128 + number))


def _say(error: TranscribeError) -> int:
    from transcribe.core.text import printable

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
