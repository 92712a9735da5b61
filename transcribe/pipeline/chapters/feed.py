"""Chapters that a feed has: Podlove's in an item, or Podcasting 2.0's in a file beside the feed.

https://podlove.org/simple-chapters and https://github.com/Podcastindex-org/podcast-namespace: `chapters`.
Nothing is fetched, and no file outside the feed's folder is read.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

from transcribe.core.errors import InputError
from transcribe.core.reading import read_bounded, real
from transcribe.core.show_notes import Chapter
from transcribe.pipeline.chapters.found import LATEST_MS, Found, ordered

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

PODLOVE = "{http://podlove.org/simple-chapters}"
PODCAST = "{https://podcastindex.org/namespace/1.0}"
OLDER_PODCAST = "{https://github.com/Podcastindex-org/podcast-namespace/blob/main/docs/1.0.md}"

MOST_BYTES = 4 * 2**20
"""Of a file of chapters; a thousand with links have a fifth of a MiB."""

_TIME = re.compile(r"(?:(?:(\d{1,5}):)?(\d{1,5}):)?(\d{1,9})(?:\.(\d{1,9}))?")


def chapters_of_item(item: Element, folder: Path) -> tuple[Chapter, ...]:
    """The chapters that an item of a feed has; none where it has none that can be read."""
    for place in item.iter(f"{PODLOVE}chapters"):
        if found := ordered(_podlove(place)):
            return found
    for name in (f"{PODCAST}chapters", f"{OLDER_PODCAST}chapters"):
        for place in item.iter(name):
            if found := ordered(_podcasting(place.get("url", ""), folder)):
                return found
    return ()


def _podlove(place: Element) -> Iterator[Found]:
    for each in place.iter(f"{PODLOVE}chapter"):
        start = _ms(each.get("start", ""))
        if start is not None:
            said = {key: each.get(key, "") for key in ("title", "href", "image")}
            yield Found(start, title=said["title"], url=said["href"], image=said["image"])


def _podcasting(address: str, folder: Path) -> Iterator[Found]:
    path = _beside(address, folder)
    if path is None:
        return
    try:
        document = json.loads(read_bounded(path, MOST_BYTES, "a file of chapters"))
    except (InputError, ValueError, RecursionError):
        return
    listed = document.get("chapters") if isinstance(document, dict) else None
    for each in listed if isinstance(listed, list) else ():
        if isinstance(each, dict) and each.get("toc") is not False:
            start, end = (_seconds(each.get(key)) for key in ("startTime", "endTime"))
            said = {key: text for key in ("title", "url", "img") if isinstance(text := each.get(key), str)}
            if start is not None:
                yield Found(start, end, said.get("title", ""), said.get("url", ""), said.get("img", ""))


def _beside(address: str, folder: Path) -> Path | None:
    """The file that a relative address means, if it lies in the feed's folder."""
    name = unquote(address.strip())
    if not name or "\0" in name or "://" in name or not address.isprintable():
        return None
    try:
        inside = real(folder)
        path = real(inside / name)
    except (OSError, RuntimeError, ValueError):
        return None
    return path if path.is_relative_to(inside) and path.suffix.lower() == ".json" else None


def _seconds(value: object) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return round(value * 1000) if 0 <= value <= LATEST_MS / 1000 else None


def _ms(text: str) -> int | None:
    found = _TIME.fullmatch(text.strip())
    if not found:
        return None
    hours, minutes, seconds = (int(each or 0) for each in found.groups()[:3])
    return ((hours * 60 + minutes) * 60 + seconds) * 1000 + int((found[4] or "0").ljust(3, "0")[:3])
