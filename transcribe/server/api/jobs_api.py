"""The jobs API: a recording is handed in, followed, and fetched in any format, whoever is connected."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote

from sse_starlette import EventSourceResponse
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from transcribe.core.episode import Episode
from transcribe.core.errors import TranscribeError
from transcribe.core.events import StageAdvanced, StageStarted, silent
from transcribe.core.media_names import stem_of
from transcribe.core.settings import Settings
from transcribe.formats.known import format_named
from transcribe.jobs.publish.content import content_of
from transcribe.jobs.queue import PENDING, QueuedJob, State
from transcribe.jobs.render import uses_notes, with_corrected_notes
from transcribe.jobs.submissions import Sought, Submission
from transcribe.server.access.auth import Access
from transcribe.server.api.speech_api import PING_S, SEND_S
from transcribe.server.api.views import STATES, percent_of, view_of
from transcribe.server.errors import Refused, refused
from transcribe.server.intake.asked import options_of
from transcribe.server.service import Service, check_outcome, happenings, service_of
from transcribe.server.turns.listeners import Line, Removed, Stopping, Told

MOST_LISTED = 200

PROGRESS_S = 0.5
"""How often the progress of a job is told to those who follow all jobs."""


async def submit(request: Request) -> Response:
    """POST /v1/jobs: 202 with a new job, 200 with one that does the same already."""
    service = service_of(request)
    taken = await service.taken(request, options_of, interactive=False)
    job = taken.job
    service.changed(job.name)  # what somebody waited for may be for everybody
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
    after = request.query_params.get("after", "")
    sought = Sought(
        client=request.state.client if service.apart else None,
        states=[known for known, told in STATES.items() if told == wanted],
        after=service.submission(request, after) if after else None,
    )
    found, count = service.store.submissions.found(sought, int(limit))
    jobs = service.store.queue.named([each.name for each in found])
    said = [view_of(service, jobs[each.name], each).as_json() for each in found]
    return JSONResponse({"object": "list", "data": said, "has_more": count > len(found)})


async def status(request: Request) -> Response:
    """GET /v1/jobs/{id}."""
    service, submission = _named(request)
    return JSONResponse(view_of(service, service.job(submission.name), submission).as_json())


async def events(request: Request) -> Response:
    """GET /v1/jobs/{id}/events: states, stages, progress and segments until the job is over."""
    service, submission = _named(request)
    return EventSourceResponse(_events(request, service, submission), ping=PING_S, send_timeout=SEND_S)


async def cancel(request: Request) -> Response:
    """POST /v1/jobs/{id}/cancel: nothing more is done for it; what is done is kept for the next time."""
    service, submission = _named(request)
    if service.dispatcher.cancel(submission.name, "cancelled by its client"):
        await service.dispatcher.turned()
    return JSONResponse(view_of(service, service.job(submission.name), submission).as_json())


async def again(request: Request) -> Response:
    """POST /v1/jobs/{id}/again: try a job once more that failed or was cancelled."""
    service, submission = _named(request)
    service.check_room(request.state.client)
    if service.job(submission.name).state not in PENDING and not service.dispatcher.again(submission.name):
        raise Refused(409, "the job is done, or its recording is not there any more", "not_again")
    return JSONResponse(view_of(service, service.job(submission.name), submission).as_json())


async def all_events(request: Request) -> Response:
    """GET /v1/events: states, stages and progress of all jobs, for ever; first what is still to be done."""
    return EventSourceResponse(_all_events(request), ping=PING_S, send_timeout=SEND_S)


async def remove(request: Request) -> Response:
    """DELETE /v1/jobs/{id}: the job, its recording and everything that was made of it."""
    service, submission = _named(request)
    if service.store.held(submission.name):
        raise Refused(409, "a legal hold is on the job: whoever runs the server has to release it", "held")
    if service.dispatcher.cancel(submission.name, "removed by its client"):
        await service.dispatcher.turned()
    if service.job(submission.name).state in PENDING:
        raise Refused(409, "the job was submitted again meanwhile", "in_use")
    service.dispatcher.remove(submission.name)
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
        content = await asyncio.to_thread(_content, settings, episode, form.name)
    except TranscribeError as error:
        raise refused(error) from error
    name = quote(f"{stem_of(submission.title)}{form.suffix}", safe="")
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{name}"}
    return Response(content or b"", headers=headers, media_type=form.media_type)


def _content(settings: Settings, episode: Episode, name: str) -> bytes | None:
    """What a file holds, notes in it too, as people have corrected the transcript."""
    if episode.recognised and uses_notes(name):
        episode = with_corrected_notes(episode, settings, silent)
    return content_of(settings, episode, name)


def _named(request: Request) -> tuple[Service, Submission]:
    service = service_of(request)
    return service, service.submission(request, request.path_params["id"])


async def _events(
    request: Request, service: Service, submission: Submission
) -> AsyncIterator[dict[str, str]]:
    name = submission.name
    try:
        with service.dispatcher.listeners.to(name) as listener:
            for line in service.dispatcher.lines(name):
                listener.tell(line)
            async for told in happenings(listener, service.job(name)):
                if not _is_still_let_in(request):
                    return
                yield _event(*_said(service, submission, told))
    except Refused as error:
        yield _event("error", error.body())


async def _all_events(request: Request) -> AsyncIterator[dict[str, str]]:
    service, client = service_of(request), request.state.client
    told_at: dict[str, float] = {}
    with service.dispatcher.listeners.to_all() as listener:
        for event in _begun(service, client):
            yield event
        async for name, told in listener:
            if isinstance(told, Stopping) or not _is_still_let_in(request):
                return
            if isinstance(told, Removed):
                if service.sees(client, told.submission):
                    yield _event("removed", {"id": name})
                continue
            submission = service.store.submissions.get(name)
            if submission is None or not service.sees(client, submission) or isinstance(told, Line):
                continue
            now = time.monotonic()
            if isinstance(told, StageAdvanced) and now < told_at.get(name, -PROGRESS_S) + PROGRESS_S:
                continue
            told_at[name] = now
            kind, said = _said(service, submission, told)
            yield _event(kind, {"id": name} | said)


def _is_still_let_in(request: Request) -> bool:
    """Whether the key or the session of a request has not ended meanwhile."""
    access: Access = request.app.state.access
    client: str = request.state.client
    try:
        return access.client(request.url.path, request.headers, scheme=request.url.scheme) == client
    except Refused:
        return False


def _begun(service: Service, client: str) -> list[dict[str, str]]:
    """What is still to be done, those that wait longest first, and how much that is in all."""
    mine, submissions = client if service.apart else None, service.store.submissions
    working, _ = submissions.found(Sought(mine, (State.WORKING,)), MOST_LISTED)
    pending, count = submissions.found(Sought(mine, PENDING), MOST_LISTED)
    shown = {each.name: each for each in [*working, *reversed(pending)]}
    jobs = service.store.queue.named(list(shown))
    said = [_said(service, each, jobs[name]) for name, each in shown.items()]
    return [*(_event(*each) for each in said), _event("listed", {"pending": count})]


def _said(service: Service, submission: Submission, told: Told) -> tuple[str, dict[str, Any]]:
    """The kind of an event, and what it says."""
    if isinstance(told, QueuedJob):
        return "state", view_of(service, told, submission).as_json()
    if isinstance(told, Line):
        return "segment", {"start": told.start_ms / 1000, "end": told.end_ms / 1000, "text": told.text}
    if isinstance(told, StageStarted):
        return "stage", {"stage": told.stage}
    if isinstance(told, StageAdvanced):
        percent = percent_of(service, submission.name)
        return "progress", {"stage": told.stage, "seconds": told.done_ms / 1000, "percent": percent}
    return "warning", {"message": getattr(told, "message", "")}


def _event(kind: str, said: dict[str, Any]) -> dict[str, str]:
    return {"event": kind, "data": json.dumps(said, ensure_ascii=False)}
