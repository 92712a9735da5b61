"""The home page: recordings are handed in and followed; the language of all pages is chosen."""

from __future__ import annotations

import asyncio

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from transcribe.core.errors import TranscribeError
from transcribe.formats.labels import tables
from transcribe.server.language import LANGUAGE, WORDS
from transcribe.server.pages.page import form_of, is_private, next_of, page
from transcribe.server.service import Service, service_of

YEAR_S = 365 * 86_400


async def home(request: Request) -> Response:
    """GET /: hand recordings in, and see what becomes of them."""
    service = service_of(request)
    settings = service.store.settings_of({})
    return page(
        request,
        "home",
        known_languages=service.languages,
        speakers_missing=not await asyncio.to_thread(_tells_speakers, service),
        notes_on=settings.notes.notes,
        writer=settings.notes.writer,
    )


def _tells_speakers(service: Service) -> bool:
    """Whether what tells speakers apart is installed."""
    try:
        service.check(service.store.settings_of({"speakers": "auto"}))
    except TranscribeError:
        return False
    return True


async def choose_language(request: Request) -> Response:
    """POST /language: show the pages in a language from now on."""
    fields = await form_of(request)
    answer = RedirectResponse(next_of(fields), 303)
    if (language := fields.get("language", "")) in tables(WORDS):
        answer.set_cookie(
            LANGUAGE, language, max_age=YEAR_S, samesite="strict", httponly=True, secure=is_private(request)
        )
    return answer
