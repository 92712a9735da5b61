"""What a submitter and the workers say to each other through the scheduler: no sound, no words."""

from __future__ import annotations

from dataclasses import dataclass

from transcribe.core.digest import fingerprint
from transcribe.core.settings import Settings
from transcribe.jobs.trouble import Trouble
from transcribe.pipeline.ports import Engines

TOPIC = "transcribe"
"""Of the events by which workers tell how far they are."""


@dataclass(frozen=True)
class Wanted:
    """What a worker needs, so that it makes the same words as the machine that asks.

    Attributes:
        program: Name and version of this program.
        engine: The recogniser's package, version and what computes.
        model: The weights' name; `sha256` is their digest.
        diariser: What tells speakers apart; empty where nothing does.
    """

    program: str
    engine: str
    model: str
    sha256: str
    diariser: str

    @classmethod
    def of(cls, engines: Engines) -> Wanted:
        """What these engines are."""
        return cls(
            engines.program, engines.engine, engines.model.name, engines.model.sha256, engines.diariser
        )

    @property
    def resource(self) -> str:
        """Name of what a worker has that fits, by which the scheduler places jobs."""
        return f"fit {fingerprint(self)[:16]}"


@dataclass(frozen=True)
class Order:
    """One job for a worker.

    Attributes:
        key: Tells it from all others; one that is placed again has another.
        sha256: Digest of the recording.
        size: Its bytes.
        ending: Of its name, which some formats are told by; nothing else of the name is sent.
    """

    key: str
    sha256: str
    size: int
    ending: str
    settings: Settings
    wanted: Wanted


@dataclass(frozen=True)
class Said:
    """How far a worker is.

    Attributes:
        machine: Its name.
        host: Where it gives and takes bytes, as in a URL.
        stage: `bring` while it waits for the recording; else a stage of the recipe.
        total_ms: How much recording the stage has to go through; None where not known.
    """

    key: str
    machine: str
    host: str
    port: int
    stage: str
    done_ms: int = 0
    total_ms: int | None = None


@dataclass(frozen=True)
class Answer:
    """What became of a job.

    Attributes:
        sha256: Digest of the parcel of work directories; empty where it failed.
        computes: What recognised there, for people.
        stages_ms: How long each stage took there, in ms.
    """

    machine: str
    host: str
    port: int
    sha256: str = ""
    computes: str = ""
    stages_ms: tuple[tuple[str, int], ...] = ()
    trouble: Trouble | None = None
