"""The process that transcribes, from inside: one job after the other, with the models loaded once."""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import signal
import threading
from contextlib import suppress
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection, wait
from pathlib import Path

from transcribe.core.digest import file_digest
from transcribe.core.errors import GateError
from transcribe.core.events import Event, FileFinished, FileStarted, SegmentRecognised, silent
from transcribe.core.places import work_root
from transcribe.core.reading import open_regular
from transcribe.core.settings import Settings
from transcribe.jobs.plan import Job, plan_jobs
from transcribe.jobs.publish.outputs import Published, published_for
from transcribe.jobs.queue import Facts
from transcribe.jobs.run_one import transcribe_one
from transcribe.jobs.trouble import trouble_of
from transcribe.jobs.warm import kept_loaded
from transcribe.jobs.worker import (
    Assemble,
    Changed,
    Down,
    Finished,
    Hashed,
    Message,
    Request,
    Stumbled,
    Told,
    Up,
)
from transcribe.pipeline.ports import Run
from transcribe.pipeline.suspend import to_the_end


def serve(connection: Connection, settings: Settings, assemble: Assemble) -> None:
    """The process's life: one job after the other, with the model loaded once."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)  # they reach the whole group; the one who asks decides
    threading.Thread(target=_die_with_parent, daemon=True).start()
    try:
        plan_jobs(["recording.wav"], settings.replace({"output": "outputs"}))
        run = assemble(settings, silent)
    except Exception as error:  # noqa: BLE001 - told to whoever asks
        connection.send(Down(trouble_of(error, debug=settings.display.debug)))
        return
    connection.send(Up())
    with kept_loaded(run) as kept, suppress(EOFError, ConnectionError):  # who asks is gone
        while True:
            request: Request = connection.recv()
            connection.send(_Work(connection, request, kept).done())


def _die_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)


@dataclass
class _Work:
    """One job."""

    connection: Connection
    request: Request
    run: Run
    written: tuple[str, ...] = ()

    def done(self) -> Message:
        """Work on it; how it ended."""
        try:
            sha256 = digest_of(Path(self.request.path), self.request.facts)
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
        settings = self.run.settings.replace({"output": self.request.folder})
        job = self._job(settings, sha256)
        self._tell(FileStarted(job.name))
        to_the_end(transcribe_one(job, replace(self.run, settings=settings, progress=self._tell)))

    def _job(self, settings: Settings, sha256: str) -> Job:
        earlier = list(self.request.replaces)
        for digest in {*self.request.begun} - {sha256}:
            earlier += published_for(digest, work_root())
        job = plan_jobs([self.request.alias], settings)[0]
        return replace(job, source=self.request.path, replaces=tuple(earlier))

    def _tell(self, event: Event) -> None:
        if isinstance(event, FileFinished):
            self.written = event.outputs
        if not isinstance(event, SegmentRecognised):
            self.connection.send(Told(event))

    def _outputs(self) -> tuple[Published, ...]:
        found = []
        for each in self.written:
            path = Path(each).absolute()
            with suppress(OSError):
                found.append(Published(str(path), file_digest(path)))
        return tuple(found)


def digest_of(path: Path, facts: Facts) -> str | None:
    """SHA-256 of a file, in hex digits; None when it is not, or not any more, the file with these facts.

    No link is followed, no pipe waited for.

    Raises:
        OSError: It cannot be read, or is no plain file.
    """
    with open_regular(path, follow=False) as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        return sha256 if Facts.of(os.fstat(file.fileno())) == facts else None
