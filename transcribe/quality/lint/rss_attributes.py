"""Attributes that several elements of a feed share: addresses and media types."""

from __future__ import annotations

import re

from transcribe.quality.lint.addresses import is_insecure, url_problem
from transcribe.quality.lint.finding import Findings, shown
from transcribe.quality.lint.xml_tree import Element

_MEDIA_TYPE = re.compile(r"[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}/[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}")


def check_url(element: Element, name: str, rule: str, findings: Findings, *, needed: bool = True) -> None:
    """Check an attribute that is a web address."""
    url = element.attributes.get(name)
    if url is None:
        if needed:
            findings.add(rule, f"{element.name} has no {name}", element.line, element.column)
    elif problem := url_problem(url.strip()):
        findings.add(rule, f"{name} {shown(url)} {problem}", element.line, element.column)
    elif is_insecure(url.strip()):
        findings.add("rss-insecure", f"{name} {shown(url)} goes without https", element.line, element.column)


def check_media_type(element: Element, rule: str, findings: Findings) -> bool:
    """Check the attribute `type`; whether it is a media type."""
    kind = element.attributes.get("type", "")
    if _MEDIA_TYPE.fullmatch(kind.strip()):
        return True
    message = (
        f"{element.name} has type {shown(kind)}, no media type" if kind else f"{element.name} has no type"
    )
    findings.add(rule, message, element.line, element.column)
    return False
