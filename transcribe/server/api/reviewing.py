"""The review of an episode: what a person should look at, what was decided about it, what was heard."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Annotated

from msgspec import Meta
from starlette.requests import Request
from starlette.responses import Response

from transcribe.control.policy.items import Severity
from transcribe.control.review.decide import decide, needs_reason
from transcribe.control.review.items import NO_ITEM, Item
from transcribe.control.review.items import Kind as ItemKind
from transcribe.control.review.state import Review, Standing, State
from transcribe.core.decision import Choice, Decision, Decisions, Stretch, merged
from transcribe.formats.decisions import LONGEST_REASON, Stretches
from transcribe.formats.labels import reason_in
from transcribe.jobs.submissions import Submission
from transcribe.server.api.editing import Name, Revision
from transcribe.server.api.finished import MOST_BYTES, Shapes, answer, document_of, finished, who_of
from transcribe.server.api.said import ApprovalView, Part, approval_of
from transcribe.server.desk import Sheet
from transcribe.server.errors import Refused
from transcribe.server.heard import add_heard, heard_by
from transcribe.server.intake.json_body import json_of
from transcribe.server.language import language_of
from transcribe.server.service import Service

AROUND_MS = 5000
"""What was heard so near to a place belongs to the decision about it."""

CHOICES: tuple[Choice, ...] = ("accept", "correct", "reject")

Who = Annotated[Name, Meta(description="Who does it, where no key says so")]
Reason = Annotated[str, Meta(max_length=LONGEST_REASON)]
Heard = Annotated[
    Stretches, Meta(description="What was played aloud, from and to, in ms; again does no harm")
]
Seen = Annotated[int, Meta(ge=0, le=2**31, description="How many decisions were known, as answered")]


class DecisionView(Part, frozen=True):
    """What somebody has decided about an item."""

    choice: Choice
    who: str
    when: str
    reason: str
    heard_ms: int


class ItemView(Part, frozen=True):
    """One thing that a person has to look at, and what became of it."""

    id: str
    kind: ItemKind
    what: Annotated[str, Meta(description="The rule or question, the kind of a spot, the part of the notes")]
    title: Annotated[
        str, Meta(description="In the language of whoever asks, as are reasons, unless it is a policy's")
    ]
    spans: Annotated[tuple[Stretch, ...], Meta(description="Where it lies, in ms; none: about all of it")]
    before: str
    words: Annotated[str, Meta(description="What it is about; personal data that a policy found is masked")]
    after: str
    reason: str
    severity: Severity
    decides: str
    evidence: str
    content: Annotated[str, Meta(description="Digest of its words, and of what is asked about them")]
    needs_reason: Annotated[tuple[Choice, ...], Meta(description="Decisions that have to say why")]
    state: State
    why: Annotated[str, Meta(description="Why it is open although somebody has decided; else empty")]
    decision: DecisionView | None


class ReviewView(Part, frozen=True):
    """How far the review of a transcript is."""

    revision: str
    seen: Annotated[int, Meta(description="How many decisions there are")]
    policy: Annotated[str, Meta(description="Name of the policy that the transcript is reviewed by")]
    items: tuple[ItemView, ...]
    obstacles: Annotated[tuple[str, ...], Meta(description="Why it cannot be approved yet; none: it can")]
    heard: Annotated[tuple[Stretch, ...], Meta(description="What the reviewer who asks has heard, in ms")]
    approval: ApprovalView | None


class DecisionRequest(Part, frozen=True):
    """What somebody decides about an item."""

    item: Annotated[str, Meta(max_length=64)]
    content: Annotated[str, Meta(pattern="^[0-9a-f]{12,64}$", description="Of the item, as it was answered")]
    choice: Choice
    revision: Revision
    seen: Seen
    reason: Reason = ""
    heard: Heard = ()
    who: Who = ""


class DecisionAnswer(Part, frozen=True):
    """The review after a decision, and what others have decided about it meanwhile; both are kept."""

    review: ReviewView
    meanwhile: tuple[DecisionView, ...]


class HeardRequest(Part, frozen=True):
    """What somebody has heard."""

    heard: Heard
    who: Who = ""


class HeardView(Part, frozen=True):
    """All that a reviewer has heard."""

    heard: tuple[Stretch, ...]


async def review(request: Request) -> Response:
    """GET /episodes/{id}/review: what a person should look at, in one list, and what was decided about it."""
    service, submission = finished(request)
    who = who_of(request, service, request.query_params.get("who", ""))
    language = language_of(request)
    return await answer(service, submission, lambda: _review(service, submission, who, language))


async def decisions(request: Request) -> Response:
    """POST /episodes/{id}/decisions: decide about an item; the contrary decisions of two are both kept."""
    service, submission = finished(request)
    wanted = await json_of(request, service.limits, DecisionRequest, MOST_BYTES)
    who = _somebody(who_of(request, service, wanted.who))
    language = language_of(request)
    return await answer(service, submission, lambda: _decide(service, submission, wanted, who, language))


async def heard(request: Request) -> Response:
    """POST /episodes/{id}/heard: put down what was heard besides; all that the reviewer has heard."""
    service, submission = finished(request)
    wanted = await json_of(request, service.limits, HeardRequest, MOST_BYTES)
    who = _somebody(who_of(request, service, wanted.who))
    return await answer(service, submission, lambda: _hear(service, submission, wanted, who))


SHAPES: Shapes = {
    review: (None, ReviewView),
    decisions: (DecisionRequest, DecisionAnswer),
    heard: (HeardRequest, HeardView),
}
"""What is sent to each of these, and what is answered."""


def _somebody(who: str) -> str:
    if not who:
        raise Refused(400, "a review has a name", "missing_name", param="who")
    return who


def _review(service: Service, submission: Submission, who: str, language: str) -> ReviewView:
    sheet = service.store.desk.read(document_of(service, submission.name))
    heard = heard_by(service.store.folder(submission.name), who)
    return review_view(sheet, sheet.review(service.policy), heard, language)


def _hear(service: Service, submission: Submission, wanted: HeardRequest, who: str) -> HeardView:
    with service.store.desk.writing(document_of(service, submission.name)) as sheet:
        end_ms = sheet.opened.episode.duration_ms
        return HeardView(add_heard(service.store.folder(submission.name), who, wanted.heard, end_ms))


def _decide(
    service: Service, submission: Submission, wanted: DecisionRequest, who: str, language: str
) -> DecisionAnswer:
    with service.store.desk.writing(document_of(service, submission.name)) as sheet:
        if wanted.choice == "correct" and wanted.revision != sheet.revision:
            what = "somebody else has changed the transcript meanwhile; look at it again"
            raise Refused(409, what, "changed_meanwhile")
        current = sheet.review(service.policy)
        item = _item(service, sheet, current, wanted)
        duration_ms = sheet.opened.episode.duration_ms
        whole = add_heard(service.store.folder(submission.name), who, wanted.heard, duration_ms)
        known = replace(current, decisions=Decisions(current.decisions.records[: wanted.seen]))
        since = [each for each in current.decisions.records[wanted.seen :] if each.item == item.id]
        if not any(_is_same(each, wanted, who) for each in since):
            made = decide(
                known, item, wanted.choice, who=who, reason=wanted.reason, heard=_of_item(item, whole, wanted)
            )
            current, since = sheet.review(service.policy), list(made.meanwhile)
    return DecisionAnswer(
        review_view(sheet, current, whole, language),
        tuple(_decision(each) for each in since if each.who != who),
    )


def _item(service: Service, sheet: Sheet, current: Review, wanted: DecisionRequest) -> Item:
    """The item as the reviewer saw it; it need not be there any more, where its words were corrected.

    Raises:
        Refused: There is none.
    """
    standing = current.standing(wanted.item)
    found = standing.item if standing else sheet.recognised_item(service.policy, wanted.item)
    if found is None:
        raise Refused(404, "there is nothing more to decide here", "no_such_item", param="item")
    return replace(found, content=wanted.content)


def _is_same(decision: Decision, wanted: DecisionRequest, who: str) -> bool:
    """Whether a decision came before whose answer was lost."""
    return (decision.who, decision.choice) == (who, wanted.choice)


def _of_item(item: Item, whole: Iterable[Stretch], wanted: DecisionRequest) -> tuple[Stretch, ...]:
    """What was heard for an item: around its place; of one without a place, what was sent."""
    if not item.spans:
        return wanted.heard
    return merged(
        (max(start, first - AROUND_MS), min(end, last + AROUND_MS))
        for start, end in whole
        for first, last in item.spans
        if start < last + AROUND_MS and end > first - AROUND_MS
    )


def review_view(sheet: Sheet, of: Review, heard: tuple[Stretch, ...], language: str) -> ReviewView:
    """A review as it is answered.

    Args:
        heard: By whoever asks.
        language: Of whoever reads it.
    """
    return ReviewView(
        revision=sheet.revision,
        seen=len(of.decisions.records),
        policy=of.policy,
        items=tuple(_item_view(of, each, language) for each in of.standings),
        obstacles=tuple(reason_in(language, each) for each in of.obstacles),
        heard=heard,
        approval=approval_of(of.opened),
    )


def _item_view(of: Review, standing: Standing, language: str) -> ItemView:
    item = standing.item
    own = item.kind != "policy" or item.what == NO_ITEM
    return ItemView(
        id=item.id,
        kind=item.kind,
        what=item.what,
        title=reason_in(language, item.title) if own else item.title,
        spans=item.spans,
        before=item.quote.before,
        words=item.quote.words,
        after=item.quote.after,
        reason=reason_in(language, item.reason),
        severity=item.severity,
        decides=item.decides,
        evidence=item.evidence,
        content=item.content,
        needs_reason=tuple(each for each in CHOICES if needs_reason(of, item, each)),
        state=standing.state,
        why=standing.why,
        decision=_decision(standing.decision) if standing.decision else None,
    )


def _decision(of: Decision) -> DecisionView:
    return DecisionView(of.choice, of.who, of.when, of.reason, sum(end - start for start, end in of.heard))
