"""Podcasting 2.0 transcripts in JSON (podcast-namespace, docs/examples/transcripts/transcripts.md)."""

from __future__ import annotations

from typing import Any

from transcribe.quality.lint.json_fields import (
    LIST,
    NUMBER,
    TEXT,
    check_fields,
    check_milliseconds,
    is_a,
    number_of,
    said,
)
from transcribe.quality.lint.json_text import JsonFindings, Path
from transcribe.quality.lint.length import Length, is_past

VERSION = "1.0.0"
_TOP = {"version": TEXT, "segments": LIST}
_SEGMENT = {"speaker": TEXT, "startTime": NUMBER, "endTime": NUMBER, "body": TEXT}


def check(value: object, length: Length | None, findings: JsonFindings) -> None:
    """Check the value of a transcript's JSON."""
    if not isinstance(value, dict) or not isinstance(value.get("segments"), list):
        findings.add("transcript-shape", "there is no list segments in an object", ())
        return
    check_fields(value, (), _TOP, "transcript", findings)
    version = value.get("version")
    if version != VERSION:
        path: Path = ("version",) if "version" in value else ()
        findings.add("transcript-version", f"version is {said(version)}, not {VERSION!r}", path)
    segments = value["segments"]
    if not segments:
        findings.add("transcript-none", "there are no segments", ("segments",))
    _check_segments(segments, length, findings)


def _check_segments(segments: list[Any], length: Length | None, findings: JsonFindings) -> None:
    latest = 0.0
    times: list[float] = []
    last: Path = ()
    for index, segment in enumerate(segments):
        path: Path = ("segments", index)
        if not isinstance(segment, dict):
            findings.add("transcript-shape", "a segment is an object", path)
            continue
        check_fields(segment, path, _SEGMENT, "transcript", findings)
        _check_body(segment, path, findings)
        start = number_of(segment, "startTime")
        _check_times(segment, path, length, findings)
        if start is not None:
            if start < latest:
                message = f"the segment starts at {start:g} s, the one before at {latest:g} s"
                findings.add("transcript-order", message, (*path, "startTime"))
            latest = start
            times.append(start)
            last = (*path, "startTime")
    check_milliseconds(times, "transcript", last, length, findings)


def _check_body(segment: dict[str, Any], path: Path, findings: JsonFindings) -> None:
    if "body" not in segment:
        findings.add("transcript-body-missing", "the segment has no body", path)
    elif is_a(segment["body"], TEXT) and not segment["body"].strip():
        findings.add("transcript-body-empty", "the body is empty", (*path, "body"))


def _check_times(segment: dict[str, Any], path: Path, length: Length | None, findings: JsonFindings) -> None:
    if "startTime" not in segment:
        findings.add("transcript-start-missing", "the segment has no startTime", path)
    start, end = number_of(segment, "startTime"), number_of(segment, "endTime")
    for name, time in (("startTime", start), ("endTime", end)):
        if time is not None and time < 0:
            findings.add("transcript-negative", f"{name} is {time:g}", (*path, name))
    if start is not None and end is not None and end < start:
        message = f"the segment ends at {end:g} s, before its start at {start:g} s"
        findings.add("transcript-end", message, (*path, "endTime"))
    latest = max((time for time in (start, end) if time is not None), default=0.0)
    if is_past(length, latest * 1000 - 1):  # times in floats are rounded
        message = f"the segment ends at {latest:g} s, {length}"
        findings.add("transcript-past-end", message, path)
