"""What the process that transcribes and its owner say to each other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from transcribe.core.episode import ModelIdentity
from transcribe.core.events import Event, Progress
from transcribe.core.settings import Settings
from transcribe.jobs.publish.outputs import Published
from transcribe.jobs.queue import Facts
from transcribe.jobs.trouble import Trouble
from transcribe.pipeline.ports import Run

Assemble = Callable[[Settings, Progress], Run]
"""Finds what the settings ask for; a function of a module, so that another process can import it."""


@dataclass(frozen=True)
class Request:
    """What the process is asked to do: one job.

    Attributes:
        name: What tells it from the others in every message about it.
        facts: By which that is told from what may have replaced it.
        alias: A path with the name that theirs are made of.
        waiting: Where results wait for approval, if it is required.
        replaces: Outputs of an earlier version of it, which may be replaced.
        begun: Digests of earlier versions, whose outputs may be replaced too.
        settings: Its own settings; None: those that the process was started with.
        live: Whether every segment is told as soon as it is recognised.
    """

    name: str
    path: str
    facts: Facts
    folder: str
    alias: str
    waiting: str = ""
    replaces: tuple[Published, ...] = ()
    begun: tuple[str, ...] = ()
    settings: Settings | None = None
    live: bool = False


@dataclass(frozen=True)
class Up:
    """The process is ready for requests.

    Attributes:
        model: The weights that it recognises with.
        engine: The recogniser's package and version.
        diariser: What tells speakers apart; empty where nothing does.
        summary: What recognises, for people.
    """

    model: ModelIdentity
    engine: str = ""
    diariser: str = ""
    summary: str = ""


@dataclass(frozen=True)
class More:
    """The process can begin another job beside those that it has."""


@dataclass(frozen=True)
class Hashed:
    """The content of the recording; the job waits for `Go`."""

    name: str
    sha256: str


@dataclass(frozen=True)
class Go:
    """Whether a job is to go on, now that its content is known."""

    name: str
    on: bool


@dataclass(frozen=True)
class Nothing:
    """There is no other job now; the process need not wait for one."""


@dataclass(frozen=True)
class Told:
    """What the job tells."""

    name: str
    event: Event


@dataclass(frozen=True)
class Finished:
    """It is published."""

    name: str
    outputs: tuple[Published, ...]
    warning: str = ""


@dataclass(frozen=True)
class Unapproved:
    """It is transcribed, and waits for approval.

    Attributes:
        reason: What it waits for.
    """

    name: str
    reason: str


@dataclass(frozen=True)
class Changed:
    """It is not the recording any more that was asked for; nothing was done."""

    name: str


@dataclass(frozen=True)
class Stumbled:
    """It could not be transcribed."""

    name: str
    trouble: Trouble


@dataclass(frozen=True)
class Down:
    """The process is not there any more.

    Attributes:
        started: Whether it had been ready for requests.
    """

    trouble: Trouble
    started: bool = False


Message = Up | More | Hashed | Told | Finished | Unapproved | Changed | Stumbled | Down
