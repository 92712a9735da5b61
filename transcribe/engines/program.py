"""Running another program, such as ffmpeg: argument lists, no terminal, time limits, no child left behind."""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

from transcribe.core.errors import DependencyError, EngineError
from transcribe.core.media import Sink
from transcribe.core.processes import environment

BLOCK_BYTES = 1 << 16
HEAD_BYTES = 1 << 20
TAIL_BYTES = 1 << 16
MAX_OUTPUT_BYTES = 1 << 23
"""More than this on the standard output of a program that answers a question is a program gone wrong."""


@dataclass(frozen=True)
class Finished:
    """A program that has ended.

    Attributes:
        code: Its exit code; the negative number of the signal when one killed it.
        log: What it wrote to standard error: the first 1 MiB and the last 64 KiB.
        output: What it wrote to standard output; empty when that went to a sink.
    """

    code: int
    log: str
    output: str = ""

    @property
    def crashed(self) -> bool:
        """Whether a signal ended it."""
        return self.code < 0


@dataclass(frozen=True)
class Program:
    """A program and how long it may keep silent.

    Attributes:
        path: Its name on the search path, or its path.
        hint: What people can do when it cannot be started.
        stall_seconds: After so long without output it counts as hanging and is killed.
    """

    path: str
    hint: str
    stall_seconds: float

    def run(self, arguments: Sequence[str]) -> Finished:
        """Run it to its end and collect what it writes.

        Raises:
            DependencyError: It cannot be started.
            EngineError: It hangs, or writes without end.
        """
        output = bytearray()

        def collect(block: bytes) -> None:
            output.extend(block)
            if len(output) > MAX_OUTPUT_BYTES:
                raise EngineError(f"{self._name} wrote more than any answer can be long", self.hint)

        finished = self.stream(arguments, collect)
        return Finished(finished.code, finished.log, output.decode("utf-8", "replace"))

    def stream(self, arguments: Sequence[str], sink: Sink, listener: Sink | None = None) -> Finished:
        """Run it to its end and hand its standard output, block by block, to `sink`.

        Whatever `sink` raises ends the program and is passed on.

        Args:
            listener: Takes all of its standard error; the log of the result may leave out the middle.

        Raises:
            DependencyError: It cannot be started.
            EngineError: It hangs.
        """
        log = _Log(listener)
        with self._started([self.path, *arguments]) as child:
            self._pump(child, sink, log)
            try:
                code = child.wait(self.stall_seconds)
            except subprocess.TimeoutExpired:
                raise self._hangs() from None
        return Finished(code, log.text())

    def _pump(self, child: subprocess.Popen[bytes], sink: Sink, log: _Log) -> None:
        stdout, stderr = cast("IO[bytes]", child.stdout), cast("IO[bytes]", child.stderr)
        deadline = time.monotonic() + self.stall_seconds
        with selectors.DefaultSelector() as selector:
            selector.register(stdout, selectors.EVENT_READ)
            selector.register(stderr, selectors.EVENT_READ)
            while selector.get_map():
                ready = selector.select(deadline - time.monotonic())
                if not ready or time.monotonic() > deadline:
                    raise self._hangs()
                for key, _ in ready:
                    block = os.read(key.fd, BLOCK_BYTES)
                    if not block:
                        selector.unregister(key.fileobj)
                    elif key.fileobj is stderr:
                        log.add(block)
                    else:
                        sink(block)
                        # Only output counts as a sign of life, and waiting for our own disk does not.
                        deadline = time.monotonic() + self.stall_seconds

    @contextmanager
    def _started(self, command: list[str]) -> Iterator[subprocess.Popen[bytes]]:
        try:
            # In a session of its own, Ctrl-C reaches this program only, which then ends the child;
            # and the child's own children can be ended with it.
            child = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=environment(LC_ALL="C", AV_LOG_FORCE_NOCOLOR="1"),
                start_new_session=True,
            )
        except OSError as error:
            reason = error.strerror or str(error)
            raise DependencyError(f"{self.path} cannot be started: {reason}", self.hint) from error
        with child:
            try:
                yield child
            except BaseException:
                with suppress(ProcessLookupError, PermissionError):
                    os.killpg(child.pid, signal.SIGKILL)
                raise

    def _hangs(self) -> EngineError:
        return EngineError(
            f"{self._name} has not answered for {self.stall_seconds:g} seconds and was stopped",
            "Run the same command again; a slow disk or network drive may need a larger --stall-seconds",
        )

    @property
    def _name(self) -> str:
        return Path(self.path).name


class _Log:
    """The beginning and the end of what a program says, however much it says."""

    def __init__(self, listener: Sink | None) -> None:
        self._head = bytearray()
        self._tail = bytearray()
        self._listener = listener

    def add(self, block: bytes) -> None:
        if self._listener:
            self._listener(block)
        room = HEAD_BYTES - len(self._head)
        self._head.extend(block[:room])
        self._tail.extend(block[room:])
        del self._tail[:-TAIL_BYTES]

    def text(self) -> str:
        return (self._head + self._tail).decode("utf-8", "replace")
