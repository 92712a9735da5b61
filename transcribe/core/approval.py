"""Approvals: who has read a transcript and stands by it as it was then."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Approval:
    """Somebody's word that a transcript is right.

    Attributes:
        who: Who approved it.
        when: When, such as `2026-11-27T21:05:00Z`.
        reason: Why, or what was checked, in their words; may be empty.
        recognition: Digest of what had been recognised.
        corrections: Digest of the corrections; empty where there were none.
    """

    who: str
    when: str
    reason: str
    recognition: str
    corrections: str


@dataclass(frozen=True)
class Approvals:
    """Every approval of a transcript, the earliest first; none is ever removed."""

    records: tuple[Approval, ...] = ()

    @property
    def last(self) -> Approval | None:
        """The latest."""
        return self.records[-1] if self.records else None

    def holds(self, recognition: str, corrections: str) -> bool:
        """Whether the latest is of the transcript as it is, by its digests; else it was changed since."""
        return self.last is not None and (self.last.recognition, self.last.corrections) == (
            recognition,
            corrections,
        )


NOT_APPROVED = Approvals()
