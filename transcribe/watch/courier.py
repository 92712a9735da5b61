"""Delivers messages from the ledger to commands and a webhook: each at least once, retried, in a thread."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import PurePath
from typing import Any

import msgspec

from transcribe.core.events import Progress, Warned
from transcribe.core.text import path_of, readable
from transcribe.watch.ledger import Ledger
from transcribe.watch.records import Delivery
from transcribe.watch.trouble import wait_s

COMMAND, WEBHOOK = "command", "webhook"

PLACEHOLDERS = {
    "path": "the recording",
    "name": "its path inside the watched folder",
    "event": "done or failed",
    "output": "the folder of its results",
    "stem": "what the names of its results are made of",
    "reason": "why it failed",
    "id": "of this message",
}
"""What may stand in a command."""

TRIES = {COMMAND: 5, WEBHOOK: 100}
"""After so many a message is given up; 100 take two days."""

Send = Callable[[Delivery, Mapping[str, str], Callable[[], bool]], str]
"""Delivers one message; what went wrong, or nothing."""


class Courier:
    """Sends what is due, one after the other.

    Args:
        ledger: Where messages come from.
        senders: How they are sent, by (channel, event).
        progress: Told of what is given up.
    """

    def __init__(self, ledger: Ledger, senders: Mapping[tuple[str, str], Send], progress: Progress) -> None:
        self._ledger = ledger
        self._senders = senders
        self._progress = progress
        self._stop = threading.Event()
        self._pool: ThreadPoolExecutor | None = None
        self._current: tuple[Delivery, Future[str]] | None = None

    def channels(self, event: str) -> list[str]:
        """On which channels this event is told."""
        return [channel for channel, told in self._senders if told == event]

    @property
    def busy(self) -> bool:
        """Whether a message is on its way."""
        return self._current is not None

    def turn(self) -> None:
        """Put down what has arrived, and send the next one."""
        if not self._senders:
            return
        if self._current is not None:
            delivery, future = self._current
            if not future.done():
                return
            self._current = None
            self._put_down(delivery, future)
        delivery_due = self._ledger.next_delivery(sorted({channel for channel, _ in self._senders}))
        if delivery_due is None:
            return
        send = self._senders.get((delivery_due.channel, delivery_due.event))
        if send is None:
            self._ledger.delivered(delivery_due, "there is nobody to tell any more")
            return
        self._pool = self._pool or ThreadPoolExecutor(1, "courier")
        self._current = (
            delivery_due,
            self._pool.submit(send, delivery_due, values_of(delivery_due), self._stop.is_set),
        )

    def close(self) -> None:
        """Stop; what is on its way is sent again next time."""
        self._stop.set()
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)

    def _put_down(self, delivery: Delivery, future: Future[str]) -> None:
        error = future.exception()
        problem = future.result() if error is None else f"{type(error).__name__}: {error}"
        last = delivery.tries + 1 >= TRIES[delivery.channel]
        wait = None if last else wait_s(delivery.tries + 1)
        self._ledger.delivered(delivery, problem, wait)
        if problem:
            told = "and is not told any more" if last else f"and is told again in {wait:g} s"
            self._progress(
                Warned(f"the {delivery.channel} for {readable(delivery.name)} did not work {told}: {problem}")
            )


def values_of(delivery: Delivery) -> dict[str, str]:
    """What stands for each placeholder: names with the bytes that they have, which JSON cannot hold."""
    said: dict[str, Any] = msgspec.json.decode(delivery.payload)
    values = {each: str(said.get(each, "")) for each in PLACEHOLDERS}
    if "uri" in said:
        results = PurePath(path_of(said["results_uri"]))
        values |= {"path": path_of(said["uri"]), "name": delivery.name}
        values |= {"output": str(results.parent), "stem": results.name}
    return values
