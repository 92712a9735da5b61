"""The process that transcribes, from inside: jobs as they are asked for, with the models loaded once."""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import signal
import threading
from collections import deque
from contextlib import suppress
from dataclasses import replace
from multiprocessing.connection import Connection, wait
from pathlib import Path

from transcribe.core.digest import file_digest
from transcribe.core.errors import DependencyError, GateError, ModelError, PersonNeeded, UsageError
from transcribe.core.events import (
    Event,
    FileFinished,
    FileStarted,
    FileUnapproved,
    HeldBack,
    SegmentRecognised,
    silent,
)
from transcribe.core.places import work_root
from transcribe.core.reading import open_regular
from transcribe.core.settings import Settings
from transcribe.jobs.messages import (
    Assemble,
    Changed,
    Down,
    Finished,
    Go,
    Hashed,
    Message,
    More,
    Nothing,
    Request,
    Stumbled,
    Told,
    Unapproved,
    Up,
)
from transcribe.jobs.plan import Job, plan_jobs
from transcribe.jobs.publish.outputs import Published, published_for
from transcribe.jobs.queue import Facts
from transcribe.jobs.run_one import transcribe_one
from transcribe.jobs.trouble import trouble_of
from transcribe.jobs.turns import Turn, Turns
from transcribe.pipeline.ports import Engines, Run
from transcribe.pipeline.suspend import PATIENCE_SECONDS, Pause, Pausing

ASKED_SECONDS = 0.5
"""How long to wait for a job that was asked for; the recogniser's workers still have something to do then."""

MOST = 8
"""Jobs under way at a time: each has its samples in the work directory, and is put down if that dies."""


def serve(connection: Connection, settings: Settings, assemble: Assemble) -> None:
    """The process's life: the jobs that it is asked for, with the models loaded once."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)  # they reach the whole group; the one who asks decides
    threading.Thread(target=_die_with_parent, daemon=True).start()
    try:
        plan_jobs(["recording.wav"], settings.replace({"output": "outputs"}))
        run = assemble(settings, silent)
    except Exception as error:  # noqa: BLE001 - told to whoever asks
        connection.send(Down(trouble_of(error, debug=settings.display.debug)))
        return
    engines = run.engines
    connection.send(Up(engines.model, engines.engine, engines.diariser, engines.summary))
    with suppress(_GoneError):
        _Requests(connection, run, assemble).all()


def _die_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)


class _GoneError(BrokenPipeError):
    """Whoever asks is not there any more."""


class _Requests(Turns["_Work"]):
    """The jobs that are asked for, as they come."""

    def __init__(self, connection: Connection, run: Run, assemble: Assemble) -> None:
        super().__init__(run)
        self._connection = connection
        self._assemble = assemble
        self._engines: dict[bool, Engines] = {}
        self._waiting: deque[Request] = deque()
        self._answers: dict[str, bool] = {}
        self._asked = False

    def run_for(self, settings: Settings | None) -> Run:
        """What a job is transcribed with: what is loaded already, by its own settings where it has some.

        Raises:
            UsageError: They cannot be met with this model, or on this machine.
            TranscribeError: Nothing can be transcribed any more, by whatever settings.
        """
        if settings is None:
            return self.run
        loaded, speakers = self.run.engines, bool(settings.speakers.speakers)
        try:
            own = self._assemble(settings, silent).engines
        except (ModelError, DependencyError) as error:
            self._assemble(self.run.settings, silent)  # raises where it is no fault of this job
            raise UsageError(error.what, error.hint) from error
        if speakers not in self._engines:  # kept, with the process that tells them apart
            self._engines[speakers] = replace(loaded, open_diariser=own.open_diariser, diariser=own.diariser)
        return replace(self.run, settings=settings, engines=self._engines[speakers])

    def next_turn(self) -> Turn[_Work] | None:
        while not self._waiting and self.listen(0 if self.begun else None):
            pass
        if not self._waiting and not self._asked and len(self.begun) < MOST:
            self._asked = True
            self.say(More())
            self.listen(ASKED_SECONDS)
        if not self._waiting:
            return None
        self._asked = False
        work = _Work(self, self._waiting.popleft())
        return Turn(work, work.told, work.steps(), debug=False)  # it catches its errors itself

    def ended(self, turn: Turn[_Work]) -> None:
        self.say(turn.item.outcome)

    def rest(self) -> None:
        self.listen(PATIENCE_SECONDS)

    def say(self, message: Message) -> None:
        """Send a message."""
        try:
            self._connection.send(message)
        except OSError:
            raise _GoneError from None

    def listen(self, seconds: float | None) -> bool:
        """Take in a message that comes within so many seconds (None: whenever it comes); whether one did."""
        try:
            if not self._connection.poll(seconds):
                return False
            message: Request | Go | Nothing = self._connection.recv()
        except (EOFError, OSError):
            raise _GoneError from None
        if isinstance(message, Go):
            self._answers[message.name] = message.on
        elif isinstance(message, Request):
            self._waiting.append(message)
        return True

    def answer(self, name: str) -> Pausing[bool]:
        """Whether a job is to go on; others can go on while that is not known."""
        seconds = PATIENCE_SECONDS  # it mostly comes at once
        while name not in self._answers:
            if not self.listen(seconds):
                seconds = 0.0
                yield Pause.LOCK
        return self._answers.pop(name)


class _Work:
    """One job."""

    def __init__(self, requests: _Requests, request: Request) -> None:
        self._requests = requests
        self._request = request
        self._written: tuple[str, ...] = ()
        self._waits_for = ""
        self.told = HeldBack(lambda event: requests.say(Told(request.name, event)))
        self.outcome: Message = Changed(request.name)

    def steps(self) -> Pausing[None]:
        """Work on it."""
        name = self._request.name
        try:
            sha256 = digest_of(Path(self._request.path), self._request.facts)
            if sha256 is None:
                return
            self._requests.say(Hashed(name, sha256))
            if not (yield from self._requests.answer(name)):
                return
            yield from self._transcribe(sha256)
            self.outcome = Finished(name, self._outputs())
        except PersonNeeded:
            self.outcome = Unapproved(name, self._waits_for)
        except GateError as error:
            if self._waits_for:
                self.outcome = Unapproved(name, f"{self._waits_for}; {error.what}")
            else:
                self.outcome = Finished(name, self._outputs(), error.what)
        except _GoneError:
            raise
        except Exception as error:  # noqa: BLE001 - one bad file stops nobody
            debug = self._requests.run.settings.display.debug
            self.outcome = Stumbled(name, trouble_of(error, debug=debug))

    def _transcribe(self, sha256: str) -> Pausing[None]:
        run = self._requests.run_for(self._request.settings)
        places = {"output": self._request.folder, "waiting": self._request.waiting or None}
        settings = run.settings.replace(places)
        job = self._job(settings, sha256)
        self._tell(FileStarted(job.name))
        yield from transcribe_one(job, replace(run, settings=settings, progress=self._tell))

    def _job(self, settings: Settings, sha256: str) -> Job:
        earlier = list(self._request.replaces)
        for digest in {*self._request.begun} - {sha256}:
            earlier += published_for(digest, work_root())
        job = plan_jobs([self._request.alias], settings)[0]
        return replace(job, source=self._request.path, replaces=tuple(earlier))

    def _tell(self, event: Event) -> None:
        if isinstance(event, FileFinished):
            self._written = event.outputs
        if isinstance(event, FileUnapproved):
            self._waits_for = event.reason
        if self._request.live or not isinstance(event, SegmentRecognised):
            self.told(event)

    def _outputs(self) -> tuple[Published, ...]:
        found = []
        for each in self._written:
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
