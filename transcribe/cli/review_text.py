"""What a terminal says of a review: how far it is, where items lie, what was decided."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from transcribe.control.review.state import Review, Standing


def summary_of(review: Review) -> str:
    """How far a transcript is, in a line."""
    count = dict.fromkeys(("open", "accepted", "corrected", "rejected"), 0)
    for each in review.standings:
        count[each.state] += 1
    states = ", ".join(f"{number} {state}" for state, number in count.items())
    return f"{review.opened.document}: {states}; {standing_of(review)}"


def standing_of(review: Review) -> str:
    """Whether a transcript is approved, for people."""
    last = review.approvals.last
    if review.approval:
        return f"approved by {review.approval.who}"
    if last is None:
        return "not approved"
    if last.kind == "rejected":
        return f"rejected by {last.who}: {last.reason}"
    return f"changed since {last.who} approved it"


def lines_of(standing: Standing) -> Iterator[str]:
    """An item in the list: a line, and what belongs to it below."""
    item = standing.item
    yield f"  {standing.state} {item.id} {head_of(standing)}: {item.reason}"
    yield from (f"    {line}" for line in body_of(standing))


def head_of(standing: Standing) -> str:
    """Where an item lies and what it is about."""
    from transcribe.core.timecode import format_stretch

    item = standing.item
    at = ", ".join(format_stretch(*span) for span in item.spans) or "all of it"
    return f"{at} {item.kind} {item.what} ({item.severity}): {item.title}"


def body_of(standing: Standing) -> Iterator[str]:
    """What was said, and what was decided of it so far."""
    quote, decision = standing.item.quote, standing.decision
    if quote.before or quote.words or quote.after:
        yield f"{quote.before} >{quote.words}< {quote.after}".strip()
    if decision:
        reason = f": {decision.reason}" if decision.reason else ""
        yield f"{decision.who}, {decision.when}: {decision.choice}{reason}"
    if standing.why:
        yield f"open again: {standing.why}"


def told(who: str, choice: str, reason: str) -> str:
    """What somebody else has decided meanwhile, for people."""
    return f"meanwhile {who} decided about this: {choice}" + (f": {reason}" if reason else "")
