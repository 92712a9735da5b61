"""The pages for people: how they are made and what they are made of; the home page."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from urllib.parse import parse_qsl, urlsplit

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from transcribe.core.errors import TranscribeError
from transcribe.core.reading import read_regular
from transcribe.formats.labels import FALLBACK, tables, texts_in
from transcribe.formats.page import script_json
from transcribe.formats.templates import render_from, template_folder
from transcribe.formats.tokens import encodable
from transcribe.server.auth import PAGE_HEADERS, PAGES, READS, Access, token_of
from transcribe.server.errors import Refused
from transcribe.server.service import Service, service_of
from transcribe.server.uploads import blocks

WORDS = "server/words.toml"
LANGUAGE = "transcribe-language"
"""The cookie with the language that was chosen."""

ASSETS: Mapping[str, tuple[str, str]] = {
    "look.css": ("page/look.css", "text/css"),
    "app.css": ("server/app.css", "text/css"),
    "icon.svg": ("server/icon.svg", "image/svg+xml"),
    "theme.js": ("server/theme.js", "text/javascript"),
    "player.css": ("page/player.css", "text/css"),
    "episode.css": ("server/episode.css", "text/css"),
    "time.js": ("page/time.js", "text/javascript"),
    "player.js": ("page/player.js", "text/javascript"),
    "follow.js": ("page/follow.js", "text/javascript"),
    "saving.js": ("server/saving.js", "text/javascript"),
    "episode.js": ("server/episode.js", "text/javascript"),
    "home.js": ("server/home.js", "text/javascript"),
    "library.js": ("server/library.js", "text/javascript"),
}
"""What pages load: by name, its file among the templates and its media type."""

FORM_BYTES = 10_000
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


async def asset(request: Request) -> Response:
    """GET /assets/{name}: a style, a script or a picture of the pages."""
    known = ASSETS.get(request.path_params["name"])
    if known is None:
        raise Refused(404, "there is no such file", "not_found")
    content, tag = _content(known[0])
    headers = {"ETag": tag, "Cache-Control": "no-cache"}
    if tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(content, headers=headers, media_type=known[1])


@cache
def _content(path: str) -> tuple[bytes, str]:
    content = read_regular(template_folder() / path)
    return content, f'"{hashlib.sha256(content).hexdigest()[:32]}"'


def page(request: Request, name: str, status: int = 200, **values: object) -> Response:
    """A page, made of `templates/server/NAME.html.j2`, in the language of whoever asks.

    Args:
        values: What its template gets, beside `words` (its texts), `language`, `languages` (what may be
            chosen: codes and their own names), `signed_in` (the name of the key, or empty), `path` (to come
            back to) and `say` (the texts as JSON, for its script).
    """
    language = language_of(request)
    words = texts_in(WORDS, language)
    query = f"?{request.url.query}" if request.url.query else ""
    common = {
        "words": words,
        "language": language,
        "languages": [(code, each["language_name"]) for code, each in tables(WORDS).items()],
        "signed_in": _signed_in(request),
        "path": f"{request.url.path}{query}",
        "say": Markup(script_json(dict(words))),  # noqa: S704 - escaped for where it stands
    }
    text = render_from((template_folder(),), f"server/{name}.html.j2", **common, **values)
    return Response(encodable(text), status, PAGE_HEADERS, media_type="text/html")


def access_of(request: Request) -> Access:
    """Who may ask."""
    access: Access = request.app.state.access
    return access


def _signed_in(request: Request) -> str:
    sessions = access_of(request).sessions
    return (sessions.owner(token_of(request.headers)) or "") if sessions else ""


def is_wanted(request: Request) -> bool:
    """Whether a person looks at the answer."""
    return request.method in READS and (
        PAGES.fullmatch(request.url.path) is not None or request.headers.get("sec-fetch-dest") == "document"
    )


def refused_page(request: Request, error: Refused) -> Response:
    """A request that cannot be met, told to a person."""
    missing = error.status in (404, 405)
    return page(request, "refused", error.status, missing=missing, message=error.message)


def language_of(request: Request) -> str:
    """The language of the pages: the one that was chosen, else the browser's first that there is."""
    chosen = request.cookies.get(LANGUAGE, "")
    if chosen in tables(WORDS):
        return chosen
    wanted: list[tuple[float, str]] = []
    for each in request.headers.get("accept-language", "").split(","):
        code, _, weight = each.strip().partition(";q=")
        try:
            wanted.append((float(weight or 1), code.partition("-")[0].lower()))
        except ValueError:
            continue
    ordered = sorted(wanted, key=lambda each: -each[0])
    return next((code for weight, code in ordered if weight > 0 and code in tables(WORDS)), FALLBACK)


async def form_of(request: Request) -> dict[str, str]:
    """The fields that a form of a page has sent; of several alike, the last.

    Raises:
        Refused: They are too long, or come too slowly.
    """
    limits = replace(service_of(request).limits, body_bytes=FORM_BYTES)
    body = b"".join([each async for each in blocks(request, limits)])
    return dict(parse_qsl(body.decode("utf-8", "replace")))


def next_of(fields: Mapping[str, str]) -> str:
    """Where to go afterwards: one of our pages."""
    wanted = fields.get("next", "")
    try:
        ours = PAGES.fullmatch(urlsplit(wanted).path) and wanted.startswith("/") and wanted[1:2] != "/"
        ours = ours and wanted.isprintable()
    except ValueError:
        ours = False
    return wanted if ours else "/"


def is_private(request: Request) -> bool:
    """Whether the browser has come through TLS, as far as we or a proxy on this machine can tell."""
    return request.url.scheme == "https"
