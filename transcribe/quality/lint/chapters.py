"""Chapters in JSON, version 1.2 (podcast-namespace, docs/examples/chapters/jsonChapters.md)."""

from __future__ import annotations

from typing import Any

from transcribe.quality.lint.addresses import is_insecure, url_problem
from transcribe.quality.lint.finding import shown
from transcribe.quality.lint.json_fields import (
    BOOL,
    LIST,
    NUMBER,
    OBJECT,
    TEXT,
    Form,
    check_fields,
    check_milliseconds,
    is_a,
    objects_in,
    times_of,
)
from transcribe.quality.lint.json_text import JsonFindings, Path
from transcribe.quality.lint.limits import Length, is_past

_LOCATION = {"name": TEXT, "geo": TEXT, "osm": TEXT}
_FORM = Form(
    "chapter",
    "chapters",
    ("1.0", "1.0.0", "1.1", "1.1.0", "1.2", "1.2.0"),
    {
        **dict.fromkeys(("version", "author", "title", "podcastName", "description", "fileName"), TEXT),
        "chapters": LIST,
        "waypoints": BOOL,
    },
    {
        **dict.fromkeys(("title", "img", "url"), TEXT),
        **dict.fromkeys(("startTime", "endTime"), NUMBER),
        "toc": BOOL,
        "location": OBJECT,
    },
    "chapters",
)


def check(value: object, length: Length | None, findings: JsonFindings) -> None:
    """Check the value of the JSON of chapters."""
    starts: list[tuple[float, Path, bool]] = []
    for chapter, path in objects_in(value, _FORM, findings):
        _check_texts(chapter, path, findings)
        start, end = times_of(chapter, path, _FORM, findings)
        for name, time in (("startTime", start), ("endTime", end)):
            if time is not None and is_past(length, time * 1000 - 1):  # times in floats are rounded
                findings.add("chapters-past-end", f"{name} is {time:g} s, {length}", (*path, name))
        if start is not None and end is not None and end <= start:
            message = f"the chapter ends at {end:g} s, not after its start at {start:g} s"
            findings.add("chapters-end", message, (*path, "endTime"))
        if start is not None:
            starts.append((start, (*path, "startTime"), chapter.get("toc") is not False))
    _check_starts(starts, length, findings)


def _check_starts(
    starts: list[tuple[float, Path, bool]], length: Length | None, findings: JsonFindings
) -> None:
    latest, visible = 0.0, -1.0
    for number, (start, path, shows) in enumerate(starts):
        if number == 0 and start > 0:
            findings.add("chapters-first-at-zero", f"the first chapter starts at {start:g} s", path)
        if start < latest:
            message = f"the chapter starts at {start:g} s, the one before at {latest:g} s"
            findings.add("chapters-order", message, path)
        elif shows and start == visible:
            findings.add("chapters-same-start", f"the chapter starts at {start:g} s, as the one before", path)
        latest = start
        visible = start if shows else visible
    if starts:
        check_milliseconds([start for start, _, _ in starts], "chapters", starts[-1][1], length, findings)


def _check_texts(chapter: dict[str, Any], path: Path, findings: JsonFindings) -> None:
    title = chapter.get("title", "")
    if chapter.get("toc") is not False and isinstance(title, str) and not title.strip():
        findings.add("chapters-title", "the chapter has no title", path)
    for name in ("img", "url"):
        url = chapter.get(name)
        if not isinstance(url, str):
            continue
        if problem := url_problem(url):
            findings.add("chapters-url", f"{name} {shown(url)} {problem}", (*path, name))
        elif is_insecure(url):
            findings.add("chapters-insecure", f"{name} {shown(url)} goes without https", (*path, name))
    location = chapter.get("location")
    if isinstance(location, dict):
        _check_location(location, (*path, "location"), findings)


def _check_location(location: dict[str, Any], path: Path, findings: JsonFindings) -> None:
    check_fields(location, path, _LOCATION, "chapters", findings)
    if not location.get("name"):
        findings.add("chapters-location", "the location has no name", path)
    geo = location.get("geo")
    if not (is_a(geo, TEXT) and str(geo).startswith("geo:")):
        findings.add("chapters-location", "the location has no geo: address", path)
