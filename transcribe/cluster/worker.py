"""A worker: what its machine has is announced, and its station works on what the scheduler places here."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from typing import Any

from transcribe.cluster.addresses import Address, bound
from transcribe.cluster.blobs import BlobServer
from transcribe.cluster.certificates import Identity
from transcribe.cluster.nodes import Say, serve_worker
from transcribe.cluster.orders import TOPIC, Answer, Order, Said, Wanted
from transcribe.cluster.station import Station, in_work_folder
from transcribe.core.disk import disk_errors
from transcribe.core.errors import DependencyError, UsageError
from transcribe.core.files import private_folder, sweep, temporary_folder
from transcribe.core.places import cache
from transcribe.core.settings import ComputeSettings, Settings
from transcribe.jobs.assemble.engines import program
from transcribe.jobs.assemble.memory import available_bytes, size
from transcribe.jobs.assemble.recognisers import RECOGNISERS, place_for
from transcribe.jobs.trouble import Passing
from transcribe.models.store import Store

LAST_PORT = 65_535

WITHDRAWS = (Passing.DISK, Passing.MACHINE)
"""Troubles that every other recording would have on this machine, too."""


@dataclass
class _Here:
    """The station of this process."""

    station: Station | None = None


_here = _Here()


def run_worker(
    identity: Identity,
    scheduler: Address,
    listen: Address,
    compute: ComputeSettings,
    memory: int,
    say: Say,
) -> int:
    """Work until told to stop; the number of the signal that did.

    Args:
        listen: Of this machine; recordings and results go over the port after it, or any where it is 0.
        memory: Bytes that a model may take; 0: what is free.

    Raises:
        UsageError: The address cannot be listened on.
        OutputError: The folder for what comes and goes cannot be made.
    """
    if listen.port == LAST_PORT:
        raise UsageError(
            f"there is no port after {LAST_PORT}", "Name another one: PORT and the next are used"
        )
    memory = memory or available_bytes()
    root = cache() / "cluster"
    with disk_errors(root, "making"):
        private_folder(root)
        sweep(root, folders=True)  # what a worker that was killed has left
    bound(listen).close()
    listening = bound(replace(listen, port=listen.port + 1 if listen.port else 0))
    with disk_errors(root, "writing into"), temporary_folder(root) as folder:
        in_work_folder(folder / "work")
        station = _here.station = Station(identity.name, folder, compute, memory)
        server = BlobServer(station.blobs, identity, listening)
        station.host, station.port = listen.bracketed, server.port
        resources = announced(memory)
        for line in described(identity.name, resources):
            say(line)
        try:
            return asyncio.run(
                serve_worker(identity, scheduler, listen, resources, folder, station.abandon, say)
            )
        finally:
            station.close()
            server.stop()


def announced(memory: int) -> dict[str, float]:
    """What this machine has, by name: the program and its version, memory in bytes, cards."""
    cards: dict[str, float] = {}
    for engine in RECOGNISERS:
        with suppress(DependencyError, UsageError):
            place = place_for(Settings(), engine)
            if place.cards:
                name = "metal" if place.device == "metal" else "gpu"
                cards[name] = max(cards.get(name, 0), len(place.cards))
    return {program(): 1, "memory": memory, **cards}


def described(name: str, resources: dict[str, float]) -> list[str]:
    """The same for people, with the models that are installed."""
    cards = ", ".join(f"{count:g} {each}" for each, count in resources.items() if each in ("gpu", "metal"))
    models = ", ".join(f"{each.name} {each.sha256[:12]}" for each in Store().installed())
    return [
        f"worker {name}: {program()}, {size(int(resources['memory']))} of memory, "
        f"{cards or 'no graphics card'}",
        f"worker {name}: models {models or 'none'}",
    ]


async def fits(wanted: Wanted, settings: Settings, dask_worker: Any = None) -> str:
    """Why this machine gets no jobs that need this; empty: from now on it does. Called by Dask."""
    station = _station()
    reason = await asyncio.to_thread(station.check, wanted, settings)
    await dask_worker.set_resources(**{wanted.resource: 0 if reason else 1})
    return reason


def work(order: Order) -> Answer:
    """Work on a job. Called by Dask, in a thread that waits for the process which does the work."""
    from distributed import get_worker

    worker, station = get_worker(), _station()

    def tell(said: Said) -> None:
        worker.log_event(TOPIC, asdict(said))

    def wanted() -> bool:
        task = worker.state.tasks.get(order.key)
        return task is not None and task.state == "executing"

    answer = station.work(order, tell, wanted)
    if answer.trouble and answer.trouble.passing in WITHDRAWS:
        worker.loop.add_callback(worker.set_resources, **{order.wanted.resource: 0})
    return answer


def _station() -> Station:
    if _here.station is None:
        raise RuntimeError("no station")
    return _here.station
