"""What the watcher and the process that transcribes say to each other."""

from __future__ import annotations

from dataclasses import dataclass

from transcribe.core.events import Event
from transcribe.watch.facts import Facts
from transcribe.watch.records import Output
from transcribe.watch.trouble import Trouble


@dataclass(frozen=True)
class Order:
    """One file to transcribe.

    Attributes:
        path: Where it lies.
        facts: By which it is told from what may have replaced it.
        folder: Where its outputs go.
        alias: A path with the name that theirs are made of.
        replaces: Outputs of an earlier version of it, which may be replaced.
        begun: Digests of earlier versions, whose outputs may be replaced too.
    """

    path: str
    facts: Facts
    folder: str
    alias: str
    replaces: tuple[Output, ...] = ()
    begun: tuple[str, ...] = ()


@dataclass(frozen=True)
class Up:
    """The process is ready for orders."""


@dataclass(frozen=True)
class Hashed:
    """The content of the file that was ordered; the process waits to be told whether to go on."""

    sha256: str


@dataclass(frozen=True)
class Told:
    """What the job tells."""

    event: Event


@dataclass(frozen=True)
class Finished:
    """It is published.

    Attributes:
        outputs: What was written.
        warning: What somebody should know all the same.
    """

    outputs: tuple[Output, ...]
    warning: str = ""


@dataclass(frozen=True)
class Changed:
    """It is not the file any more that was ordered; nothing was done."""


@dataclass(frozen=True)
class Stumbled:
    """It could not be transcribed."""

    trouble: Trouble


@dataclass(frozen=True)
class Down:
    """The process is not there any more.

    Attributes:
        trouble: Why.
        started: Whether it had been ready for orders.
    """

    trouble: Trouble
    started: bool = False


Message = Up | Hashed | Told | Finished | Changed | Stumbled | Down
