"""A server in a test's hand: real queue, folder and application; a process that hears the same every time."""

from __future__ import annotations

import asyncio
import hashlib
import os
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import httpx2
import uvicorn
from obedient import Obedient

from transcribe.control.review.state import ReadPolicy
from transcribe.core.episode import Episode, Segment, Word
from transcribe.core.errors import InputError
from transcribe.core.events import Event, SegmentRecognised, StageAdvanced, StageStarted
from transcribe.core.media import Container
from transcribe.core.recording import AudioStream
from transcribe.core.settings import Settings
from transcribe.formats.document import write
from transcribe.formats.example import example_episode
from transcribe.jobs.messages import Finished, Go, Message, Nothing, Request, Told
from transcribe.jobs.queue import QueuedJob
from transcribe.server.access.auth import Access
from transcribe.server.app import application
from transcribe.server.archive import LibraryArchive
from transcribe.server.intake.connections import Connection
from transcribe.server.intake.uploads import Limits, Upload
from transcribe.server.lookout import Lookout
from transcribe.server.service import Service
from transcribe.server.turns.dispatcher import Dispatcher
from transcribe.server.turns.store import Store, Wish
from transcribe.watch.glance import glance

T = TypeVar("T")

SAID = ("Dzień dobry.", "Do widzenia.")


class Servant(Obedient):
    """The process: it hears two segments in every recording, and publishes an episode."""

    def __init__(self) -> None:
        super().__init__()
        self._reading, self._writing = os.pipe()
        os.set_blocking(self._reading, False)
        self._heard: set[str] = set()
        self.publishes: Callable[[Request], Episode] = lambda _: example_episode()
        self.waits = True

    @property
    def handles(self) -> list[int]:
        return [self._reading] if self.running else []

    def send(self, message: Request | Go | Nothing) -> None:
        if isinstance(message, Nothing):
            self.waits = False
            return
        super().send(message)
        os.write(self._writing, b"x")

    def hear(self, name: str) -> None:
        """Tell the segments."""
        self._heard.add(name)
        events: list[Event] = [StageStarted("recognise", 4000), StageAdvanced("recognise", 0)]
        for number, text in enumerate(SAID):
            words = tuple(Word(number * 2000, number * 2000 + 1000, each, 0.9) for each in text.split())
            segment = Segment(number * 2000, number * 2000 + 1000, words, 0)
            events.append(SegmentRecognised(segment))
        self.tell(name, *events, StageAdvanced("recognise", 2000))

    def tell(self, name: str, *events: Event) -> None:
        """Tell what happens in a job."""
        self.said += [Told(name, each) for each in events]
        os.write(self._writing, b"x")

    def finish(self, name: str) -> None:
        request = self.has.pop(name)
        if name not in self._heard:
            self.hear(name)
        path = Path(request.folder) / "transcript.json"
        path.write_bytes(write(self.publishes(request), Settings().subtitles))
        self.said.append(Finished(name, ()))
        os.write(self._writing, b"x")

    def messages(self) -> list[Message]:
        with suppress(BlockingIOError):
            os.read(self._reading, 1000)
        return super().messages()

    def close(self) -> None:
        os.close(self._reading)
        os.close(self._writing)


@dataclass
class Counter:
    """Where clients stand.

    Attributes:
        now: What the clock of the dispatcher says, in seconds.
        connection: What meets each client.
        archive: The archive's file; None: none is kept.
        meaning: The server of text vectors, and the model.
    """

    folder: Path
    limits: Limits = field(default_factory=Limits)
    roots: tuple[Path, ...] = ()
    apart: bool = False
    most: int = 1000
    access: Access = field(default_factory=Access)
    watched: tuple[Path, ...] = ()
    policy: ReadPolicy | None = None
    now: float = 0.0
    connection: type[Connection] = Connection
    archive: Path | None = None
    meaning: str = ""

    told: list[Event] = field(default_factory=list)

    def open(self) -> None:
        """Put it together, anew as after a kill."""
        self.worker = Servant()
        self.store = Store(self.folder, Settings(), "0" * 64)
        self.dispatcher = Dispatcher(
            self.store, self.worker, self.told.append, 60.0, lambda: self.now  # type: ignore[arg-type]
        )  # fmt: skip
        self.service = Service(
            store=self.store,
            dispatcher=self.dispatcher,
            probe=probe,
            check=lambda _: None,
            model="double",
            roots=self.roots,
            apart=self.apart,
            limits=self.limits,
            most=self.most,
            lookout=Lookout([(each, partial(glance, each)) for each in self.watched]),
            policy=self.policy,
            archive=LibraryArchive(
                self.archive, self.store, self.dispatcher.listeners, self.told.append, self.meaning
            )
            if self.archive
            else None,
        )
        self.app = application(self.service, self.access, self.told.append)

    def close(self) -> None:
        self.store.close()
        self.worker.close()

    @contextmanager
    def serving(self, port: int = 0, **options: Any) -> Iterator[httpx2.Client]:
        """A client of the running server; where it is open, only the server touches the queue."""
        with socket.create_server(("127.0.0.1", port)) as listening, ThreadPoolExecutor(1) as threads:
            listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # as the command has it
            self.port = listening.getsockname()[1]
            loop: Future[asyncio.AbstractEventLoop] = Future()
            life = threads.submit(lambda: asyncio.run(self._life(listening, loop)))
            try:
                with httpx2.Client(base_url=f"http://localhost:{self.port}", timeout=60, **options) as client:
                    yield client
            finally:
                loop.result(60).call_soon_threadsafe(self.end)
                life.result(60)

    async def _life(self, listening: socket.socket, loop: Future[asyncio.AbstractEventLoop]) -> None:
        self.open()
        config = uvicorn.Config(
            self.app, http=self.connection, lifespan="on", log_config=None, timeout_graceful_shutdown=1
        )
        self._server = uvicorn.Server(config)
        loop.set_result(asyncio.get_running_loop())
        try:
            await self._server.serve(sockets=[listening])
        finally:
            self.close()

    def end(self) -> None:
        """Stop the running server."""
        self.service.stop()
        self._server.should_exit = True

    def turn(self, times: int = 3) -> None:
        """Do what is due, without a running server."""
        for _ in range(times):
            self.dispatcher.turn()

    def submit(self, content: str, client: str = "A", *, interactive: bool = False, **options: Any) -> str:
        """Hand a recording in, without a running server; the name of its job."""
        path = self.store.incoming / "a.part"
        path.write_text(content)
        upload = Upload(path, hashlib.sha256(path.read_bytes()).hexdigest(), "a.wav")
        wish = Wish(client, client if self.apart else "", options, interactive)
        return self.store.submit(upload, wish, probe(path).duration_ms or 0).name

    def job(self, name: str) -> QueuedJob:
        job = self.store.queue.job(name)
        assert job is not None
        return job


def eventually(condition: Callable[[], T]) -> T:
    """What a condition gives once it holds."""
    for _ in range(1000):
        if found := condition():
            return found
        time.sleep(0.01)
    raise AssertionError("it does not come about")


def probe(path: Path) -> Container:
    """Any file is a recording that says how many seconds it has, unless it says `noise`."""
    said = path.read_bytes().split(b" ")[0]
    if said == b"noise":
        raise InputError(f"{path} is not a sound file", "Check that it plays elsewhere")
    seconds = int(said) if said.isdigit() else 2
    streams = () if said == b"silent" else (AudioStream(0, "pcm", 16000, 1),)
    return Container("wav", seconds * 1000, streams)
