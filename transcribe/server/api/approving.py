"""The transcript of an episode approved as it is."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta
from starlette.requests import Request
from starlette.responses import Response

from transcribe.formats.decisions import LONGEST_REASON
from transcribe.jobs.approvals import approve
from transcribe.jobs.submissions import Submission
from transcribe.server.api.editing import Name, Revision
from transcribe.server.api.finished import MOST_BYTES, Shapes, answer, document_of, finished, who_of
from transcribe.server.api.said import ApprovalView, Part
from transcribe.server.errors import Refused
from transcribe.server.intake.json_body import json_of
from transcribe.server.service import Service


class ApprovalRequest(Part, frozen=True):
    """Somebody stands by the transcript as it is."""

    revision: Revision
    reason: Annotated[str, Meta(max_length=LONGEST_REASON)] = ""
    who: Annotated[Name, Meta(description="Who does it, where no key says so")] = ""


async def approvals(request: Request) -> Response:
    """POST /episodes/{id}/approvals: approve the transcript as it is; 409 where it has changed meanwhile."""
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
        if sheet.revision != wanted.revision:
            what = "somebody else has changed the transcript meanwhile; look at it again"
            raise Refused(409, what, "changed_meanwhile")
        made = approve(sheet.opened, who, wanted.reason.strip(), service.store.signer).records[-1]
    return ApprovalView(made.who, made.when, made.reason, holds=True)
