"""Elements of the podcast namespace in a feed: transcript, chapters, person, soundbite."""

from __future__ import annotations

import re

from transcribe.quality.lint.addresses import check_media_type, check_url
from transcribe.quality.lint.finding import Findings, shown
from transcribe.quality.lint.limits import Length, is_past
from transcribe.quality.lint.xml_tree import Element

TRANSCRIPT_TYPES = {
    "text/vtt": (".vtt",),
    "application/x-subrip": (".srt",),
    "application/srt": (".srt",),
    "application/json": (".json",),
    "text/html": (".html", ".htm"),
    "text/plain": (".txt",),
}
"""Media types of transcripts, and how the addresses of such files end."""

TIMED = ("text/vtt", "application/x-subrip", "application/srt", "application/json")
CHAPTERS_TYPE = "application/json+chapters"
LONGEST_NAME = 128
BITE_SECONDS = (15.0, 120.0)

IN_ITEM = ("podcast:transcript", "podcast:chapters", "podcast:soundbite")
"""Elements that stand in items only."""

_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8}){0,8}")
_SECONDS = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,9})?")


def check_channel(channel: Element, findings: Findings) -> None:
    """Check what stands beside the items of a channel."""
    for element in channel.children:
        if element.name in IN_ITEM:
            findings.add("rss-place", f"{element.name} belongs into an item", *element.place)
        elif element.name == "podcast:person":
            _check_person(element, findings)


def check_item(item: Element, length: Length | None, findings: Findings) -> None:
    """Check the podcast elements of an item."""
    _check_transcripts(item.all("podcast:transcript"), findings)
    chapters = item.all("podcast:chapters")
    for second in chapters[1:2]:
        findings.add("rss-chapters-many", "the item has a second podcast:chapters", *second.place)
    for element in chapters:
        _check_chapters(element, findings)
    for element in item.all("podcast:person"):
        _check_person(element, findings)
    for element in item.all("podcast:soundbite"):
        _check_soundbite(element, length, findings)


def _check_transcripts(transcripts: list[Element], findings: Findings) -> None:
    kinds = set()
    for element in transcripts:
        check_url(element, "url", "rss-transcript-url", findings)
        if check_media_type(element, "rss-transcript-type", findings):
            kinds.add(_media_type(element))
            _check_transcript_type(element, findings)
        _check_rel(element, findings)
        language = element.attributes.get("language")
        if language is not None and _LANGUAGE.fullmatch(language) is None:
            message = f"language {shown(language)} is no language tag such as en or pt-BR"
            findings.add("rss-transcript-language", message, *element.place)
    if kinds and "text/vtt" not in kinds:
        first = transcripts[0]
        findings.add("rss-transcript-vtt", "no transcript is text/vtt", *first.place)


def _media_type(element: Element) -> str:
    return element.attributes["type"].strip().lower()


def _check_transcript_type(element: Element, findings: Findings) -> None:
    kind, url = _media_type(element), element.attributes.get("url", "")
    if kind not in TRANSCRIPT_TYPES:
        message = f"{shown(kind)} is none of {', '.join(TRANSCRIPT_TYPES)}"
        findings.add("rss-transcript-type-known", message, *element.place)
        return
    path = re.split(r"[?#]", url, maxsplit=1)[0].lower()
    ending = next((each for ends in TRANSCRIPT_TYPES.values() for each in ends if path.endswith(each)), None)
    if ending is not None and ending not in TRANSCRIPT_TYPES[kind]:
        message = f"the type is {kind}, the address ends in {ending}"
        findings.add("rss-transcript-suffix", message, *element.place)


def _check_rel(element: Element, findings: Findings) -> None:
    rel = element.attributes.get("rel")
    if rel is None:
        return
    kind = element.attributes.get("type", "").strip().lower()
    if rel != "captions":
        message = f'rel is {shown(rel)}; "captions" is the one defined'
    elif kind in TRANSCRIPT_TYPES and kind not in TIMED:
        message = f"captions have times, which {kind} has not"
    else:
        return
    findings.add("rss-transcript-rel", message, *element.place)


def _check_chapters(element: Element, findings: Findings) -> None:
    check_url(element, "url", "rss-chapters-url", findings)
    if not check_media_type(element, "rss-chapters-type", findings):
        return
    if (kind := _media_type(element)) != CHAPTERS_TYPE:
        message = f"the type is {shown(kind)}, not {CHAPTERS_TYPE}"
        findings.add("rss-chapters-type-known", message, *element.place)


def _check_person(element: Element, findings: Findings) -> None:
    name = element.text
    if not name:
        findings.add("rss-person-name", "podcast:person names nobody", *element.place)
    if len(name) > LONGEST_NAME:
        findings.add("rss-person-length", f"the name has {len(name)} characters", *element.place)
    for attribute in ("href", "img"):
        check_url(element, attribute, "rss-person-url", findings, needed=False)


def _check_soundbite(element: Element, length: Length | None, findings: Findings) -> None:
    place = element.place
    times: list[float] = []
    for name in ("startTime", "duration"):
        written = element.attributes.get(name, "").strip()
        if _SECONDS.fullmatch(written):
            times.append(float(written))
        else:
            findings.add("rss-soundbite-time", f"{name} is {shown(written)}, not seconds", *place)
    if len(element.text) > LONGEST_NAME:
        findings.add("rss-soundbite-title", f"the title has {len(element.text)} characters", *place)
    if len(times) < 2:
        return
    start, lasts = times
    if not BITE_SECONDS[0] <= lasts <= BITE_SECONDS[1]:
        findings.add("rss-soundbite-length", f"the sound bite lasts {lasts:g} s", *place)
    if is_past(length, (start + lasts) * 1000 - 1):  # times in decimals are rounded
        findings.add("rss-soundbite-past-end", f"it ends at {start + lasts:g} s, {length}", *place)
