"""Runs a command of the user's own when something has happened: arguments, no shell, a time limit."""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass

from transcribe.errors import UsageError

POLL_SECONDS = 0.05
TOLD_BYTES = 2000
"""How much of what a command that fails has written last is kept."""

_PLACEHOLDER = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class Hook:
    """A command.

    Attributes:
        words: Program and arguments, with placeholders such as `{path}`.
        seconds: Time limit.
    """

    words: tuple[str, ...]
    seconds: float

    @classmethod
    def parse(cls, text: str, seconds: float, known: Mapping[str, str]) -> Hook:
        """Split a command as a shell would, without one.

        Args:
            text: The command.
            seconds: Time limit.
            known: Placeholders that there are.

        Raises:
            UsageError: It is empty, a quote is not closed, or a placeholder is unknown.
        """
        try:
            words = tuple(shlex.split(text))
        except ValueError as error:
            raise UsageError(f"the command {text!r} cannot be split: {error}", "Close its quotes") from error
        if not words:
            raise UsageError("the command is empty", "Name a program and its arguments")
        for name in (name for word in words for name in _PLACEHOLDER.findall(word)):
            if name not in known:
                listed = ", ".join(f"{{{each}}}" for each in known)
                raise UsageError(
                    f"the command {text!r} has an unknown placeholder {{{name}}}", f"There are {listed}"
                )
        return cls(words, seconds)

    def run(
        self, payload: str, values: Mapping[str, str], stopped: Callable[[], bool] = lambda: False
    ) -> str:
        """Run it to its end; what went wrong, or nothing.

        Args:
            payload: What it finds on its standard input.
            values: What stands for each placeholder. Put in once: a name with braces is only a name.
            stopped: Asked now and then; the command is killed when it says yes.
        """
        words = [_PLACEHOLDER.sub(lambda found: values.get(found[1], found[0]), word) for word in self.words]
        with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as said:
            given.write(payload.encode() + b"\n")
            given.seek(0)
            try:
                child = subprocess.Popen(words, stdin=given, stdout=said, stderr=said, start_new_session=True)
            except (OSError, ValueError) as error:
                return f"{words[0]} cannot be started: {getattr(error, 'strerror', None) or error}"
            with child:
                problem = self._wait(child, stopped)
            if problem:
                said.seek(max(0, said.seek(0, os.SEEK_END) - TOLD_BYTES))
                text = " ".join(said.read(TOLD_BYTES).decode("utf-8", "replace").split())
                problem += f": {text}" if text else ""
        return problem

    def _wait(self, child: subprocess.Popen[bytes], stopped: Callable[[], bool]) -> str:
        deadline = time.monotonic() + self.seconds
        while child.poll() is None:
            if stopped() or time.monotonic() > deadline:
                with suppress(ProcessLookupError, PermissionError):
                    os.killpg(child.pid, signal.SIGKILL)
                child.wait()
                return "stopped" if stopped() else f"took longer than {self.seconds:g} s and was killed"
            time.sleep(POLL_SECONDS)
        return f"ended with exit code {child.returncode}" if child.returncode else ""
