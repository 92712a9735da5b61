"""Chapters in tags: `CHAPTER001=00:00:00.000` with its `NAME` and `URL`, and cue sheets.

https://wiki.xiph.org/Chapter_Extension; the cue sheet is that of CDRWIN. ffmpeg makes chapters of the times
and names in Ogg and FLAC, and leaves the links and everything in other containers as tags.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from transcribe.pipeline.chapters.found import Found

Tags = Mapping[str, str]

_TAG = re.compile(r"chapter(\d{1,4})(name|url|)", re.IGNORECASE)
_TIME = re.compile(r"(\d{1,5}):(\d{1,2}):(\d{1,2})(?:[.,](\d{1,9}))?")
_TRACK = re.compile(r"TRACK\s+\d+\s+\w+", re.IGNORECASE)
_TITLE = re.compile(r'TITLE\s+(?:"([^"]*)"|(.+))', re.IGNORECASE)
_INDEX = re.compile(r"INDEX\s+0*1\s+(\d{1,6}):(\d{1,2}):(\d{1,2})", re.IGNORECASE)
CD_FRAMES = 75
"""Frames of a second in a cue sheet."""


def of_tags(tags: Tags, known: Sequence[Found]) -> tuple[Found, ...]:
    """The chapters that tags tell, or those known already with the links that tags tell.

    Args:
        tags: The container's, keys in lower case.
        known: Chapters that ffmpeg made, in the order of the tags' numbers.
    """
    said: dict[int, dict[str, str]] = {}
    for key, value in tags.items():
        if found := _TAG.fullmatch(key):
            said.setdefault(int(found[1]), {})[found[2].lower()] = value
    if known:
        first = 0 if 0 in said else 1  # both ways of counting are in use
        return tuple(
            replace(each, url=each.url or said.get(number, {}).get("url", ""))
            for number, each in enumerate(known, first)
        )
    timed = [
        Found(start, title=values.get("name", ""), url=values.get("url", ""))
        for _, values in sorted(said.items())
        if (start := _ms(values.get("", ""))) is not None
    ]
    return tuple(timed) or tuple(of_cue_sheet(tags.get("cuesheet", "")))


def without_chapters(tags: Sequence[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """The tags that tell of no chapter."""
    return tuple(pair for pair in tags if pair[0] != "cuesheet" and not _TAG.fullmatch(pair[0]))


def of_cue_sheet(text: str) -> Iterator[Found]:
    """The tracks of a cue sheet, each from its index 01."""
    title, inside = "", False
    for line in map(str.strip, text.splitlines()):
        if _TRACK.match(line):
            title, inside = "", True
        elif inside and (named := _TITLE.match(line)):
            title = named[1] if named[1] is not None else named[2]
        elif inside and (index := _INDEX.match(line)):
            minutes, seconds, frames = map(int, index.groups())
            yield Found((minutes * 60 + seconds) * 1000 + frames * 1000 // CD_FRAMES, title=title)
            inside = False


def _ms(text: str) -> int | None:
    found = _TIME.fullmatch(text.strip())
    if not found:
        return None
    hours, minutes, seconds = map(int, found.groups()[:3])
    return ((hours * 60 + minutes) * 60 + seconds) * 1000 + int((found[4] or "0").ljust(3, "0")[:3])
