"""What a watcher costs that has nothing to do, and how soon it starts when something comes."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

import psutil

from benchmarks.watching.desk import Desk, Voices, kill, wait_until_listening, write_wav
from transcribe.jobs.queue import QueuedJob, State
from transcribe.watch.facts import scan

SETTLE_S = 10.0


@dataclass(frozen=True)
class Idle:
    """What was measured.

    Attributes:
        files: In the watched folder.
        seconds: How long it was watched.
        cpu_percent: Of one core, all processes together.
        pss_mb: Proportional set size of all processes together, at the end.
        processes: How many those are.
        starts: For each file that was put there: seconds from its being complete to its start, and to
            its content being read by the process that transcribes.
    """

    files: int
    seconds: float
    cpu_percent: float
    pss_mb: float
    processes: int
    starts: list[tuple[float, float]]


def idle(folder: Path, model: str, files: int, seconds: float, starts: int) -> Idle:
    """Watch a folder in which everything is done."""
    desk = Desk(
        folder, ["--model", model, "--settle", str(SETTLE_S), "--keep-loaded", "10", "--min-free", "100"]
    )
    for number in range(files):
        place = desk.inbox / f"{number // 500:03}"
        place.mkdir(exist_ok=True)
        (place / f"take {number:05}.wav").write_bytes(b"RIFF")
    queue = desk.queue()
    with queue.transaction():
        for seen in scan(str(desk.inbox)):
            queue.write(QueuedJob(seen.name, State.DONE, facts=seen.facts, sha256="0", place=seen.name))
    queue.close()
    watcher = desk.start()
    wait_until_listening(desk)
    time.sleep(30)  # until the process that transcribes has been let go
    family = [psutil.Process(watcher.pid), *psutil.Process(watcher.pid).children(recursive=True)]
    before, began = cpu(family), time.monotonic()
    time.sleep(seconds)
    passed = time.monotonic() - began
    percent = 100 * (cpu(family) - before) / passed
    memory = sum(process.memory_full_info().pss for process in family) / 1e6
    voices = Voices()
    found = []
    for number in range(starts):
        found.append(time_to_start(desk, voices.cut(number, 2), f"late {number}.wav"))
        time.sleep(15)  # until the model is let go again
    desk.stop(watcher) if watcher.poll() is None else kill(watcher)
    return Idle(files, passed, percent, memory, len(family), found)


def cpu(family: list[psutil.Process]) -> float:
    """Processor seconds so far."""
    return sum(sum(process.cpu_times()[:2]) for process in family)


def time_to_start(desk: Desk, sound: bytes, name: str) -> tuple[float, float]:
    """Put a file there; seconds until its start, and until its content was read."""
    write_wav(desk.inbox / name, sound)
    complete = time.time()
    while True:
        queue = desk.queue()
        moments = queue.history(name)
        queue.close()
        if any(moment.state == "done" for moment in moments):
            at = [moment.at for moment in moments if moment.state == "working"]
            return at[0] - complete, at[1] - complete
        time.sleep(0.2)
