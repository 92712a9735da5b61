"""Which kind of file something is: by its ending, else by how it begins."""

from __future__ import annotations

import re
from pathlib import PurePath

SUFFIXES = {
    ".vtt": "vtt",
    ".srt": "srt",
    ".json": "json",
    ".psc": "psc",
    ".xml": "xml",
    ".rss": "xml",
}
"""Kind by ending. `json` and `xml` are told further by what is in them."""

UNCHECKED = {
    ".csv": "a table",
    ".docx": "a Word document",
    ".htm": "a web page",
    ".html": "a web page",
    ".lrc": "LRC",
    ".md": "Markdown",
    ".rttm": "RTTM",
    ".tsv": "a table",
    ".ttml": "TTML",
    ".txt": "text",
}
"""Formats of transcripts by ending, with a name for people, that have no rules here."""

_SRT_START = re.compile(r"\s*[0-9]+[ \t]*\r?\n[0-9:,. \t]{8,20}-->")


def kind_of(name: str, text: str) -> str | None:
    """The kind of a file, `json`, `xml` and `unchecked` among them; None where it is no known one."""
    ending = PurePath(name).suffix.lower()
    if ending in SUFFIXES:
        return SUFFIXES[ending]
    head = text[:1000].lstrip()
    if head.startswith("WEBVTT"):
        return "vtt"
    if ending in UNCHECKED:
        return "srt" if _SRT_START.match(text) else "unchecked"
    if head[:1] in ("{", "["):
        return "json"
    if head[:1] == "<":
        return "xml"
    return "srt" if "-->" in head else None


CORRECTIONS, DECISIONS, APPROVALS = "transcribe.corrections", "transcribe.decisions", "transcribe.approvals"
"""The `schema` of the files beside a document."""
OURS = ("transcribe.transcript", CORRECTIONS, DECISIONS, APPROVALS)


def json_kind(name: str, value: object) -> str | None:
    """What a JSON value is: `document`, `transcript`, `chapters`, or None."""
    if isinstance(value, dict):
        if "schema" in value and value["schema"] in (
            "transcribe.transcript",
            CORRECTIONS,
            DECISIONS,
            APPROVALS,
        ):
            return "document"
        if "chapters" in value and "segments" not in value:
            return "chapters"
        if "segments" in value:
            return "transcript"
    path = PurePath(name)
    told = path.name.lower()
    return next((kind for kind in ("chapters", "transcript") if kind in told), None)
