"""Decisions: what reviewers say of the places that they were shown, and what they heard meanwhile."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from transcribe.core.digest import fingerprint

Choice = Literal["accept", "correct", "reject"]

Stretch = tuple[int, int]
"""A part of a recording: where it begins and where it ends, in ms."""


@dataclass(frozen=True)
class Decision:
    """What a reviewer decided about one item.

    Attributes:
        item: Id of the item.
        about: What sort of item it was, for people: no word of the transcript stands in it.
        spans: Where it lies in the recording; none where it is about all of it.
        content: Digest of the words that it was decided about; of `correct`, those that were left there.
        who: Who decided.
        when: When, such as `2026-11-27T21:05:00Z`.
        reason: Why, in their words; may be empty.
        heard: What was played to the reviewer while deciding, in order.
        recording: Digest of the recording.
        policy: Name of the policy that the items were made by; empty: none.
        policy_sha256: Digest of the policy's file.
        seen: How many decisions of the file its maker knew.
    """

    item: str
    about: str
    spans: tuple[Stretch, ...]
    content: str
    choice: Choice
    who: str
    when: str
    reason: str
    heard: tuple[Stretch, ...]
    recording: str
    policy: str = ""
    policy_sha256: str = ""
    seen: int = 0


@dataclass(frozen=True)
class Decisions:
    """Every decision about a transcript, the earliest first; none is ever removed."""

    records: tuple[Decision, ...] = ()

    @cached_property
    def digest(self) -> str:
        """Tells them from others; empty where there are none."""
        return fingerprint(self.records)[:32] if self.records else ""


NO_DECISIONS = Decisions()


def merged(stretches: Iterable[Stretch]) -> tuple[Stretch, ...]:
    """The same parts of a recording, in order, none of which touches another; empty ones are left out."""
    made: list[Stretch] = []
    for start, end in sorted(stretches):
        if made and start <= made[-1][1]:
            made[-1] = (made[-1][0], max(end, made[-1][1]))
        elif start < end:
            made.append((start, end))
    return tuple(made)


def common_ms(ones: Iterable[Stretch], others: Iterable[Stretch]) -> int:
    """How much of a recording both have, in ms."""
    whole = merged(others)
    return sum(
        max(0, min(end, last) - max(start, first)) for start, end in merged(ones) for first, last in whole
    )


def covers(heard: Iterable[Stretch], spans: Iterable[Stretch]) -> bool:
    """Whether all of some parts of a recording were heard."""
    whole = merged(heard)
    return all(any(first <= start and end <= last for first, last in whole) for start, end in merged(spans))
