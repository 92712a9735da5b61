"""Cue settings of WebVTT: `align:start position:10%` (W3C WebVTT, section 4.4)."""

from __future__ import annotations

import re

from transcribe.lint.finding import Findings, shown

_PERCENT = r"(?:100(?:\.0+)?|[0-9]{1,2}(?:\.[0-9]+)?)%"

_FORMS = {
    "vertical": re.compile("rl|lr"),
    "line": re.compile(rf"(?:-?[0-9]+|{_PERCENT})(?:,(?:start|center|end))?"),
    "position": re.compile(rf"{_PERCENT}(?:,(?:line-left|center|line-right))?"),
    "size": re.compile(_PERCENT),
    "align": re.compile("start|center|end|left|right"),
    "region": re.compile(r"\S+"),
}


def check_settings(settings: str, number: int, head: str, findings: Findings) -> None:
    """Check what stands behind the times of a cue.

    Args:
        settings: That part.
        number: Of the line.
        head: The whole line.
        findings: Where mistakes are noted.
    """
    seen: set[str] = set()
    offset = len(head) - len(settings)
    for match in re.finditer(r"[^ \t]+", settings):
        name, _, value = match[0].partition(":")
        form = _FORMS.get(name)
        problem = ""
        if form is None:
            problem = "is no cue setting"
        elif form.fullmatch(value) is None:
            problem = f"has no value that {name} takes"
        elif name in seen:
            problem = "sets it a second time"
        seen.add(name)
        if problem:
            findings.add("vtt-setting", f"{shown(match[0])} {problem}", number, offset + match.start() + 1)
