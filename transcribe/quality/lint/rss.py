"""RSS 2.0 feeds of podcasts and parts of them: channel, items, enclosures, guids."""

from __future__ import annotations

import re
from email.utils import parsedate_to_datetime

from transcribe.quality.lint import psc, rss_apple, rss_podcast
from transcribe.quality.lint.addresses import check_media_type, check_url, url_problem
from transcribe.quality.lint.finding import Findings, shown
from transcribe.quality.lint.limits import Length
from transcribe.quality.lint.xml_tree import Element

_DURATION = re.compile(r"[0-9]{1,9}|(?:[0-9]{1,6}:)?[0-5]?[0-9]:[0-5][0-9]")


def check(root: Element, length: Length | None, findings: Findings) -> None:
    """Check a feed, a channel, an item, or elements of an item that stand beside each other."""
    if root.name == "rss" and (version := root.attributes.get("version")) != "2.0":
        findings.add("rss-version", f"version is {version!r:.40}, not '2.0'", *root.place)
    channel = root.first("channel") if root.name == "rss" else root if root.name == "channel" else None
    if channel is not None:
        _check_channel(channel, length, findings)
    elif root.name == "snippet" and root.all("item"):
        _check_items(root.all("item"), length, findings)
    elif root.name == "item":
        _check_items([root], length, findings)
    elif root.name == "snippet" or root.name.startswith("podcast:"):
        holding = root if root.name == "snippet" else Element("snippet", {}, root.place, [root])
        rss_podcast.check_item(holding, length, findings)
    else:
        findings.add("rss-root", f"{shown(root.name)} is neither a feed nor a part of one", *root.place)


def _check_channel(channel: Element, length: Length | None, findings: Findings) -> None:
    for name in ("title", "link", "description"):
        element = channel.first(name)
        if element is None or not element.text:
            findings.add("rss-channel", f"the channel has no {name}", *channel.place)
    _check_link(channel, findings)
    rss_podcast.check_channel(channel, findings)
    rss_apple.check_show(channel, findings)
    items = channel.all("item")
    _check_items(items, length if len(items) == 1 else None, findings)


def _check_items(items: list[Element], length: Length | None, findings: Findings) -> None:
    guids: dict[str, int] = {}
    for item in items:
        if not any((found := item.first(name)) and found.text for name in ("title", "description")):
            findings.add("rss-title", "the item has no title and no description", *item.place)
        _check_link(item, findings)
        _check_enclosures(item, findings)
        _check_guid(item, guids, findings)
        _check_date(item, findings)
        _check_duration(item, findings)
        rss_apple.check_values(item, findings)
        known = length or _stated_length(item)
        rss_podcast.check_item(item, known, findings)
        for chapters in item.all(psc.CHAPTERS):
            psc.check_chapters(chapters, known, findings)


def _stated_length(item: Element) -> Length | None:
    """The length of an episode that the feed states, in rounded seconds."""
    duration = item.first("itunes:duration")
    if duration is None or _DURATION.fullmatch(duration.text) is None:
        return None
    seconds = 0
    for part in duration.text.split(":"):
        seconds = seconds * 60 + int(part)
    return Length(seconds * 1000, 1000) if seconds else None


def _check_link(element: Element, findings: Findings) -> None:
    for link in element.all("link"):
        if link.text and (problem := url_problem(link.text)):
            findings.add("rss-link", f"link {shown(link.text)} {problem}", *link.place)


def _check_enclosures(item: Element, findings: Findings) -> None:
    enclosures = item.all("enclosure")
    if not enclosures:
        findings.add("rss-enclosure-missing", "the item has no enclosure", *item.place)
    for second in enclosures[1:2]:
        findings.add("rss-enclosure-many", "the item has a second enclosure", *second.place)
    for enclosure in enclosures:
        check_url(enclosure, "url", "rss-enclosure-url", findings)
        length = enclosure.attributes.get("length", "").strip()
        if re.fullmatch(r"0*[1-9][0-9]{0,18}", length) is None:
            message = f"length is {shown(length)}, not the size in bytes"
            findings.add("rss-enclosure-length", message, *enclosure.place)
        check_media_type(enclosure, "rss-enclosure-type", findings)


def _check_guid(item: Element, guids: dict[str, int], findings: Findings) -> None:
    guid = item.first("guid")
    if guid is None or not guid.text:
        findings.add("rss-guid-missing", "the item has no guid", *item.place)
        return
    if guid.text in guids:
        message = f"the guid {shown(guid.text)} stands in line {guids[guid.text]} already"
        findings.add("rss-guid-duplicate", message, *guid.place)
    guids.setdefault(guid.text, guid.place[0])
    if guid.attributes.get("isPermaLink", "true") != "false" and url_problem(guid.text):
        message = f'the guid {shown(guid.text)} is no address; add isPermaLink="false"'
        findings.add("rss-guid-permalink", message, *guid.place)


def _check_date(item: Element, findings: Findings) -> None:
    date = item.first("pubDate")
    if date is None:
        return
    try:
        if len(date.text) > 100:
            raise ValueError
        parsedate_to_datetime(date.text)
    except (ValueError, TypeError, IndexError, OverflowError):
        message = f"pubDate {shown(date.text)} is no date such as Tue, 03 Jun 2025 09:00:00 +0000"
        findings.add("rss-date", message, *date.place)


def _check_duration(item: Element, findings: Findings) -> None:
    duration = item.first("itunes:duration")
    if duration is not None and _DURATION.fullmatch(duration.text) is None:
        message = f"itunes:duration {shown(duration.text)} is neither seconds nor HH:MM:SS"
        findings.add("rss-duration", message, *duration.place)
