"""Runs a command of the user's own when something has happened: arguments, no shell, a time limit."""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from fnmatch import fnmatchcase
from itertools import pairwise
from pathlib import PurePath

from transcribe.core.errors import UsageError

POLL_SECONDS = 0.05
TOLD_BYTES = 2000
"""How much of what a command that fails has written last is kept."""

INHERITED = (
    "PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LANGUAGE", "LC_*", "TZ", "TERM",
    "TMPDIR", "TEMP", "TMP",
    "DISPLAY", "WAYLAND_DISPLAY", "XAUTHORITY", "XDG_*", "DBUS_SESSION_BUS_ADDRESS",  # for notify-send
    "SYSTEMROOT", "COMSPEC", "PATHEXT", "APPDATA", "LOCALAPPDATA", "USERPROFILE",
    "TRANSCRIBE_*_DIR", "TRANSCRIBE_CONFIG", "TRANSCRIBE_PROFILE",
)  # fmt: skip
"""What a command inherits of the environment, and nothing else: keys and tokens stay here."""

_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_SPECIAL = ("-", "+", "@")
"""What an argument begins with that programs take for an option, a command or a file to read."""

_READ_ALL = frozenset({"ssh", "rsh", "eval", "su"})
"""Programs that put their arguments together for a shell."""

_INTERPRETERS = re.compile(
    r"(?:ba|da|a|z|k|mk|pdk|c|tc|fi|)sh|busybox|cmd|powershell|pwsh|(?:python|perl|ruby|node|php|lua)[\d.]*|osascript"
)
_READ_NEXT = re.compile(r"-[a-z]*[ceE]|/[cCkK]|-+(?:command|eval|print)|-r", re.IGNORECASE)
"""Options after which an interpreter finds its program."""


@dataclass(frozen=True)
class Hook:
    """A command.

    Attributes:
        words: Program and arguments, with placeholders such as `{path}`.
    """

    words: tuple[str, ...]
    seconds: float

    @classmethod
    def parse(cls, text: str, seconds: float, known: Mapping[str, str]) -> Hook:
        """Split a command as a shell would, without one.

        Raises:
            UsageError: It is empty, a quote is not closed, a placeholder is unknown, or would be run.
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
        if (word := _run_as_code(words)) is not None:
            raise UsageError(
                f"in the command {text!r}, the value in {word!r} would be run as a program",
                "Hand it over as an argument of its own: sh -c 'echo \"$1\"' sh {name}",
            )
        return cls(words, seconds)

    def run(
        self, payload: str, values: Mapping[str, str], stopped: Callable[[], bool] = lambda: False
    ) -> str:
        """Run it to its end; what went wrong, or nothing.

        Args:
            values: What stands for each placeholder. Put in once: a name with braces is only a name. One that
                would make its argument look like an option gets `./` before it.
            stopped: Asked now and then; the command is killed when it says yes.
        """
        words = [_filled(word, values) for word in self.words]
        with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as said:
            given.write(payload.encode() + b"\n")
            given.seek(0)
            try:
                child = subprocess.Popen(
                    words, stdin=given, stdout=said, stderr=said, env=_environment(), start_new_session=True
                )
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


def _filled(word: str, values: Mapping[str, str]) -> str:
    filled = _PLACEHOLDER.sub(lambda found: values.get(found[1], found[0]).replace("\0", ""), word)
    return f"./{filled}" if filled.startswith(_SPECIAL) and not word.startswith(_SPECIAL) else filled


def _environment() -> dict[str, str]:
    return {
        name: value
        for name, value in os.environ.items()
        if any(fnmatchcase(name.upper(), each) for each in INHERITED)
    }


def _run_as_code(words: Sequence[str]) -> str | None:
    """The word in which a placeholder's value would be read by a shell or another interpreter."""
    read_all = interpreter = False
    for before, word in pairwise(("", *words)):
        reads_this = not before or read_all or (interpreter and _READ_NEXT.fullmatch(before))
        if reads_this and _PLACEHOLDER.search(word):
            return word
        program = PurePath(word).name.lower().removesuffix(".exe")
        read_all = read_all or program in _READ_ALL
        interpreter = interpreter or _INTERPRETERS.fullmatch(program) is not None
    return None
