"""Signing in with a key, where keys are demanded, and out again."""

from __future__ import annotations

import asyncio

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from transcribe.server.access.auth import SIGN_IN, cookie_of, token_of
from transcribe.server.access.sessions import LASTS_S
from transcribe.server.pages.page import access_of, form_of, is_private, next_of, page

WRONG_S = 1.0
"""How long a wrong key is thought about; a right one cannot be guessed anyway."""


async def shown(request: Request) -> Response:
    """GET /sign-in: ask for a key."""
    after = next_of(request.query_params)
    if access_of(request).sessions is None:
        return RedirectResponse(after, 303)
    return page(request, "sign-in", next=after, wrong=False)


async def sign_in(request: Request) -> Response:
    """POST /sign-in: with the right key, begin a session."""
    sessions = access_of(request).sessions
    fields = await form_of(request)
    after = next_of(fields)
    if sessions is None:
        return RedirectResponse(after, 303)
    token = sessions.begin(fields.get("key", "").strip(), token_of(request.headers, request.url.scheme))
    if token is None:
        await asyncio.sleep(WRONG_S)
        return page(request, "sign-in", 401, next=after, wrong=True)
    answer = RedirectResponse(after, 303)
    answer.set_cookie(
        cookie_of(request.headers, request.url.scheme),
        token,
        max_age=LASTS_S,
        httponly=True,
        samesite="strict",
        secure=is_private(request),
    )
    return answer


async def sign_out(request: Request) -> Response:
    """POST /sign-out: end the session."""
    if sessions := access_of(request).sessions:
        sessions.end(token_of(request.headers, request.url.scheme))
    answer = RedirectResponse(SIGN_IN, 303)
    answer.delete_cookie(cookie_of(request.headers, request.url.scheme), secure=is_private(request))
    return answer
