"""The process that transcribes, as its owner sees it: started, given jobs, listened to, missed when it dies.

It keeps the models loaded, so that whoever has work for it stays small. It is started anew (not forked) and
owns no state that is not on the disk: it may be killed at any moment.
"""

from __future__ import annotations

import multiprocessing
import signal
from contextlib import suppress
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess

from transcribe.core import processes
from transcribe.core.episode import ModelIdentity
from transcribe.core.errors import EngineError, TranscribeError
from transcribe.core.settings import Settings
from transcribe.jobs.messages import (
    Assemble,
    Down,
    Go,
    Message,
    Nothing,
    Request,
    Up,
)
from transcribe.jobs.trouble import Trouble, trouble_of

START_SECONDS = 300.0
"""A process that is not ready after so long (a cold network disk with Python on it) hangs."""


class Worker:
    """The process, for whoever has work for it.

    Args:
        settings: What is asked for; where outputs go is in each request.
        assemble: How the process finds its engines.

    Attributes:
        stops: How many processes were ended; what an ended one had said is void.
        up: What the last process that was ready works with; None: none was.
    """

    def __init__(self, settings: Settings, assemble: Assemble) -> None:
        self._settings = settings
        self._assemble = assemble
        self._process: SpawnProcess | None = None
        self._connection: Connection | None = None
        self._up = False
        self.stops = 0
        self.up: Up | None = None

    @property
    def running(self) -> bool:
        """Whether there is a process."""
        return self._process is not None

    @property
    def handles(self) -> list[Connection | int]:
        """What to wait for: ready when there is a message."""
        if self._process is None or self._connection is None:
            return []
        return [self._connection, self._process.sentinel]

    def start(self) -> None:
        """Start the process, if there is none; `Up` or `Down` will be its first message."""
        if self._process is not None:
            return
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(target=_serve, args=(theirs, self._settings, self._assemble), name="worker")
        processes.start(process)
        theirs.close()
        self._process, self._connection = process, ours

    def check(self) -> ModelIdentity:
        """Start it and wait until it is ready; the weights that it recognises with.

        Raises:
            TranscribeError: It cannot work with these settings on this machine.
        """
        self.start()
        wait(self.handles, START_SECONDS)
        for message in self.messages():
            if isinstance(message, Down):
                error = TranscribeError(message.trouble.what, message.trouble.hint)
                error.exit_code = message.trouble.exit_code
                raise error
        if self.up is None:
            self.stop()
            raise EngineError(
                "the process that transcribes does not start", "See whether transcribe doctor answers"
            )
        return self.up.model

    def send(self, message: Request | Go | Nothing) -> None:
        """Ask for a job, say whether one is to go on, or that there is no other.

        That the process died is told by `messages`.
        """
        if self._connection is not None:
            with suppress(OSError):
                self._connection.send(message)

    def messages(self) -> list[Message]:
        """What the process has said since; the last one is `Down` when it is gone."""
        found: list[Message] = []
        process, connection = self._process, self._connection
        if process is None or connection is None:
            return found
        gone = not process.is_alive()  # asked first: what it said before it went is still read
        try:
            while connection.poll():
                found.append(connection.recv())
        except (EOFError, OSError):
            gone = True
        for each in found:
            if isinstance(each, Up):
                self._up, self.up = True, each
        told = any(isinstance(each, Down) for each in found)
        if gone or told:
            was_up = self._up
            self.stop()
            found += [] if told else [Down(_death(process.exitcode), was_up)]
        return found

    def stop(self) -> None:
        """End the process at once; nothing that is finished is lost."""
        if self._process is not None:
            self._process.kill()
            self._process.join()
            self.stops += 1
        if self._connection is not None:
            self._connection.close()
        self._process = self._connection = None
        self._up = False


def _death(code: int | None) -> Trouble:
    how = signal.Signals(-code).name if code is not None and code < 0 else f"exit code {code}"
    error = EngineError(
        f"the process that transcribes died ({how})", "Memory may be short; what it had recognised is kept"
    )
    return trouble_of(error)


def _serve(connection: Connection, settings: Settings, assemble: Assemble) -> None:
    from transcribe.jobs.worker_process import serve  # in the process only: its owner stays small

    serve(connection, settings, assemble)
