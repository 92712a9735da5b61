"""Tells commands and a webhook what became of jobs: each message is durable and delivered at least once."""

from __future__ import annotations

import os
import threading
import uuid
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

import msgspec

from transcribe.core.events import Progress, Warned
from transcribe.core.text import path_of, readable, shown
from transcribe.jobs.queue import DUE, Moment, Queue
from transcribe.jobs.trouble import wait_s

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


@dataclass(frozen=True)
class Delivery:
    """A message about a job that is to reach a command or a webhook, at least once.

    Attributes:
        id: The same for every try, so that the receiver can tell a message it has.
        channel: `command` or `webhook`.
        event: `done` or `failed`.
        tries: How often it was tried.
        not_before: When it may be tried again, in seconds since 1970.
    """

    id: str
    channel: str
    event: str
    name: str
    payload: str
    tries: int = 0
    not_before: float = 0.0


Send = Callable[[Delivery, Mapping[str, str], Callable[[], bool]], str]
"""Delivers one message; what went wrong, or nothing."""


class Outbox:
    """The messages in the queue's file."""

    def __init__(self, queue: Queue) -> None:
        self._queue = queue

    def add(self, event: str, name: str, channels: Sequence[str], payload: Mapping[str, Any]) -> None:
        """Put down messages that are to be delivered; belongs into the transaction of what they tell."""
        with self._queue.transaction():
            for channel in channels:
                number = str(uuid.uuid4())
                text = msgspec.json.encode(shown({"id": number, "event": event, **payload})).decode()
                self._queue.file.write(
                    "insert into deliveries values (?, ?, ?, ?, ?, 0, 0, 'pending', '', ?)",
                    number,
                    channel,
                    event,
                    os.fsencode(name),
                    text,
                    self._queue.now(),
                )

    def next(self, channels: Sequence[str]) -> Delivery | None:
        """A message that is due, on one of these channels."""
        marks = ", ".join("?" * len(channels))
        rows = self._queue.file.query(
            "select id, channel, event, name, payload, tries, not_before from deliveries "  # noqa: S608
            f"where state = 'pending' and channel in ({marks}) and {DUE} order by not_before, at limit 1",
            *channels,
            *self._queue.due(),
        )
        if not rows:
            return None
        number, channel, event, name, payload, tries, not_before = rows[0]
        return Delivery(number, channel, event, os.fsdecode(name), payload, tries, not_before)

    def tried(self, delivery: Delivery, problem: str = "", wait: float | None = None) -> None:
        """Put down how a delivery went.

        Args:
            problem: What went wrong; empty where nothing did.
            wait: Seconds until it is tried again; None: it is given up.
        """
        state = "delivered" if not problem else "pending" if wait is not None else "given up"
        now = self._queue.now()
        told = f"{delivery.channel} for {delivery.event!r}: {readable(problem) or 'delivered'}"
        with self._queue.transaction():
            self._queue.file.write(
                "update deliveries set state = ?, tries = tries + 1, not_before = ?, detail = ? where id = ?",
                state,
                now + (wait or 0),
                readable(problem),
                delivery.id,
            )
            self._queue.add_moment(Moment(delivery.name, now, f"message {state}", told))


class Courier:
    """Sends what is due, one after the other.

    Args:
        senders: How they are sent, by (channel, event).
    """

    def __init__(self, outbox: Outbox, senders: Mapping[tuple[str, str], Send], progress: Progress) -> None:
        self._outbox = outbox
        self._senders = senders
        self._progress = progress
        self._stop = threading.Event()
        self._pool: ThreadPoolExecutor | None = None
        self._current: tuple[Delivery, Future[str]] | None = None

    def announce(self, event: str, name: str, payload: Mapping[str, Any]) -> None:
        """Put down what is to be told of a job; belongs into the transaction of what it tells."""
        self._outbox.add(event, name, [channel for channel, told in self._senders if told == event], payload)

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
        delivery_due = self._outbox.next(sorted({channel for channel, _ in self._senders}))
        if delivery_due is None:
            return
        send = self._senders.get((delivery_due.channel, delivery_due.event))
        if send is None:
            self._outbox.tried(delivery_due, "there is nobody to tell any more")
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
        self._outbox.tried(delivery, problem, wait)
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
