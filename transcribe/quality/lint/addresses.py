"""Web addresses and media types, as attributes and fields have them."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from transcribe.quality.lint.finding import Findings, shown
from transcribe.quality.lint.xml_tree import Element

_USUAL = re.compile(r"https?://[A-Za-z0-9.-]+(?:/[!-~]*)?")
"""Most addresses; taking them apart would cost ten times as much."""

_MEDIA_TYPE = re.compile(r"[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}/[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}")


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


def check_url(element: Element, name: str, rule: str, findings: Findings, *, needed: bool = True) -> None:
    """Check an attribute that is a web address."""
    url = element.attributes.get(name)
    if url is None:
        if needed:
            findings.add(rule, f"{element.name} has no {name}", *element.place)
    elif problem := url_problem(url.strip()):
        findings.add(rule, f"{name} {shown(url)} {problem}", *element.place)
    elif is_insecure(url.strip()):
        findings.add("rss-insecure", f"{name} {shown(url)} goes without https", *element.place)


def check_media_type(element: Element, rule: str, findings: Findings) -> bool:
    """Check the attribute `type`; whether it is a media type."""
    kind = element.attributes.get("type", "")
    if _MEDIA_TYPE.fullmatch(kind.strip()):
        return True
    message = (
        f"{element.name} has type {shown(kind)}, no media type" if kind else f"{element.name} has no type"
    )
    findings.add(rule, message, *element.place)
    return False
