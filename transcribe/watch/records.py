"""What the ledger knows: files with their states, and messages that are to be delivered."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from transcribe.watch.facts import Facts


class State(StrEnum):
    """Where a file is on its way."""

    WAITING = "waiting"  # not complete yet, as far as can be told
    READY = "ready"  # complete; its turn will come
    WORKING = "working"
    RETRYING = "retrying"  # something that passes was in the way
    DONE = "done"
    DUPLICATE = "duplicate"  # another file has the same content, and was done with the same settings
    FAILED = "failed"
    REFUSED = "refused"  # a link or a special file
    GONE = "gone"  # it vanished before it was done


PENDING = (State.WAITING, State.READY, State.WORKING, State.RETRYING)
"""States in which something is still to happen."""


@dataclass(frozen=True)
class Output:
    """A file that was published for a recording.

    Attributes:
        path: Its absolute path.
        sha256: Hex digest of what was written.
    """

    path: str
    sha256: str


@dataclass(frozen=True)
class Record:
    """One file of the watched folder.

    Attributes:
        name: Its path, relative to the folder.
        state: Where it is.
        since: When it came there, in seconds since 1970.
        facts: Its facts when it was last judged complete; None before that.
        sha256: Digest of what was transcribed; empty before that, and where it is to be done again.
        settings: Fingerprint of the settings it was transcribed with.
        version: How often it was done, with other content each time.
        attempts: Tries that failed, since it last changed.
        not_before: When it may be tried again, in seconds since 1970.
        reason: Why it is where it is, for people.
        hint: What to do about it.
        place: What its outputs' names are made of, relative to the folder of outputs; empty before its turn.
        outputs: The files that were published for it.
        begun: Digests of all contents of which files may have been published for it.
        twin: The file that has the same content.
        moved_to: Where it was moved after it was done, or is to be.
    """

    name: str
    state: State
    since: float = 0.0
    facts: Facts | None = None
    sha256: str = ""
    settings: str = ""
    version: int = 0
    attempts: int = 0
    not_before: float = 0.0
    reason: str = ""
    hint: str = ""
    place: str = ""
    outputs: tuple[Output, ...] = ()
    begun: tuple[str, ...] = ()
    twin: str = ""
    moved_to: str = ""


@dataclass(frozen=True)
class Moment:
    """One line of a file's history.

    Attributes:
        name: The file.
        at: When, in seconds since 1970.
        state: The state it came into.
        detail: What happened.
    """

    name: str
    at: float
    state: str
    detail: str


@dataclass(frozen=True)
class Delivery:
    """A message about a file that is to reach a command or a webhook, at least once.

    Attributes:
        id: The same for every try, so that the receiver can tell a message it has.
        channel: `command` or `webhook`.
        event: `done` or `failed`.
        name: The file.
        payload: JSON.
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
