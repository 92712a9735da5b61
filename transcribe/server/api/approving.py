"""The transcript of an episode approved or rejected as it is, by somebody, for a reason."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta
from starlette.requests import Request
from starlette.responses import Response

from transcribe.control.review.decide import approve, reject
from transcribe.core.approval import Kind
from transcribe.jobs.submissions import Submission
from transcribe.server.api.editing import Revision
from transcribe.server.api.finished import MOST_BYTES, Shapes, answer, document_of, finished, who_of
from transcribe.server.api.reviewing import Heard, Reason, Seen, Who
from transcribe.server.api.said import ApprovalView, Part, approval_view
from transcribe.server.errors import Refused
from transcribe.server.heard import add_heard
from transcribe.server.intake.json_body import json_of
from transcribe.server.service import Service


class ApprovalRequest(Part, frozen=True):
    """Somebody stands by the transcript as it is; or, rejected, says that it is not to be published."""

    revision: Revision
    reason: Reason
    kind: Kind = "approved"
    seen: Annotated[Seen | None, Meta(description="More decisions than these are a conflict")] = None
    heard: Heard = ()
    who: Who = ""


async def approvals(request: Request) -> Response:
    """POST /episodes/{id}/approvals: approve or reject it; 409: it has changed, or is not reviewed."""
    service, submission = finished(request)
    wanted = await json_of(request, service.limits, ApprovalRequest, MOST_BYTES)
    who = who_of(request, service, wanted.who)
    if not who:
        raise Refused(400, "an approval has a name", "missing_name", param="who")
    return await answer(service, submission, lambda: _approve(service, submission, wanted, who))


SHAPES: Shapes = {approvals: (ApprovalRequest, ApprovalView)}
"""What is sent, and what is answered."""


def _approve(service: Service, submission: Submission, wanted: ApprovalRequest, who: str) -> ApprovalView:
    with service.store.desk.writing(document_of(service, submission.name)) as sheet:
        current = sheet.review(service.policy)
        if sheet.revision != wanted.revision or wanted.seen not in (None, len(current.decisions.records)):
            what = "somebody else has changed the transcript meanwhile; look at it again"
            raise Refused(409, what, "changed_meanwhile")
        if wanted.kind == "approved" and current.obstacles:
            what = f"it cannot be approved: {'; '.join(current.obstacles)}"
            raise Refused(409, what, "not_reviewed")
        folder, duration_ms = service.store.folder(submission.name), sheet.opened.episode.duration_ms
        heard = add_heard(folder, who, wanted.heard, duration_ms)
        put = approve if wanted.kind == "approved" else reject
        made = put(current, who=who, reason=wanted.reason, heard=heard, signer=service.store.signer)
    return approval_view(made, duration_ms, holds=made.kind == "approved")
