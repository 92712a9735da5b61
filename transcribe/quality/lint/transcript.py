"""Podcasting 2.0 transcripts in JSON (podcast-namespace, docs/examples/transcripts/transcripts.md)."""

from __future__ import annotations

from typing import Any

from transcribe.quality.lint.json_fields import (
    LIST,
    NUMBER,
    TEXT,
    Form,
    check_milliseconds,
    is_a,
    objects_in,
    times_of,
)
from transcribe.quality.lint.json_text import JsonFindings, Path
from transcribe.quality.lint.limits import Length, is_past

_FORM = Form(
    "segment",
    "segments",
    ("1.0.0",),
    {"version": TEXT, "segments": LIST},
    {"speaker": TEXT, "startTime": NUMBER, "endTime": NUMBER, "body": TEXT},
    "transcript",
)


def check(value: object, length: Length | None, findings: JsonFindings) -> None:
    """Check the value of a transcript's JSON."""
    times: list[float] = []
    last: Path = ()
    for segment, path in objects_in(value, _FORM, findings):
        _check_body(segment, path, findings)
        start, end = times_of(segment, path, _FORM, findings)
        if start is not None and end is not None and end < start:
            message = f"the segment ends at {end:g} s, before its start at {start:g} s"
            findings.add("transcript-end", message, (*path, "endTime"))
        latest = max((time for time in (start, end) if time is not None), default=0.0)
        if is_past(length, latest * 1000 - 1):  # times in floats are rounded
            findings.add("transcript-past-end", f"the segment ends at {latest:g} s, {length}", path)
        if start is not None:
            last = (*path, "startTime")
            before = times[-1] if times else 0.0
            if start < before:
                message = f"the segment starts at {start:g} s, the one before at {before:g} s"
                findings.add("transcript-order", message, last)
            times.append(start)
    check_milliseconds(times, "transcript", last, length, findings)


def _check_body(segment: dict[str, Any], path: Path, findings: JsonFindings) -> None:
    if "body" not in segment:
        findings.add("transcript-body-missing", "the segment has no body", path)
    elif is_a(segment["body"], TEXT) and not segment["body"].strip():
        findings.add("transcript-body-empty", "the body is empty", (*path, "body"))
