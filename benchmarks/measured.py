"""What was measured, kept in a file that grows run by run, and the figures that follow from it."""

from __future__ import annotations

import os
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

import msgspec

from benchmarks.machine import Machine
from transcribe.quality.evaluate.words import Score, total

Part = Literal["speed", "languages", "growth", "workers", "silence"]


@dataclass(frozen=True)
class Heard:
    """What a system made of one recording.

    Attributes:
        clip: Name of the recording.
        audio_s: Its length.
        text: What was heard; empty where nothing depends on it.
        score: Errors against the reference, if there is one.
        took_s: Seconds for this recording alone, where the system says so.
    """

    clip: str
    audio_s: float
    text: str = ""
    score: Score | None = None
    took_s: float | None = None


@dataclass(frozen=True)
class Run:
    """One process from its start to its end.

    Attributes:
        part: The measurement that it belongs to.
        system: What was run.
        case: What differs inside a part: language, minutes, or workers.
        turn: Number of the round, from 1.
        wall_s: From start to end.
        cpu_s: Processor time of all its processes.
        peak_bytes: Most memory that all its processes had together (proportional set size).
        heard: Its recordings.
        load_s: Seconds spent loading, where the system says so.
        code: Commit of this program.
    """

    part: Part
    system: str
    case: str
    turn: int
    wall_s: float
    cpu_s: float
    peak_bytes: int
    heard: tuple[Heard, ...]
    load_s: float | None = None
    code: str = ""

    @property
    def key(self) -> tuple[str, str, str, int]:
        """What one run has for itself; a later run with the same key replaces it."""
        return self.part, self.system, self.case, self.turn

    @property
    def audio_s(self) -> float:
        """Length of all its recordings."""
        return sum(each.audio_s for each in self.heard)

    @property
    def speed(self) -> float:
        """Seconds of audio per second of wall time, loading included."""
        return self.audio_s / self.wall_s


@dataclass(frozen=True)
class Results:
    """All runs on one machine, with one set of packages.

    Attributes:
        machine: Where they were made.
        builds: What whisper.cpp was built with, for each interpreter that ran this program.
        runs: In the order in which they were first made.
    """

    machine: Machine
    builds: dict[str, str] = field(default_factory=dict)
    runs: tuple[Run, ...] = ()

    def of(self, part: Part, case: str | None = None) -> list[Run]:
        """The runs of one part, or of one case of it."""
        return [run for run in self.runs if run.part == part and case in (None, run.case)]


def merge(results: Results, runs: Iterable[Run]) -> Results:
    """Results with more runs; what was measured again is replaced where it stood."""
    kept = {run.key: run for run in results.runs}
    return replace(results, runs=tuple({**kept, **{run.key: run for run in runs}}.values()))


def read(path: Path) -> Results:
    """Results as they were saved."""
    return msgspec.json.decode(path.read_bytes(), type=Results)


def save(path: Path, results: Results) -> None:
    """Replace a file of results, at once."""
    partial = path.with_suffix(".part")
    partial.write_bytes(msgspec.json.format(msgspec.json.encode(results), indent=1) + b"\n")
    os.replace(partial, path)  # noqa: PTH105 - as in transcribe/core/workspace.py


def systems_in(runs: Iterable[Run]) -> list[str]:
    """The systems that were run, in the order of their first runs."""
    return list(dict.fromkeys(run.system for run in runs))


def by(runs: Iterable[Run], system: str) -> list[Run]:
    """The runs of one system."""
    return [run for run in runs if run.system == system]


def median(values: Iterable[float]) -> float:
    """The median; NaN of nothing."""
    found = list(values)
    return statistics.median(found) if found else float("nan")


def speed_ratio(runs: Sequence[Run], system: str, reference: str) -> float:
    """How many times as fast a system is as another: median over the rounds in which both ran.

    Taken round by round, since what slows the machine down for a while slows down the whole round.
    """
    reference_speed = {run.turn: run.speed for run in by(runs, reference)}
    pairs = ((run.speed, reference_speed.get(run.turn)) for run in by(runs, system))
    return median(speed / other for speed, other in pairs if other)


def scores(runs: Iterable[Run]) -> dict[str, Score]:
    """The errors in each recording; where rounds differ, those of the middle one."""
    found: dict[str, list[Score]] = {}
    for heard in (heard for run in runs for heard in run.heard):
        if heard.score:
            found.setdefault(heard.clip, []).append(heard.score)
    return {clip: _middle(several) for clip, several in found.items()}


def total_score(runs: Iterable[Run]) -> Score:
    """The errors in all recordings together; every word of the references weighs the same."""
    return total(scores(runs).values())


def _middle(several: list[Score]) -> Score:
    return sorted(several, key=lambda score: score.errors)[(len(several) - 1) // 2]
