"""Approvals: who has read a transcript and stands by it as it was then, or rejects it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from transcribe.core.decision import Stretch

Kind = Literal["approved", "rejected"]


@dataclass(frozen=True)
class Approval:
    """Somebody's word that a transcript is right; or, rejected, that it is not to be published.

    Attributes:
        who: Who approved it.
        when: When, such as `2026-11-27T21:05:00Z`.
        reason: Why, or what was checked, in their words; may be empty.
        recognition: Digest of what had been recognised.
        corrections: Digest of the corrections; empty where there were none.
        kind: Which of the two it is.
        heard: Stretches of the recording that were heard in the review, in order.
        changes: How many corrections there were.
        policy: Name of the policy that it was reviewed by; empty: none.
        policy_sha256: Digest of the policy's file.
        decisions: Digest of the decisions; empty where there were none.
    """

    who: str
    when: str
    reason: str
    recognition: str
    corrections: str
    kind: Kind = "approved"
    heard: tuple[Stretch, ...] = ()
    changes: int = 0
    policy: str = ""
    policy_sha256: str = ""
    decisions: str = ""


@dataclass(frozen=True)
class Approvals:
    """Every approval and rejection of a transcript, the earliest first; none is ever removed."""

    records: tuple[Approval, ...] = ()

    @property
    def last(self) -> Approval | None:
        """The latest."""
        return self.records[-1] if self.records else None

    def holding(self, recognition: str, corrections: str, decisions: str) -> Approval | None:
        """The latest, if it is of the transcript as it is, by its digests; else it was changed since.

        A rejection never holds.
        """
        last = self.last
        if last is None or last.kind == "rejected":
            return None
        same = (last.recognition, last.corrections, last.decisions) == (recognition, corrections, decisions)
        return last if same else None


NOT_APPROVED = Approvals()
