"""How a page for people is made: its language, its frame, its forms, its refusal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import parse_qsl, urlsplit

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from transcribe.formats.labels import tables, texts_in
from transcribe.formats.page import script_json
from transcribe.formats.templates import render_from, template_folder
from transcribe.formats.tokens import encodable
from transcribe.server.access.auth import PAGE_HEADERS, PAGES, Access, token_of, wants_page
from transcribe.server.errors import Refused
from transcribe.server.intake.uploads import blocks
from transcribe.server.language import WORDS, language_of
from transcribe.server.pages import assets
from transcribe.server.service import service_of

FORM_BYTES = 10_000
FORM_S = 10.0
"""How long a form of a page may take: nobody needs a key to send one."""


def page(request: Request, name: str, status: int = 200, **values: object) -> Response:
    """A page, made of `templates/server/NAME.html.j2`, in the language of whoever asks.

    Args:
        values: What its template gets, beside `words` (its texts), `language`, `languages` (what may be
            chosen: codes and their own names), `signed_in` (the name of the key, or empty), `path` (to come
            back to), `assets` (where its files are), `watching` (whether there is a page of watched folders)
            and `say` (the texts as JSON, for its script).
    """
    language = language_of(request)
    words = texts_in(WORDS, language)
    query = f"?{request.url.query}" if request.url.query else ""
    common = {
        "words": words,
        "language": language,
        "languages": [(code, each["language_name"]) for code, each in tables(WORDS).items()],
        "signed_in": _signed_in(request),
        "assets": f"/assets/{assets.version()}",
        "watching": bool(service_of(request).lookout),
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
    return (sessions.owner(token_of(request.headers, request.url.scheme)) or "") if sessions else ""


def is_wanted(request: Request) -> bool:
    """Whether a person looks at the answer."""
    return wants_page(request.method, request.url.path, request.headers)


def refused_page(request: Request, error: Refused) -> Response:
    """A request that cannot be met, told to a person."""
    missing = error.status in (404, 405)
    return page(request, "refused", error.status, missing=missing, message=error.message)


async def form_of(request: Request) -> dict[str, str]:
    """The fields that a form of a page has sent; of several alike, the last.

    Raises:
        Refused: They are too long, or come too slowly.
    """
    known = service_of(request).limits
    patience = min(FORM_S, known.chunk_seconds)
    limits = replace(known, body_bytes=FORM_BYTES, chunk_seconds=patience, patience_seconds=FORM_S)
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
