"""In which order the systems are run: in turn, so that a busy moment of the machine hits all alike."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import TypeVar

from benchmarks.clips import Clip
from benchmarks.measured import Part
from benchmarks.overhead import make_recording
from benchmarks.systems import Ours, System

WORKERS = (1, 2)
WORKERS_MINUTES = 10

T = TypeVar("T")


@dataclass(frozen=True)
class Task:
    """One process to run: which round of which case, with which clips, all in one language."""

    part: Part
    system: System
    case: str
    turn: int
    clips: tuple[Clip, ...]


def turns(systems: Sequence[T], rounds: int) -> Iterator[tuple[int, T]]:
    """Round after round, every system once; each begins with the next system: none is always first."""
    for turn in range(rounds):
        for place in range(len(systems)):
            yield turn + 1, systems[(turn + place) % len(systems)]


def clip_tasks(part: Part, systems: Sequence[System], clips: Sequence[Clip], rounds: int) -> Iterator[Task]:
    """Every system on all clips, one process for each language."""
    languages = [(code, tuple(group)) for code, group in groupby(clips, lambda clip: clip.language)]
    for turn, system in turns(systems, rounds):
        for code, group in languages:
            yield Task(part, system, code, turn, group)


def growth_tasks(
    systems: Sequence[System], minutes: Sequence[int], rounds: int, folder: Path
) -> Iterator[Task]:
    """The sample played for some minutes, through each system that can stand it."""
    for length in minutes:
        growing = [system for system in systems if system.grows_to >= length]
        for turn, system in turns(growing, rounds):
            yield Task("growth", system, str(length), turn, (looped(folder, length),))


def worker_tasks(systems: Sequence[System], rounds: int, folder: Path) -> Iterator[Task]:
    """This program with one worker and with two, where the engine has workers that share memory."""
    ours = [each for each in systems if isinstance(each, Ours) and each.grows_to and not each.package]
    for turn, system in turns(ours, rounds):
        for count in WORKERS:
            clip = looped(folder, WORKERS_MINUTES)
            yield Task("workers", system.with_workers(count), str(count), turn, (clip,))


def looped(folder: Path, minutes: int) -> Clip:
    """The sample played again and again; made when it is first needed."""
    path = folder / f"{minutes}-minutes.mp3"
    if not path.exists():
        make_recording(path, minutes)
    return Clip(path.stem, path, 60 * minutes, "en", "")
