"""Dask's scheduler and worker, each on one address, without the HTTP servers that they bring."""

from __future__ import annotations

import asyncio
import signal
import ssl
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from transcribe.cluster.addresses import Address, bound, reach
from transcribe.cluster.certificates import Identity
from transcribe.cluster.packages import use_dask
from transcribe.core.errors import NetworkError

AGAIN_S = 3.0
"""How long a worker waits before it looks for its scheduler again."""

Say = Callable[[str], None]


def security(identity: Identity) -> Any:
    """Both sides' certificates, for whatever part a machine plays; TLS 1.3 and nothing else."""
    use_dask()
    from distributed import Security

    mine = {"cert": identity.certificate, "key": identity.key}
    parts = {f"tls_{part}_{what}": path for part in _PARTS for what, path in mine.items()}
    return Security(  # type: ignore[no-untyped-call]
        require_encryption=True, tls_ca_file=identity.ca, tls_min_version=ssl.TLSVersion.TLSv1_3, **parts
    )


_PARTS = ("scheduler", "worker", "client")


def _quiet(kind: type[Any]) -> type[Any]:
    """The class of a node that listens on its one port alone."""

    class Quiet(kind):  # type: ignore[misc] # made of what is imported late
        def start_http_server(self, *_: object, **__: object) -> None:
            """Start none."""

    return Quiet


def _placing() -> type[Any]:
    """Dask's scheduler, which also places what waited for a resource that a worker is given later.

    Dask only looks for such jobs when a worker comes (`Scheduler.add_worker`, not `add_resources`, 2026.8).
    """
    from distributed import Scheduler

    class Placing(_quiet(Scheduler)):  # type: ignore[misc] # as above
        def add_resources(self, worker: str, resources: dict[str, float] | None = None) -> str:
            """Note what a worker has, and give it what waited for that."""
            said: str = super().add_resources(worker, resources)
            due = self.bulk_schedule_unrunnable_after_adding_worker(self.workers[worker])
            self.transitions(due, f"add-resources-{time.time()}")
            return said

    return Placing


def serve_scheduler(identity: Identity, listen: Address, say: Say) -> int:
    """Place jobs until told to stop; the number of the signal that did.

    Raises:
        UsageError: The address cannot be listened on.
    """
    bound(listen).close()
    return asyncio.run(_scheduler(identity, listen, say))


async def _scheduler(identity: Identity, listen: Address, say: Say) -> int:
    stopped = _stop_signals()
    secure = security(identity)
    scheduler = _placing()(
        host=f"tls://{listen.bracketed}", port=listen.port, protocol="tls", security=secure, dashboard=False
    )
    async with scheduler:
        say(f"scheduler: listens at {scheduler.address}, for machines with certificates of {identity.ca}")
        return await stopped


async def serve_worker(
    identity: Identity,
    scheduler: Address,
    listen: Address,
    resources: dict[str, float],
    folder: Path,
    lost: Callable[[], None],
    say: Say,
) -> int:
    """Take jobs until told to stop, from whatever scheduler is there; the number of the signal that did.

    Args:
        resources: What the machine has.
        folder: For Dask.
        lost: Called when the scheduler is gone.
    """
    stopped = _stop_signals()
    secure = security(identity)
    from distributed import Worker

    told = ""
    while not stopped.done():
        worker = _quiet(Worker)(
            str(scheduler),
            name=identity.name,
            nthreads=1,
            host=f"tls://{listen.bracketed}",
            port=listen.port,
            security=secure,
            resources=resources,
            local_directory=str(folder),
            memory_limit=0,
            death_timeout=15,
        )
        try:
            await asyncio.to_thread(reach, scheduler, identity)  # which says what is wrong
            await asyncio.wait_for(worker.start(), 20)
            told = ""
            say(f"worker {identity.name}: takes jobs from {scheduler}, listens at {worker.address}")
            finished = asyncio.ensure_future(worker.finished())
            await asyncio.wait({stopped, finished}, return_when=asyncio.FIRST_COMPLETED)
            why = "the scheduler is gone"
        except NetworkError as error:
            why = error.what
        except (OSError, TimeoutError, ValueError, RuntimeError) as error:
            why = _why(error)
        lost()
        await worker.close(timeout=2, nanny=False, reason="stopping")
        if not stopped.done() and why != told:
            told = why
            say(f"worker {identity.name}: {why}; it is tried again every {AGAIN_S:g} s")
        await asyncio.wait({stopped}, timeout=AGAIN_S)
    return stopped.result()


def _why(error: Exception) -> str:
    cause: BaseException | None = error
    while cause is not None:
        if "name" in str(cause) and "taken" in str(cause):
            return "another worker has the same name"
        cause = cause.__cause__ or cause.__context__
    return f"no scheduler answers ({type(error).__name__})"


def _stop_signals() -> asyncio.Future[int]:
    """Done when a signal asks to stop."""
    loop = asyncio.get_running_loop()
    stopped: asyncio.Future[int] = loop.create_future()

    def stop(number: int) -> None:
        if not stopped.done():
            stopped.set_result(number)

    for number in (signal.SIGINT, signal.SIGTERM):
        if signal.getsignal(number) is not signal.SIG_IGN:
            loop.add_signal_handler(number, stop, number)
    return stopped
