"""Addresses that were said, as links of what an episode mentions."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from transcribe.core.show_notes import Mention
from transcribe.notes.addresses import addresses_in
from transcribe.notes.terms import folded
from transcribe.notes.writer import Sentence

_WEB = re.compile(
    r"(?:https?://)?(?:www\.)?(?P<host>[\w-]+(?:\.[\w-]+)*\.[^\W\d_]{2,})(?P<path>/[\w./~%-]*)?",
    re.IGNORECASE,
)
"""What a browser opens; an address of another kind, or with anything else in it, is no link."""


@dataclass(frozen=True)
class _Said:
    """A web address, the names of its host, and the sentence in which it was said first."""

    text: str
    names: frozenset[str]
    index: int


def with_said_addresses(
    mentions: Sequence[Mention], sentences: Sequence[Sentence], skip: frozenset[int]
) -> tuple[Mention, ...]:
    """What is mentioned, with its address where one was said: "Optimax" leads to optimax.pl.

    An address that belongs to nothing else is a mention by itself.

    Args:
        skip: Positions of sentences whose words are not to be relied on.
    """
    linked = list(mentions)
    for said in _said(sentences, skip):
        own = [at for at, each in enumerate(linked) if _squeezed(each.name) in said.names and not each.url]
        url = f"https://{said.text}"
        if own:
            linked[own[0]] = replace(linked[own[0]], url=url)
        else:
            sentence = sentences[said.index]
            linked.append(Mention(said.text, "other", sentence.start_ms, sentence.segments, url))
    return tuple(sorted(linked, key=lambda each: each.start_ms))


def _said(sentences: Sequence[Sentence], skip: frozenset[int]) -> Iterator[_Said]:
    met: set[str] = set()
    for index, sentence in enumerate(sentences):
        for address in addresses_in(sentence.text) if index not in skip else ():
            found = _WEB.fullmatch(address)
            if found and "@" not in sentence.text[: sentence.text.find(address)][-1:]:
                host = found["host"].lower()
                text = host + (found["path"] or "").rstrip("/.")
                if text not in met:
                    met.add(text)
                    names = host.split(".")[:-1]
                    yield _Said(text, frozenset(map(_squeezed, [*names, host])), index)


def _squeezed(name: str) -> str:
    return "".join(char for char in folded(name) if char.isalnum())
