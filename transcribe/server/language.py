"""The language of whoever asks: pages, and what an answer says to people, are in it."""

from __future__ import annotations

from starlette.requests import Request

from transcribe.formats.labels import FALLBACK, tables

WORDS = "server/words.toml"
LANGUAGE = "transcribe-language"
"""The cookie with the language that was chosen."""


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
