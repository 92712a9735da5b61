"""The scheduler and its workers, as a submitter sees them: which fit, what is placed, and placed again."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import Any

import msgspec

from transcribe.cluster import worker as workers
from transcribe.cluster.addresses import Address, reach
from transcribe.cluster.certificates import Identity
from transcribe.cluster.nodes import security
from transcribe.cluster.orders import TOPIC, Answer, Order, Said, Wanted
from transcribe.core.decoding import convert
from transcribe.core.errors import EngineError, NetworkError, UsageError
from transcribe.core.settings import Settings

LOOK_S = 2.0
"""How often it is looked which workers there are."""

FIRST_S = 60.0
"""How long the first workers may take to say whether they fit."""

EMPTY_S = 30.0
"""How long a scheduler without workers is waited for: it, or they, may have just been started."""

NONE_S = 30.0
"""After so long without a worker that fits, people are told."""

RETRIES = 2
"""How often the scheduler places a job again that fails on a machine without an answer."""


class Placed:
    """A job that was given to the scheduler, until it has an answer; whatever scheduler that is by then."""

    def __init__(self, order: Order) -> None:
        self.order = order
        self.future: Any = None
        self._news: deque[Said] = deque()

    @property
    def done(self) -> bool:
        """Whether there is an answer, or an error instead of one."""
        return self.future is not None and self.future.status in ("finished", "error")

    @property
    def lost(self) -> bool:
        """Whether the scheduler that had it has forgotten it."""
        return self.future is None or self.future.status in ("cancelled", "lost")

    def hear(self, said: Said) -> None:
        """A worker says how far it is; from whatever thread."""
        self._news.append(said)

    def news(self) -> Iterator[Said]:
        """What workers have said since."""
        while self._news:
            yield self._news.popleft()

    def answer(self) -> Answer:
        """What the worker answered.

        Raises:
            NetworkError: The answer is gone with its worker, or the recording did not come.
            EngineError: Workers died while they had it.
        """
        from distributed.scheduler import KilledWorker

        try:
            found: Answer = self.future.result(timeout=30)
        except KilledWorker as error:
            raise EngineError(
                "several workers died while they had it", "Memory may be short there; see their messages"
            ) from error
        except Exception as error:
            raise NetworkError(f"no answer came: {error}"[:300]) from error
        return found


class Members:
    """The scheduler, and the workers that fit.

    Args:
        wanted: What a worker needs.
        settings: Those that workers get.
        say: Shows a line.

    Attributes:
        count: How many workers fit.
    """

    def __init__(
        self,
        scheduler: Address,
        identity: Identity,
        wanted: Wanted,
        settings: Settings,
        say: Callable[[str], None],
        pool: ThreadPoolExecutor,
    ) -> None:
        self.count = 0
        self._scheduler = scheduler
        self._identity = identity
        self._wanted = wanted
        self._settings = settings
        self._say = say
        self._pool = pool
        self._client: Any = None
        self._comm: Any = None
        self._jobs: dict[str, Placed] = {}
        self._asked: dict[str, Future[str]] = {}
        self._refused: dict[str, str] = {}
        self._looked = 0.0
        self._last_seen = time.monotonic()
        self._gone = self._told_none = False

    def open(self) -> None:
        """Connect, and wait until the workers that are there have said whether they fit.

        Raises:
            NetworkError: The scheduler cannot be reached, or has no worker.
            UsageError: None fits; the message says why.
        """
        reach(self._scheduler, self._identity)
        self._connect()
        began = time.monotonic()
        until = began + FIRST_S
        while True:
            found = self._survey()
            if self.count and not self._asked:
                return
            if not found and time.monotonic() > began + EMPTY_S:
                raise NetworkError(
                    f"{self._scheduler} has no workers", "Start transcribe cluster worker on other machines"
                )
            if (found and not self._asked) or time.monotonic() > until:
                if self.count:
                    return
                reasons = "; ".join(self._refused.values()) or "they do not answer"
                raise UsageError(f"no worker of {self._scheduler} fits: {reasons}", "")
            time.sleep(0.2)

    def close(self) -> None:
        """Leave; what is under way is given up."""
        client, self._client = self._client, None
        if client is not None:
            with suppress(Exception):
                client.close(timeout=5)

    @contextmanager
    def placed(self, order: Order) -> Iterator[Placed]:
        """Give a job to the scheduler; at the end of the block it is forgotten there."""
        job = self._jobs[order.key] = Placed(order)
        self._place(job)
        try:
            yield job
        finally:
            del self._jobs[order.key]
            if job.future is not None and self._client is not None:
                with suppress(Exception):
                    job.future.cancel() if not job.done else job.future.release()

    def look(self) -> None:
        """See now and then whether the scheduler is there, which workers fit, what is to be placed again."""
        if time.monotonic() - self._looked < LOOK_S:
            return
        try:
            if self._client is None:
                reach(self._scheduler, self._identity)
                self._connect()
            if self._client.status != "running" or self._client.scheduler_comm is not self._comm:
                raise OSError(self._client.status)  # Dask connects again by itself, and hears no events then
            self._survey()
        except (OSError, NetworkError, ValueError, RuntimeError):
            self._leave()
        else:
            if self._gone:
                self._gone = False
                self._say(f"the scheduler is there again; placed again: {len(self._jobs)}")
            self._tell_none()
            for job in self._jobs.values():
                if job.lost:
                    self._place(job)
        self._looked = time.monotonic()

    def _connect(self) -> None:
        secure = security(self._identity)
        from distributed import Client

        try:
            self._client = Client(  # type: ignore[no-untyped-call]
                str(self._scheduler), security=secure, timeout=10, set_as_default=False, name="submitter"
            )
        except OSError as error:
            raise NetworkError(f"{self._scheduler} does not answer", "See its messages") from error
        self._comm = self._client.scheduler_comm
        self._asked.clear()
        self._refused.clear()
        self._client.subscribe_topic(TOPIC, self._heard)

    def _leave(self) -> None:
        """The scheduler is gone: what it had is placed again with the next one."""
        if not self._gone:
            self._gone = True
            self._say(f"the scheduler at {self._scheduler} is gone; waiting for it")
        self.close()
        for job in self._jobs.values():
            job.future = None if not job.done else job.future

    def _tell_none(self) -> None:
        if self.count or self._asked:
            self._last_seen, self._told_none = time.monotonic(), False
        elif not self._told_none and time.monotonic() - self._last_seen > NONE_S:
            self._told_none = True
            self._say("no worker takes recordings any more; waiting for one")

    def _place(self, job: Placed) -> None:
        if self._client is None:
            return
        with suppress(Exception):  # the next look finds that the scheduler is gone
            job.future = self._client.submit(
                workers.work,
                job.order,
                key=job.order.key,
                resources={self._wanted.resource: 1},
                retries=RETRIES,
                pure=False,
            )

    def _heard(self, event: tuple[float, dict[str, Any]]) -> None:
        """What a worker tells of a job, perhaps another submitter's; called in Dask's thread."""
        with suppress(msgspec.MsgspecError):
            said = convert(event[1], Said)  # Dask adds a field
            if job := self._jobs.get(said.key):
                job.hear(said)

    def _survey(self) -> int:
        """See which workers there are, and ask those that are new whether they fit; how many there are."""
        found: dict[str, Any] = self._client.scheduler_info(n_workers=-1)["workers"]
        self.count = 0
        for address, each in found.items():
            fitting = each["resources"].get(self._wanted.resource)
            self.count += fitting == 1
            if fitting is None and address not in self._asked and address not in self._refused:
                self._meet(address, each)
        for address, asked in list(self._asked.items()):
            if asked.done():
                del self._asked[address]
                self._hear_reason(address, found.get(address), asked)
        self._refused = {address: why for address, why in self._refused.items() if address in found}
        return len(found)

    def _meet(self, address: str, each: dict[str, Any]) -> None:
        theirs = next(
            (name for name in each["resources"] if name.startswith("transcribe ")), "something else"
        )
        if theirs != self._wanted.program:
            self._refuse(address, each, f"has {theirs}, and this is {self._wanted.program}: update it")
            return
        self._asked[address] = self._pool.submit(self._ask, self._client, address)

    def _ask(self, client: Any, address: str) -> str:
        found = client.run(workers.fits, self._wanted, self._settings, workers=[address])
        return str(found[address])

    def _hear_reason(self, address: str, each: dict[str, Any] | None, asked: Future[str]) -> None:
        if each is None:
            return
        try:
            reason = asked.result()
        except Exception as error:  # noqa: BLE001 - whatever went wrong there is its business
            reason = f"does not say whether it fits ({type(error).__name__})"
        if reason:
            self._refuse(address, each, reason)
        else:
            self.count += 1

    def _refuse(self, address: str, each: dict[str, Any], reason: str) -> None:
        told = f"worker {each['name']} gets no recordings: {reason}"
        self._refused[address] = f"worker {each['name']}: {reason}"
        self._say(told)
