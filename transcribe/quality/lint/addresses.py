"""Web addresses as attributes and fields have them."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

_USUAL = re.compile(r"https?://[A-Za-z0-9.-]+(?:/[!-~]*)?")
"""Most addresses; taking them apart would cost ten times as much."""


def url_problem(url: str) -> str:
    """Why a text is no absolute web address; empty where it is one."""
    if _USUAL.fullmatch(url):
        return ""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return "is no address"
    if parts.scheme.lower() not in ("http", "https"):
        return "does not begin with https://"
    if not parts.hostname:
        return "names no host"
    return "contains spaces" if re.search(r"\s", url) else ""


def is_insecure(url: str) -> bool:
    """Whether an address that is right otherwise goes without encryption."""
    return url[:5].lower() == "http:" and not url_problem(url)
