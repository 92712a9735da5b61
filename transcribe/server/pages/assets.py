"""The files that pages load: styles, scripts, a picture."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import cache

from starlette.requests import Request
from starlette.responses import Response

from transcribe.core.reading import read_regular
from transcribe.formats.templates import template_folder
from transcribe.server.errors import Refused

MODULES = (
    "choices.js", "edits.js", "episode.js", "find.js", "hearing.js", "lines.js", "listening.js", "merging.js",
    "review.js",
)  # fmt: skip
"""The modules of the page of an episode; `episode.js` begins."""

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
    "home.js": ("server/home.js", "text/javascript"),
    "dialogs.js": ("server/dialogs.js", "text/javascript"),
    "library.js": ("server/library.js", "text/javascript"),
    "search.js": ("server/search.js", "text/javascript"),
    "watched.js": ("server/watched.js", "text/javascript"),
    **{name: (f"server/episode/{name}", "text/javascript") for name in MODULES},
}
"""What pages load: by name, its file among the templates and its media type."""

KEPT = "public, max-age=31536000, immutable"
"""Browsers ask for a file once: at one address there is never another one."""


async def asset(request: Request) -> Response:
    """GET /assets/{version}/{name}: a style, a script or a picture of the pages.

    Raises:
        Refused: There is none of that name and version.
    """
    known = ASSETS.get(request.path_params["name"])
    if known is None or request.path_params["version"] != version():
        raise Refused(404, "there is no such file", "not_found")
    return Response(_content(known[0]), headers={"Cache-Control": KEPT}, media_type=known[1])


@cache
def version() -> str:
    """What stands in the addresses of these files; another one where any of them is another."""
    digest = hashlib.sha256()
    for path, _ in ASSETS.values():
        digest.update(hashlib.sha256(_content(path)).digest())
    return digest.hexdigest()[:16]


@cache
def _content(path: str) -> bytes:
    return read_regular(template_folder() / path)
