"""The application: which function meets which request, and the loop that works meanwhile."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress

from h11 import LocalProtocolError
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from transcribe.core.errors import TranscribeError
from transcribe.core.events import Progress, Warned
from transcribe.core.unexpected import for_people
from transcribe.server.access.auth import Access, Gate
from transcribe.server.api import (
    about,
    approving,
    editing,
    jobs_api,
    openapi,
    operations,
    reviewing,
    said,
    searching,
    speech_api,
)
from transcribe.server.errors import Refused, refused
from transcribe.server.pages import assets, episode, home, library, page, sign_in, watched
from transcribe.server.service import Service

ROUTES: Sequence[Route] = (
    Route("/assets/{version}/{name}", assets.asset, methods=["GET"], include_in_schema=False),
    Route("/health", operations.health, methods=["GET"]),
    Route("/metrics", operations.metrics, methods=["GET"]),
    Route("/v1/models", speech_api.models, methods=["GET"]),
    Route("/v1/models/{model}", speech_api.models, methods=["GET"]),
    Route("/v1/audio/transcriptions", speech_api.transcriptions, methods=["POST"]),
    Route("/v1/audio/translations", speech_api.translations, methods=["POST"]),
    Route("/v1/jobs", jobs_api.submit, methods=["POST"]),
    Route("/v1/jobs", jobs_api.listing, methods=["GET"]),
    Route("/v1/jobs/{id}", jobs_api.status, methods=["GET"]),
    Route("/v1/jobs/{id}", jobs_api.remove, methods=["DELETE"]),
    Route("/v1/jobs/{id}/events", jobs_api.events, methods=["GET"]),
    Route("/v1/jobs/{id}/again", jobs_api.again, methods=["POST"]),
    Route("/v1/jobs/{id}/cancel", jobs_api.cancel, methods=["POST"]),
    Route("/v1/jobs/{id}/results/{format}", jobs_api.result, methods=["GET"]),
    Route("/v1/events", jobs_api.all_events, methods=["GET"]),
    Route("/v1/search", searching.search, methods=["GET"]),
    Route("/episodes/{id}/transcript", said.transcript, methods=["GET"]),
    Route("/episodes/{id}/edits", editing.edits, methods=["POST"]),
    Route("/episodes/{id}/speakers", editing.speakers, methods=["POST"]),
    Route("/episodes/{id}/review", reviewing.review, methods=["GET"]),
    Route("/episodes/{id}/decisions", reviewing.decisions, methods=["POST"]),
    Route("/episodes/{id}/heard", reviewing.heard, methods=["POST"]),
    Route("/episodes/{id}/approvals", approving.approvals, methods=["POST"]),
    Route("/episodes/{id}/title", about.title, methods=["POST"]),
    Route("/episodes/{id}/vocabulary", about.names, methods=["GET"]),
    Route("/episodes/{id}/sound", about.sound, methods=["GET"]),
    Route("/openapi.json", openapi.described, methods=["GET"]),
    Route("/", home.home, methods=["GET"], include_in_schema=False),
    Route("/episodes/{id}", episode.shown, methods=["GET"], include_in_schema=False),
    Route("/library", library.library, methods=["GET"], include_in_schema=False),
    Route("/watched", watched.watched, methods=["GET"], include_in_schema=False),
    Route("/sign-in", sign_in.shown, methods=["GET"], include_in_schema=False),
    Route("/sign-in", sign_in.sign_in, methods=["POST"], include_in_schema=False),
    Route("/sign-out", sign_in.sign_out, methods=["POST"], include_in_schema=False),
    Route("/language", home.choose_language, methods=["POST"], include_in_schema=False),
)


def application(service: Service, access: Access, progress: Progress) -> ASGIApp:
    """Everything behind the gate.

    Args:
        progress: Told a line about each request, and what goes wrong.
    """

    @asynccontextmanager
    async def life(_app: Starlette) -> AsyncIterator[None]:
        loop = asyncio.create_task(service.dispatcher.run())
        loop.add_done_callback(lambda ended: _died(ended, progress))
        tasks = [loop]
        if service.archive is not None:
            tasks.append(asyncio.create_task(service.archive.run()))
        try:
            yield
        finally:
            for each in reversed(tasks):
                each.cancel()
                with suppress(asyncio.CancelledError):
                    await each

    async def unforeseen(_request: Request, error: Exception) -> Response:
        if not isinstance(error, LocalProtocolError):  # that client's HTTP is broken, and it was told so
            progress(Warned(str(for_people(error, debug=False))))
        what = "something unforeseen happened; the server's log says what"
        return Refused(500, what, "unforeseen").response()

    foreseen = (Refused, TranscribeError, HTTPException, ClientDisconnect)
    app = Starlette(
        routes=list(ROUTES),
        lifespan=life,
        exception_handlers={**dict.fromkeys(foreseen, _foreseen), Exception: unforeseen},
    )
    app.router.redirect_slashes = False  # there are clients that follow no redirect
    app.state.service, app.state.access = service, access
    return Gate(app, access, progress)


def _died(ended: asyncio.Task[None], progress: Progress) -> None:
    """A server whose loop has ended is of no use; whoever runs it starts it again."""
    if not ended.cancelled() and (error := ended.exception()) is not None:
        progress(Warned(f"the server ends: {error}"))
        os._exit(1)


async def _foreseen(request: Request, error: Exception) -> Response:
    if isinstance(error, TranscribeError):
        error = refused(error)
    elif isinstance(error, HTTPException):
        code = "method_not_allowed" if error.status_code == 405 else "not_found"
        what = f"{request.method} {request.url.path} is not answered here"
        error = Refused(error.status_code, what, code)
    if isinstance(error, Refused):
        return page.refused_page(request, error) if page.is_wanted(request) else error.response()
    return Response(status_code=499)  # the client is gone
