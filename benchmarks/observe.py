"""Run a program and watch it from outside: time, processor time, memory of its processes, messages."""

from __future__ import annotations

import resource
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import IO

import psutil

SAMPLING_S = 0.2


@dataclass(frozen=True)
class Message:
    """A line the program wrote to standard error, `at_s` seconds after its start."""

    at_s: float
    text: str


@dataclass(frozen=True)
class Observed:
    """What one run cost.

    Attributes:
        wall_s: From start to end, in seconds.
        cpu_s: Processor time of the program and every process it waited for.
        peak_bytes: Largest proportional set size of all its processes together, sampled.
        messages: What it wrote to standard error.
    """

    wall_s: float
    cpu_s: float
    peak_bytes: int
    messages: tuple[Message, ...]


def observe(command: Sequence[str], environment: Mapping[str, str]) -> Observed:
    """Run a command to its end.

    Raises:
        subprocess.CalledProcessError: It failed.
    """
    cpu_before = _children_cpu_s()
    started = time.monotonic()
    process = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=dict(environment)
    )
    messages: list[Message] = []
    assert process.stderr is not None
    reader = threading.Thread(target=_read, args=(process.stderr, started, messages))
    reader.start()
    peak = _watch(process)
    wall = time.monotonic() - started
    reader.join()
    if process.returncode:
        said = "\n".join(message.text for message in messages)
        raise subprocess.CalledProcessError(process.returncode, list(command), stderr=said)
    return Observed(wall, _children_cpu_s() - cpu_before, peak, tuple(messages))


def _read(stream: IO[str], started: float, messages: list[Message]) -> None:
    for line in stream:
        messages.append(Message(time.monotonic() - started, line.rstrip("\n")))  # noqa: PERF401 - as they come


def _watch(process: subprocess.Popen[str]) -> int:
    """Sample the memory until the process ends; the peak in bytes."""
    peak = 0
    watched = psutil.Process(process.pid)
    while True:
        peak = max(peak, _tree_bytes(watched))
        try:
            process.wait(SAMPLING_S)
        except subprocess.TimeoutExpired:
            continue
        return peak


def _tree_bytes(root: psutil.Process) -> int:
    """Memory of a process and its descendants; pages they share count once."""
    total = 0
    try:
        for process in [root, *root.children(recursive=True)]:
            memory = process.memory_full_info()
            total += getattr(memory, "pss", memory.uss)  # only Linux knows shares of shared pages
    except psutil.Error:  # one of them ended meanwhile; the next sample is whole again
        return 0
    return total


def _children_cpu_s() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime
