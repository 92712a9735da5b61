"""How a run went, for its manifest: the time of each stage, and what the run used."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from transcribe.core.digest import file_digest
from transcribe.core.episode import Episode
from transcribe.core.events import Event, Progress, StageFinished, StageStarted
from transcribe.core.seal.take import attempts, level
from transcribe.core.timecode import now
from transcribe.core.workspace import Workspace
from transcribe.jobs.manifest import Making, Material
from transcribe.models.model_lock import places_of_locks
from transcribe.pipeline.ports import Engines
from transcribe.pipeline.stages.normalise import AUDIO_FILE


@dataclass
class Timed:
    """Passes events on, and measures the stages that they tell of."""

    progress: Progress
    started: str = field(default_factory=now)
    stages_ms: dict[str, int] = field(default_factory=dict)
    _begun: dict[str, int] = field(default_factory=dict)
    _attempts_before: int = field(default_factory=lambda: len(attempts() or ()))

    def __call__(self, event: Event) -> None:
        """Take an event."""
        if isinstance(event, StageStarted):
            self._begun[event.stage] = time.monotonic_ns()
        elif isinstance(event, StageFinished) and not event.resumed and event.stage in self._begun:
            took = (time.monotonic_ns() - self._begun.pop(event.stage)) // 1_000_000
            self.stages_ms[event.stage] = self.stages_ms.get(event.stage, 0) + took
        self.progress(event)

    @property
    def attempts(self) -> int | None:
        """How often a process was refused the network since; None where that is not known."""
        tried = attempts()
        return None if tried is None else len(tried) - self._attempts_before


@dataclass(frozen=True)
class MadeBy:
    """Which other machine has made what a work directory holds; kept in it under the name `made_by`.

    Attributes:
        computes: What recognised there, for people.
        stages_ms: How long each stage took there, in ms.
    """

    machine: str
    computes: str
    stages_ms: dict[str, int]


MADE_BY = "made_by"


def making_of(timed: Timed, engines: Engines, work: Workspace, episode: Episode) -> Making:
    """How a run went that has made an episode, without what people said of it."""
    from transcribe.engines.silero import SileroDetector

    there = work.load(MADE_BY, MadeBy) or MadeBy("", engines.summary, {})
    stages_ms = there.stages_ms | timed.stages_ms
    programs = {"transcribe": engines.program, "engine": engines.engine} | _known(computes=there.computes)
    materials = [
        Material(f"model/{model.name}", model.sha256, _known(licence=model.licence))
        for model in (engines.model, SileroDetector.identity)
    ]
    if audio := work.load(f"{AUDIO_FILE}.digest", str):
        materials.insert(0, Material("audio", audio))
    materials += _locks()
    if episode.turns is not None:
        programs["speakers"] = episode.turns.made_by
    if episode.notes is not None:
        by = episode.notes.authorship
        programs["notes"] = f"{by.writer} {by.version}".strip()
        if by.model_sha256:
            materials.append(Material(f"model/{by.model}", by.model_sha256, _known(licence=by.model_licence)))
        if by.prompts_sha256:
            materials.append(Material("prompts", by.prompts_sha256))
    return Making(
        programs, timed.started, now(), stages_ms, tuple(materials), level(), timed.attempts, there.machine
    )


def files_as_materials(paths: Iterable[Path]) -> tuple[Material, ...]:
    """Files beside a transcript, such as its corrections; those that are there."""
    return tuple(Material(each.name, file_digest(each)) for each in paths if each.is_file())


def _locks() -> list[Material]:
    """The model locks that held, the folder's and the user's."""
    named = zip(("model lock", "model lock of the user"), places_of_locks(), strict=True)
    return [Material(name, file_digest(path)) for name, path in named if path.is_file()]


def _known(**about: str) -> dict[str, str]:
    return {name: value for name, value in about.items() if value}
