"""How many workers a recogniser gets on this machine, with how many threads each."""

from __future__ import annotations

import os

from transcribe.core.settings import ComputeSettings
from transcribe.jobs.assemble.memory import available_bytes
from transcribe.models.installed import InstalledModel

WORKER_BYTES = 300_000_000
"""What a worker needs beside the shared weights: caches and compute buffers (measured: base 180 MB)."""


def cores() -> int:
    """Cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def layout(compute: ComputeSettings, model: InstalledModel, *, shared: bool) -> tuple[int, int]:
    """How many workers with how many threads each: one thread each is the most efficient use of cores.

    Fewer workers where memory is short.

    Args:
        compute: What was asked for.
        model: The weights; the first worker needs `model.memory_bytes`.
        shared: Whether the workers share the weights.
    """
    workers = compute.workers
    if not workers:
        spare = available_bytes() - model.memory_bytes
        further = WORKER_BYTES if shared else model.memory_bytes
        fitting = 1 + max(0, spare // further)
        workers = min(cores(), fitting)
    return workers, threads_of(compute, workers)


def threads_of(compute: ComputeSettings, workers: int) -> int:
    """How many threads each of several workers has."""
    return compute.threads or max(1, cores() // workers)
