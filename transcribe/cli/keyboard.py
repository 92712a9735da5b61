"""A reviewer's keyboard: single keys, lines of text, an editor, and whether a key came meanwhile."""

from __future__ import annotations

import os
import select
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import click

from transcribe.core.errors import UsageError
from transcribe.core.text import plain_name, printable

MOST_EDITED_BYTES = 4 * 1024 * 1024


class Keyboard:
    """Keys come from the terminal that standard input is.

    Raises:
        UsageError: It is none.
    """

    def __init__(self) -> None:
        if not (sys.stdin and sys.stdin.isatty() and sys.stdout.isatty()):
            raise UsageError(
                "a review is done in a terminal, and this is none",
                "Decide with --accept ID, --reject ID, --approve and --as NAME; --list shows the items",
            )
        self._waiting = ""

    def key(self) -> str:
        """The next key that was pressed; empty where it is none of a character.

        Raises:
            EOFError: There is no terminal any more.
            KeyboardInterrupt: The reviewer wants to end the program.
        """
        if not self._waiting:
            sys.stdout.flush()
            self._waiting = self._typed(None) if os.name == "posix" else click.getchar()
            if self._waiting.startswith("\x04"):  # Ctrl-D
                raise EOFError
            if not self._waiting or self._waiting.startswith("\x1b"):  # an arrow and its like
                self._waiting = ""
                return ""
        key, self._waiting = self._waiting[0], self._waiting[1:]
        return key.lower()

    def line(self, prompt: str, text: str = "") -> str:
        """A line that the reviewer writes, or makes of `text`; what cannot be read is asked for again.

        Raises:
            EOFError: They want to write nothing (Ctrl-D).
        """
        with _prefilled(plain_name(text)) as shown:
            if not shown and text:
                click.echo(printable(text))
            while True:
                try:
                    return plain_name(input(printable(prompt)))
                except UnicodeDecodeError:
                    click.echo("this is no text; write it again")

    def pressed(self, seconds: float) -> bool:
        """Wait so long for a key, and say whether there was one; it is not asked for again."""
        return os.name == "posix" and bool(self._typed(seconds))

    def _typed(self, seconds: float | None) -> str:
        """What was typed by now, or within so many seconds; None: as long as it takes.

        `click.getchar` would throw away what was typed while the program worked.
        """
        import termios
        import tty

        number = sys.stdin.fileno()
        before = termios.tcgetattr(number)
        with _signalled() as signal_came:
            try:
                tty.setcbreak(number, termios.TCSADRAIN)
                if number not in select.select([number, signal_came], [], [], seconds)[0]:
                    return ""
                typed = os.read(number, 32)
            finally:
                termios.tcsetattr(number, termios.TCSADRAIN, before)
        if not typed:
            raise EOFError
        return typed.decode("utf-8", "replace")


@contextmanager
def _signalled() -> Iterator[int]:
    """A descriptor that can be read from once a signal has come.

    One that comes right before a program waits does not end the wait: Ctrl-C would be lost.
    """
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    before = signal.set_wakeup_fd(writing)
    try:
        yield reading
    finally:
        signal.set_wakeup_fd(before)
        os.close(reading)
        os.close(writing)


@contextmanager
def _prefilled(text: str) -> Iterator[bool]:
    """Whether what the reviewer writes begins with a text that they may change."""
    try:
        import readline
    except ImportError:  # Windows
        yield False
        return
    readline.set_auto_history(False)
    readline.set_startup_hook(lambda: readline.insert_text(text))
    try:
        yield True
    finally:
        readline.set_startup_hook(None)


def edit(text: str) -> str:
    """What a reviewer makes of a text in the editor that VISUAL or EDITOR names.

    Raises:
        UsageError: None is named, or it cannot be started or fails.
        InputError: What it leaves is no text, or too long.
    """
    from transcribe.core.processes import find_program
    from transcribe.core.reading import decoded, read_bounded
    from transcribe.core.workspace import scratch

    named = os.environ.get("VISUAL") or os.environ.get("EDITOR") or ""
    command: list[str] = []
    with suppress(ValueError):  # an open quote
        command = shlex.split(named)
    program = find_program(command[0]) if command else None
    if program is None:
        raise UsageError("there is no editor", "Name one in the variable EDITOR")
    with scratch() as folder:
        file = Path(folder) / "lines.txt"
        file.write_text(text, "utf-8")
        code = subprocess.run([program, *command[1:], str(file)], check=False).returncode
        if code:
            raise UsageError(f"{command[0]} ended with exit code {code}", "Nothing was corrected")
        return decoded(read_bounded(file, MOST_EDITED_BYTES, "a text"), file)
