"""A process that transcribes, in the test's hand, and a watch folder around it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from transcribe.core.episode import ModelIdentity
from transcribe.core.events import Event
from transcribe.jobs.messages import Changed, Down, Finished, Go, Hashed, Message, More, Request, Stumbled, Up
from transcribe.jobs.notify import Courier, Outbox, Send
from transcribe.jobs.publish.outputs import Published
from transcribe.jobs.queue import Queue, QueuedJob, State
from transcribe.watch.endings import Ending
from transcribe.watch.folders import Folders
from transcribe.watch.intake import Intake
from transcribe.watch.looking import Held, Look, Sound
from transcribe.watch.settling import Patience, Settling
from transcribe.watch.working import Working


@dataclass
class Obedient:
    """Does what a test has it do. Without more, it finishes every request with one text file.

    Attributes:
        requests: What was asked for.
        answers: What to say next time instead, of the job whose turn it is.
        most: Jobs that it takes at a time.
        holding: Whether it finishes a job only when it is told to.
    """

    requests: list[Request] = field(default_factory=list)
    answers: list[Message] = field(default_factory=list)
    running: bool = False
    stops: int = 0
    said: list[Message] = field(default_factory=list)
    most: int = 1
    holding: bool = False
    has: dict[str, Request] = field(default_factory=dict)

    def start(self) -> None:
        if not self.running:
            self.running = True
            self.said.append(Up(ModelIdentity("double", "0" * 64)))

    def stop(self) -> None:
        self.running = False
        self.stops += 1
        self.said.clear()
        self.has.clear()

    def send(self, message: Request | Go) -> None:
        if isinstance(message, Request):
            self.requests.append(message)
            self.has[message.name] = message
            content = Path(message.path).read_bytes()
            self.said.append(Hashed(message.name, hashlib.sha256(content).hexdigest()))
            if len(self.has) < self.most:
                self.said.append(More())
        elif not message.on:
            del self.has[message.name]
            self.said.append(Changed(message.name))
        elif self.answers:
            answer = self.answers.pop(0)
            del self.has[message.name]
            if isinstance(answer, Finished | Stumbled | Changed):
                answer = replace(answer, name=message.name)
            self.said.append(answer)
        elif not self.holding:
            self.finish(message.name)

    def finish(self, name: str) -> None:
        self.said.append(Finished(name, (self.write(self.has.pop(name)),)))

    def messages(self) -> list[Message]:
        said, self.said = self.said, []
        if any(isinstance(each, Down) for each in said):
            self.stop()
        return said

    @staticmethod
    def write(request: Request) -> Published:
        """Publish a text."""
        path = Path(request.folder) / f"{Path(request.alias).stem}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(Path(request.path).read_bytes())
        return Published(str(path), hashlib.sha256(path.read_bytes()).hexdigest())


class AllWell:
    """Finds every file complete and closed."""

    look_is = Look(Ending.COMPLETE, Held.CLOSED, Sound("wav", 1000, 1))

    def look(self, path: Path, *, at_end: bool = True) -> Look:
        path.stat()
        return self.look_is


class Studio:
    """A watch folder in which time passes when a test says so."""

    def __init__(
        self, root: Path, senders: Mapping[tuple[str, str], Send] | None = None, *, marker: bool = False,
        move_done: bool = False,
    ) -> None:  # fmt: skip
        self.now = 0.0
        done = root / "done" if move_done else None
        self.folders = Folders(root / "in", root / "out", root / "out" / ".watch", done)
        for folder in (self.folders.inbox, self.folders.out, self.folders.state, done):
            if folder is not None:
                folder.mkdir(exist_ok=True)
        self.told: list[Event] = []
        self.worker = Obedient()
        self.looker = AllWell()
        self.senders = senders or {}
        self.marker = marker
        self.open()

    def open(self) -> None:
        """Put it together, anew as after a kill."""
        self.queue = Queue(self.folders.queue, lambda: 1_000_000 + self.now)
        self.courier = Courier(Outbox(self.queue), self.senders, self.told.append)
        self.intake = Intake(
            self.folders.inbox, self.queue, Settling(Patience()), self.looker,  # type: ignore[arg-type]
            lambda: self.now, self.told.append, self.marker,
        )  # fmt: skip
        self.working = Working(
            queue=self.queue,
            worker=self.worker,  # type: ignore[arg-type]
            progress=self.told.append,
            clock=lambda: self.now,
            folders=self.folders,
            intake=self.intake,
            courier=self.courier,
            settings="settings",
        )

    def kill(self) -> None:
        """SIGKILL: nothing is tidied up; then a new start."""
        self.queue.close()
        self.worker = Obedient()
        self.open()
        self.working.resume_moves()
        self.queue.recover("killed")

    def drop(self, name: str, content: bytes = b"sound") -> Path:
        """Put a file into the folder."""
        path = self.folders.inbox / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return path

    def settle(self, seconds: float = 10.5) -> None:
        """See all there is, and let time pass; nothing is started."""
        self.intake.scan()
        until = self.now + seconds
        while self.now < until:
            self.now += 0.5
            while self.intake.look():
                pass

    def work(self) -> None:
        """Start what is ready, one after the other, as far as it goes now."""
        for _ in range(100):
            self.working.turn()
            begun = self.working.free and self.working.begin()
            if not begun and not self.worker.said:
                return

    def run(self, seconds: float = 10.5) -> None:
        self.settle(seconds)
        self.work()

    def job(self, name: str) -> QueuedJob:
        job = self.queue.job(name)
        assert job is not None
        return job

    def state(self, name: str) -> State:
        return self.job(name).state

    def text(self, place: str) -> bytes:
        return (self.folders.out / f"{place}.txt").read_bytes()
