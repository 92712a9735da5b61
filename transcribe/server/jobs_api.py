"""The jobs API: a recording is handed in, followed, and fetched in any format, whoever is connected."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote

from sse_starlette import EventSourceResponse
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from transcribe.core.errors import TranscribeError
from transcribe.core.events import StageAdvanced, StageStarted
from transcribe.formats import format_named
from transcribe.jobs.publish.content import content_of
from transcribe.jobs.queue import PENDING, QueuedJob
from transcribe.jobs.submissions import Submission
from transcribe.server.asked import options_of
from transcribe.server.errors import Refused, refused
from transcribe.server.listeners import Line, Told
from transcribe.server.service import Service, check_outcome, happenings, service_of
from transcribe.server.speech_api import PING_S, SEND_S
from transcribe.server.views import STATES, view_of

MOST_LISTED = 200


async def submit(request: Request) -> Response:
    """POST /v1/jobs: 202 with a new job, 200 with one that does the same already."""
    service = service_of(request)
    taken = await service.taken(request, options_of, interactive=False)
    job = taken.job
    view = view_of(service, job, service.submission(request, job.name))
    return JSONResponse(view.as_json(), 202 if taken.new else 200, {"Location": f"/v1/jobs/{job.name}"})


async def listing(request: Request) -> Response:
    """GET /v1/jobs: the newest first; `state`, `limit`, and `after` a job's id."""
    service = service_of(request)
    wanted = request.query_params.get("state", "")
    limit = request.query_params.get("limit", "50")
    if not (limit.isascii() and limit.isdecimal() and 1 <= int(limit[:9]) <= MOST_LISTED):
        raise Refused(400, f"limit is from 1 to {MOST_LISTED}", "invalid_value", param="limit")
    if wanted and wanted not in STATES.values():
        known = ", ".join(dict.fromkeys(STATES.values()))
        raise Refused(400, f"state is one of {known}", "invalid_value", param="state")
    seen = [
        each
        for each in service.store.submissions.all()
        if not each.interactive and (not service.apart or each.client == request.state.client)
    ]
    after = request.query_params.get("after", "")
    if after:
        names = [each.name for each in seen]
        if after not in names:
            raise Refused(404, f"there is no job {after!r}", "job_not_found", param="after")
        seen = seen[names.index(after) + 1 :]
    views = (view_of(service, service.job(each.name), each) for each in seen)
    fitting = (each for each in views if wanted in ("", each.state))
    found = [each for each, _ in zip(fitting, range(int(limit) + 1), strict=False)]
    said = [each.as_json() for each in found[: int(limit)]]
    return JSONResponse({"object": "list", "data": said, "has_more": len(found) > int(limit)})


async def status(request: Request) -> Response:
    """GET /v1/jobs/{id}."""
    service, submission = _named(request)
    return JSONResponse(view_of(service, service.job(submission.name), submission).as_json())


async def events(request: Request) -> Response:
    """GET /v1/jobs/{id}/events: states, stages, progress and segments until the job is over."""
    service, submission = _named(request)
    return EventSourceResponse(_events(service, submission), ping=PING_S, send_timeout=SEND_S)


async def cancel(request: Request) -> Response:
    """POST /v1/jobs/{id}/cancel: nothing more is done for it; what is done is kept for the next time."""
    service, submission = _named(request)
    if service.dispatcher.cancel(submission.name, "cancelled by its client"):
        await service.dispatcher.turned()
    return JSONResponse(view_of(service, service.job(submission.name), submission).as_json())


async def remove(request: Request) -> Response:
    """DELETE /v1/jobs/{id}: the job, its recording and everything that was made of it."""
    service, submission = _named(request)
    if service.dispatcher.cancel(submission.name, "removed by its client"):
        await service.dispatcher.turned()
    if service.job(submission.name).state in PENDING:
        raise Refused(409, "the job was submitted again meanwhile", "in_use")
    service.store.remove(submission.name)
    return JSONResponse({"id": submission.name, "object": "transcription.job.deleted", "deleted": True})


async def result(request: Request) -> Response:
    """GET /v1/jobs/{id}/results/{format}: the transcript in one of the formats."""
    service, submission = _named(request)
    try:
        form = format_named(request.path_params["format"])
    except TranscribeError as error:
        raise Refused(404, f"{error.what}. {error.hint}", "format_not_found") from None
    check_outcome(service.job(submission.name), submission)
    episode = await service.episode(submission)
    settings = service.store.settings_of(submission.options)
    try:
        content = await asyncio.to_thread(content_of, settings, episode, form.name)
    except TranscribeError as error:
        raise refused(error) from error
    name = quote(f"{submission.title.rpartition('.')[0] or submission.title}{form.suffix}")
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{name}"}
    return Response(content or b"", headers=headers, media_type=form.media_type)


def _named(request: Request) -> tuple[Service, Submission]:
    service = service_of(request)
    return service, service.submission(request, request.path_params["id"])


async def _events(service: Service, submission: Submission) -> AsyncIterator[dict[str, str]]:
    name = submission.name
    try:
        with service.dispatcher.listeners.to(name) as listener:
            for line in service.dispatcher.lines(name):
                listener.tell(line)
            async for told in happenings(listener, service.job(name)):
                yield _event(service, submission, told)
    except Refused as error:
        yield {"event": "error", "data": json.dumps(error.body())}


def _event(service: Service, submission: Submission, told: Told) -> dict[str, str]:
    said: dict[str, Any]
    if isinstance(told, QueuedJob):
        kind, said = "state", view_of(service, told, submission).as_json()
    elif isinstance(told, Line):
        kind = "segment"
        said = {"start": told.start_ms / 1000, "end": told.end_ms / 1000, "text": told.text}
    elif isinstance(told, StageStarted):
        kind, said = "stage", {"stage": told.stage}
    elif isinstance(told, StageAdvanced):
        kind, said = "progress", {"stage": told.stage, "seconds": told.done_ms / 1000}
    else:
        kind, said = "warning", {"message": getattr(told, "message", "")}
    return {"event": kind, "data": json.dumps(said, ensure_ascii=False)}
