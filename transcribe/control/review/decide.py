"""Decide about items, and approve or reject a transcript as a whole."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from transcribe.control.review.items import Item
from transcribe.control.review.state import Review
from transcribe.core.approval import Approval
from transcribe.core.approval import Kind as ApprovalKind
from transcribe.core.decision import Choice, Decision, Decisions, Stretch, merged
from transcribe.core.errors import OutputError, PersonNeeded, UsageError
from transcribe.core.text import plain_name
from transcribe.core.timecode import now
from transcribe.formats.corrections import LONGEST_NAME
from transcribe.formats.decisions import LONGEST_REASON
from transcribe.jobs.approvals import add_approval
from transcribe.jobs.corrections import read_sidecar
from transcribe.jobs.decisions import add_decision, decisions_of
from transcribe.jobs.signing import Signer


@dataclass(frozen=True)
class Decided:
    """A decision that was put down.

    Attributes:
        decisions: All of the transcript, this one last.
        meanwhile: What others have decided about the same item since the reviewer looked; it is kept, and
            where it is the contrary, the item stays open.
    """

    decision: Decision
    decisions: Decisions
    meanwhile: tuple[Decision, ...]


def needs_reason(review: Review, item: Item, choice: Choice) -> bool:
    """Whether a decision has to say why: it rejects, lets pass what blocks, or overrules a rejection."""
    standing = review.standing(item.id)
    overruled = (
        standing is not None and standing.decision is not None and standing.decision.choice == "reject"
    )
    return choice == "reject" or (choice == "accept" and (item.severity == "block" or overruled))


def decide(
    review: Review, item: Item, choice: Choice, *, who: str, reason: str = "", heard: Iterable[Stretch] = ()
) -> Decided:
    """Put down what a reviewer decided about an item; decisions of others are never replaced.

    Args:
        review: As the reviewer saw it last; of `correct`, after the correction.
        item: As the reviewer saw it. What was corrected away need not be in the review any more.
        heard: What was played to the reviewer while deciding.

    Raises:
        UsageError: A name or a reason is missing or too long, or nothing was corrected.
        InputError: The decisions that are there cannot be read.
        OutputError: It cannot be written.
    """
    who, reason = _checked(who, reason, needed=needs_reason(review, item, choice))
    if choice == "correct" and not review.opened.corrections.records:
        raise UsageError("nothing was corrected", "Correct the words first, or accept or reject them")
    present = review.standing(item.id)
    decision = Decision(
        item=item.id,
        about=item.about,
        spans=item.spans,
        content=present.item.content if present and choice == "correct" else item.content,
        choice=choice,
        who=who,
        when=now(),
        reason=reason,
        heard=_heard(review, heard),
        recording=review.episode.source.sha256,
        policy=review.policy,
        policy_sha256=review.policy_sha256,
        seen=len(review.decisions.records),
    )
    made = add_decision(review.opened.document, decision)
    since = made.records[decision.seen : -1]
    return Decided(decision, made, tuple(each for each in since if each.item == item.id))


def approve(
    review: Review, *, who: str, reason: str, heard: Iterable[Stretch] = (), signer: Signer | None = None
) -> Approval:
    """Approve a transcript as it was reviewed: somebody stands by it.

    Args:
        heard: What was played to the reviewer besides what the decisions tell of.
        signer: Signs the manifest that tells of it; None: it is not signed.

    Raises:
        PersonNeeded: Something is open or rejected.
        UsageError: A name or a reason is missing or too long.
        OutputError: Somebody has corrected or decided meanwhile, or it cannot be written.
        InputError: Earlier approvals cannot be read.
    """
    if review.obstacles:
        raise PersonNeeded(
            f"{review.opened.document} cannot be approved: {'; '.join(review.obstacles)}",
            "Decide about what is open, correct what was rejected, or reject the transcript",
        )
    return _put(review, "approved", who, reason, heard, signer)


def reject(
    review: Review, *, who: str, reason: str, heard: Iterable[Stretch] = (), signer: Signer | None = None
) -> Approval:
    """Reject a transcript as a whole, whatever is open: no approval of it holds until there is a new one.

    Args:
        heard: As for `approve`, and so is `signer`.

    Raises:
        UsageError: A name or a reason is missing or too long.
        OutputError: Somebody has corrected or decided meanwhile, or it cannot be written.
        InputError: Earlier approvals cannot be read.
    """
    return _put(review, "rejected", who, reason, heard, signer)


def _put(
    review: Review, kind: ApprovalKind, who: str, reason: str, heard: Iterable[Stretch], signer: Signer | None
) -> Approval:
    who, reason = _checked(who, reason, needed=True)
    of = review.opened
    if decisions_of(of.document) != review.decisions or read_sidecar(of.sidecar) != of.corrections:
        raise OutputError(f"somebody else has reviewed {of.document} meanwhile", "Look at it again")
    made = Approval(
        who=who,
        when=now(),
        reason=reason,
        recognition=of.recognition,
        corrections=of.corrections.digest,
        kind=kind,
        heard=merged((*review.heard, *_heard(review, heard))),
        changes=len(of.corrections.records),
        policy=review.policy,
        policy_sha256=review.policy_sha256,
        decisions=review.decisions.digest,
    )
    add_approval(of, made, signer)
    return made


def _checked(who: str, reason: str, *, needed: bool) -> tuple[str, str]:
    """The name and the reason as they are kept."""
    who, reason = plain_name(who), plain_name(reason)
    if not who:
        raise UsageError("a decision has the name of a person", "Say who decides")
    if len(who) > LONGEST_NAME:
        raise UsageError(f"a name has at most {LONGEST_NAME} characters", "Shorten it")
    if needed and not reason:
        raise UsageError("this decision needs a reason", "Say why")
    if len(reason) > LONGEST_REASON:
        raise UsageError(f"a reason has at most {LONGEST_REASON} characters", "Shorten it")
    return who, reason


def _heard(review: Review, heard: Iterable[Stretch]) -> tuple[Stretch, ...]:
    """What was heard, as far as it lies in the recording."""
    end_ms = review.episode.duration_ms
    return merged((max(0, start), min(end, end_ms)) for start, end in heard)
