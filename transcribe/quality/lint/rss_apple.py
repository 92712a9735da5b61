"""What podcast directories ask of a feed: language, category, rating, owner, cover.

Source: Apple, A Podcaster's Guide to RSS; the owner's address is what Spotify needs.
"""

from __future__ import annotations

import re

from transcribe.quality.lint.addresses import check_url
from transcribe.quality.lint.finding import Findings, shown
from transcribe.quality.lint.languages import codes, is_language
from transcribe.quality.lint.xml_tree import Element

_EMAIL = re.compile(r"[^\s@<>,;:]{1,64}@[^\s@<>,;:.]{1,63}(?:\.[^\s@<>,;:.]{1,63}){1,8}")

_VALUES = {
    "itunes:explicit": ("rss-explicit", re.compile("true|false", re.IGNORECASE), "true or false"),
    "itunes:type": ("rss-show-type", re.compile("episodic|serial", re.IGNORECASE), "episodic or serial"),
    "itunes:episode": ("rss-number", re.compile("0*[1-9][0-9]{0,8}"), "a whole number above 0"),
    "itunes:season": ("rss-number", re.compile("0*[1-9][0-9]{0,8}"), "a whole number above 0"),
    "itunes:episodeType": (
        "rss-episode-type",
        re.compile("full|trailer|bonus", re.IGNORECASE),
        "full, trailer or bonus",
    ),
}
"""Elements of a show or an episode whose values are given: rule, form, and that form in words."""

_NEEDED = {
    "language": "rss-language-missing",
    "itunes:explicit": "rss-explicit-missing",
    "itunes:category": "rss-category-missing",
    "itunes:image": "rss-image-missing",
    "itunes:author": "rss-author-missing",
}


def check_show(channel: Element, findings: Findings) -> None:
    """Check what stands in a channel beside its items."""
    for name, rule in _NEEDED.items():
        if channel.first(name) is None:
            findings.add(rule, f"the channel has no {name}", *channel.place)
    language = channel.first("language")
    if language is not None and not is_language(language.text):
        message = f"language {shown(language.text)} is no language tag such as en or pt-BR"
        findings.add("rss-language", message, *language.place)
    for category in channel.all("itunes:category"):
        _check_category(category, findings)
    _check_owner(channel, findings)
    check_values(channel, findings)


def check_values(element: Element, findings: Findings) -> None:
    """Check what a channel or an item says of itself in `itunes:` elements."""
    for child in element.children:
        if child.name == "itunes:image":
            check_url(child, "href", "rss-image-url", findings)
        if child.name not in _VALUES:
            continue
        rule, form, words = _VALUES[child.name]
        if form.fullmatch(child.text) is None:
            findings.add(rule, f"{child.name} is {shown(child.text)}, not {words}", *child.place)


def _check_category(category: Element, findings: Findings) -> None:
    name, known = category.attributes.get("text", ""), codes()["categories"]
    if name not in known:
        findings.add("rss-category", f"{shown(name)} is no category of Apple Podcasts", *category.place)
        return
    for inner in category.all("itunes:category"):
        part = inner.attributes.get("text", "")
        if part not in known[name]:
            findings.add("rss-category", f"{shown(part)} is no subcategory of {name}", *inner.place)


def _check_owner(channel: Element, findings: Findings) -> None:
    owner = channel.first("itunes:owner")
    email = owner.first("itunes:email") if owner is not None else None
    place = email or owner or channel
    if email is None or not email.text:
        message = "no itunes:owner with an itunes:email: Spotify sends the code of a claim there"
        findings.add("rss-owner-email", message, *place.place)
    elif _EMAIL.fullmatch(email.text) is None:
        findings.add("rss-owner-email", f"{shown(email.text)} is no e-mail address", *place.place)
