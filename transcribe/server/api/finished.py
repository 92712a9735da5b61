"""A finished job that is asked for: found, read away from the loop, answered; who asks."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import TypeVar

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from transcribe.core.errors import InputError, OutputError, TranscribeError
from transcribe.core.text import plain_name
from transcribe.formats.corrections import LONGEST_NAME
from transcribe.jobs.submissions import Submission
from transcribe.server.desk import Sheet
from transcribe.server.errors import Refused, refused
from transcribe.server.service import Service, check_outcome, service_of
from transcribe.server.turns.store import DOCUMENT

T = TypeVar("T")

Shapes = Mapping[Callable[[Request], Awaitable[Response]], tuple[type | None, type | None]]
"""By function that meets a request: what is sent in JSON, and what is answered."""

MOST_BYTES = 16 * 1024 * 1024
"""Every line of a ten-hour recording edited at once has less."""


def finished(request: Request) -> tuple[Service, Submission]:
    """The job that a request names.

    Raises:
        Refused: It is not done, or the client may not see it.
    """
    service = service_of(request)
    submission = service.submission(request, request.path_params["id"])
    check_outcome(service.job(submission.name), submission)
    return service, submission


async def sheet_of(service: Service, submission: Submission) -> Sheet:
    """The transcript of a job as it is.

    Raises:
        Refused: It cannot be read.
    """
    document = document_of(service, submission.name)
    return await read(service, submission, lambda: service.store.desk.read(document))


async def answer(
    service: Service, submission: Submission, made: Callable[[], msgspec.Struct | Response]
) -> Response:
    """What a function makes, away from the loop."""

    def content() -> Response:
        value = made()
        if isinstance(value, Response):
            return value
        return Response(msgspec.json.encode(value), media_type="application/json")

    return await read(service, submission, content)


async def read(service: Service, submission: Submission, made: Callable[[], T]) -> T:
    """What a function reads of a job, away from the loop.

    Raises:
        Refused: It cannot, or the job was removed meanwhile.
    """
    try:
        return await asyncio.to_thread(made)
    except InputError as error:
        service.job(submission.name)  # or it was removed meanwhile
        raise Refused(500, service.in_words(error), "lost") from error
    except TranscribeError as error:
        if isinstance(error, OutputError):
            error.hint = "Nothing was changed; the server needs room, and a folder that it may write into"
            error.what = error.what.replace(f"{service.store.folder(submission.name)}/", "")
        raise refused(error) from error


def document_of(service: Service, name: str) -> Path:
    """Where the transcript of a job lies."""
    return service.store.folder(name) / DOCUMENT


def who_of(request: Request, service: Service, given: str) -> str:
    """Whose key it is; without keys, the name that was given."""
    return str(request.state.client)[:LONGEST_NAME] if service.apart else plain_name(given)
