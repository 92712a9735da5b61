"""The process that transcribes, and keeps the model loaded, so that the watcher itself stays small.

It is started anew (not forked) and owns no state that is not on the disk: it may be killed at any moment.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from pathlib import Path

from transcribe.core import processes
from transcribe.core.errors import EngineError, GateError, TranscribeError
from transcribe.core.events import Event, FileFinished, FileStarted, Progress, SegmentRecognised, silent
from transcribe.core.reading import open_regular
from transcribe.core.settings import Settings
from transcribe.jobs.plan import Job, plan_jobs
from transcribe.pipeline.ports import Run
from transcribe.watch.looking import digest_of
from transcribe.watch.orders import (
    Changed,
    Down,
    Finished,
    Hashed,
    Message,
    Order,
    Stumbled,
    Told,
    Up,
)
from transcribe.watch.records import Output
from transcribe.watch.trouble import Trouble, trouble_of

START_SECONDS = 300.0
"""A process that is not ready after so long (a cold network disk with Python on it) hangs."""


Assemble = Callable[[Settings, Progress], Run]
"""Finds what the settings ask for; a function of a module, so that another process can import it."""


class Transcriber:
    """The watcher's side of the process.

    Args:
        settings: What is asked for; where results go is in each order.
        assemble: How the process finds its engines.
    """

    def __init__(self, settings: Settings, assemble: Assemble) -> None:
        self._settings = settings
        self._assemble = assemble
        self._process: SpawnProcess | None = None
        self._connection: Connection | None = None
        self._up = False

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
        process = context.Process(
            target=serve, args=(theirs, self._settings, self._assemble), name="transcriber"
        )
        processes.start(process)
        theirs.close()
        self._process, self._connection = process, ours

    def check(self) -> None:
        """Start it and wait until it is ready.

        Raises:
            TranscribeError: It cannot work with these settings on this machine.
        """
        self.start()
        wait(self.handles, START_SECONDS)
        messages = self.messages()
        for message in messages:
            if isinstance(message, Down):
                error = TranscribeError(message.trouble.what, message.trouble.hint)
                error.exit_code = message.trouble.exit_code
                raise error
        if not messages:
            self.stop()
            raise EngineError(
                "the process that transcribes does not start", "See whether transcribe doctor answers"
            )

    def send(self, message: Order | bool) -> None:
        """Order a file, or tell the process whether to go on; its death is told by `messages`."""
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
        self._up = self._up or any(isinstance(each, Up) for each in found)
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


def serve(connection: Connection, settings: Settings, assemble: Assemble) -> None:
    """The process's life: one order after the other, with the model loaded once."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)  # they reach the whole group; the watcher decides
    threading.Thread(target=_die_with_parent, daemon=True).start()
    from transcribe.jobs.warm import kept_loaded

    try:
        plan_jobs(["recording.wav"], settings.replace({"output": "outputs"}))
        run = assemble(settings, silent)
    except Exception as error:  # noqa: BLE001 - told to the watcher
        connection.send(Down(trouble_of(error, debug=settings.display.debug)))
        return
    connection.send(Up())
    with kept_loaded(run) as kept, suppress(EOFError, ConnectionError):  # the watcher is gone
        while True:
            order: Order = connection.recv()
            connection.send(_Work(connection, order, kept).done())


def _die_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)


@dataclass
class _Work:
    """One order."""

    connection: Connection
    order: Order
    run: Run
    written: tuple[str, ...] = ()

    def done(self) -> Message:
        """Work on it; how it ended."""
        try:
            sha256 = digest_of(Path(self.order.path), self.order.facts)
            if sha256 is None:
                return Changed()
            self.connection.send(Hashed(sha256))
            if not self.connection.recv():
                return Changed()
            self._transcribe(sha256)
        except GateError as error:
            return Finished(self._outputs(), error.what)
        except EOFError:
            raise
        except Exception as error:  # noqa: BLE001 - one bad file stops nobody
            return Stumbled(trouble_of(error, debug=self.run.settings.display.debug))
        return Finished(self._outputs())

    def _transcribe(self, sha256: str) -> None:
        from transcribe.jobs.run_one import transcribe_one
        from transcribe.pipeline.suspend import to_the_end

        settings = self.run.settings.replace({"output": self.order.folder})
        job = self._job(settings, sha256)
        self._tell(FileStarted(job.name))
        to_the_end(transcribe_one(job, replace(self.run, settings=settings, progress=self._tell)))

    def _job(self, settings: Settings, sha256: str) -> Job:
        from transcribe.core.places import work_root
        from transcribe.jobs.publish.outputs import Published, published_for

        earlier = [Published(each.path, each.sha256) for each in self.order.replaces]
        for digest in {*self.order.begun} - {sha256}:
            earlier += published_for(digest, work_root())
        job = plan_jobs([self.order.alias], settings)[0]
        return replace(job, source=self.order.path, replaces=tuple(earlier))

    def _tell(self, event: Event) -> None:
        if isinstance(event, FileFinished):
            self.written = event.outputs
        if not isinstance(event, SegmentRecognised):
            self.connection.send(Told(event))

    def _outputs(self) -> tuple[Output, ...]:
        import hashlib

        found = []
        for each in self.written:
            path = Path(each).absolute()
            with suppress(OSError), open_regular(path) as handle:
                found.append(Output(str(path), hashlib.file_digest(handle, "sha256").hexdigest()))
        return tuple(found)
