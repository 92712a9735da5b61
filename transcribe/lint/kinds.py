"""Which kind of file something is: by its ending, else by how it begins."""

from __future__ import annotations

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

KINDS = ("vtt", "srt", "transcript", "chapters", "psc", "rss")
"""What a file can be said to be, with `--as`."""


def kind_of(name: str, text: str) -> str | None:
    """The kind of a file, `json` and `xml` among them; None where it is no known one."""
    by_ending = SUFFIXES.get(PurePath(name).suffix.lower())
    if by_ending is not None:
        return by_ending
    head = text[:1000].lstrip()
    if head.startswith("WEBVTT"):
        return "vtt"
    if head[:1] in ("{", "["):
        return "json"
    if head[:1] == "<":
        return "xml"
    return "srt" if "-->" in head else None


def json_kind(name: str, value: object) -> str | None:
    """What a JSON value is: `transcript`, `chapters`, or None."""
    if isinstance(value, dict):
        if "schema" in value and value["schema"] == "transcribe.transcript":
            return None
        if "chapters" in value and "segments" not in value:
            return "chapters"
        if "segments" in value:
            return "transcript"
    path = PurePath(name)
    told = path.name.lower()
    return next((kind for kind in ("chapters", "transcript") if kind in told), None)
