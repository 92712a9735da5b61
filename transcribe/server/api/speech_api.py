"""OpenAI's speech API: each request is a job that goes first, and ends with its client."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

from sse_starlette import EventSourceResponse
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from transcribe.jobs.queue import QueuedJob
from transcribe.server.api.answers import answer_of, diarized_segments, text_of, usage_of
from transcribe.server.errors import Refused
from transcribe.server.intake.asked import ALIASES, DIARIZED, Asked, asked_of
from transcribe.server.service import Service, check_outcome, happenings, left, over, service_of
from transcribe.server.turns.listeners import Line

PING_S = 15
"""How often a stream says that it is alive."""

SEND_S = 60
"""A client that does not read for so long is gone."""


async def transcriptions(request: Request) -> Response:
    """POST /v1/audio/transcriptions."""
    return await _speech(request, translate=False)


async def translations(request: Request) -> Response:
    """POST /v1/audio/translations."""
    return await _speech(request, translate=True)


async def models(request: Request) -> Response:
    """GET /v1/models and /v1/models/{model}."""
    served = service_of(request).model
    known = {each: _model(each) for each in (served, *ALIASES)}
    name = request.path_params.get("model")
    if name is None:
        return JSONResponse({"object": "list", "data": list(known.values())})
    if name not in known:
        raise Refused(404, f"there is no model {name!r}", "model_not_found", param="model")
    return JSONResponse(known[name])


def _model(name: str) -> dict[str, Any]:
    return {"id": name, "object": "model", "created": 0, "owned_by": "transcribe"}


async def _speech(request: Request, *, translate: bool) -> Response:
    service = service_of(request)
    taken = await service.taken(
        request, lambda form: asked_of(form, translate=translate).options, interactive=True
    )
    asked = asked_of(taken.form, translate=translate)
    if asked.stream:
        return EventSourceResponse(_stream(service, taken.job, asked), ping=PING_S, send_timeout=SEND_S)
    return await _whole(request, service, taken.job, asked)


async def _whole(request: Request, service: Service, job: QueuedJob, asked: Asked) -> Response:
    """The answer in one piece; nobody waits any more once the client is gone."""
    with service.dispatcher.awaited(job.name) as listener:
        waiting = asyncio.ensure_future(over(listener, service.job(job.name)))
        gone = asyncio.ensure_future(left(request))
        try:
            await asyncio.wait((waiting, gone), return_when=asyncio.FIRST_COMPLETED)
            if not waiting.done():
                return Response(status_code=499)  # nobody reads it
            ended = waiting.result()
        finally:
            for task in (waiting, gone):
                task.cancel()
    submission = service.submission(request, job.name)
    check_outcome(ended, submission)
    episode = await service.episode(submission)
    subtitles = service.store.settings_of(submission.options).subtitles
    content = await asyncio.to_thread(answer_of, episode, asked, subtitles)
    if isinstance(content, bytes):
        return Response(content, media_type="text/plain")
    return JSONResponse(content)


async def _stream(service: Service, job: QueuedJob, asked: Asked) -> AsyncIterator[dict[str, str]]:
    """The text as it is recognised, then the whole of it."""
    told = 0
    try:
        with service.dispatcher.awaited(job.name) as listener:
            if asked.answer != DIARIZED:  # there a segment has a speaker, who is known at the end
                for line in service.dispatcher.lines(job.name):
                    listener.tell(line)
            async for each in happenings(listener, service.job(job.name)):
                if isinstance(each, Line) and asked.answer != DIARIZED:
                    yield _delta(each.text, after=told > 0 and each.space_before)
                    told += 1
                elif isinstance(each, QueuedJob):
                    job = each
        submission = service.store.submissions.get(job.name)
        if submission is None:
            raise Refused(404, "the job was removed", "job_not_found")
        check_outcome(job, submission)
        episode = await service.episode(submission)
        if asked.answer == DIARIZED:
            for said in diarized_segments(episode):
                yield _event(said)
        elif not told:  # it was done before
            for number, segment in enumerate(episode.transcript.segments):
                yield _delta(segment.text, after=number > 0 and segment.words[0].space_before)
        yield _event({"type": "transcript.text.done", "text": text_of(episode), "usage": usage_of(episode)})
    except Refused as error:
        yield _event(error.body())


def _delta(text: str, *, after: bool) -> dict[str, str]:
    """The next piece of text.

    Args:
        after: Whether a space stands before it.
    """
    return _event({"type": "transcript.text.delta", "delta": (" " if after else "") + text})


def _event(said: Any) -> dict[str, str]:
    return {"data": json.dumps(said, ensure_ascii=False)}
