"""Addresses of e-mail in a text as `spoken.py` writes it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from transcribe.control.personal.cues import CUE_CHARS, CUES, SURE_CUE
from transcribe.control.personal.datum import Personal, masked
from transcribe.control.personal.spoken import WEAK_AT, Written
from transcribe.notes.lemmas import commonness
from transcribe.notes.terms import small_words

if TYPE_CHECKING:
    from publicsuffixlist import PublicSuffixList

_MAIL = re.compile(
    rf"\b(?P<local>\w[\w.+-]*) ?(?P<at>[@{WEAK_AT}]) ?(?P<host>(?:[\w-]+ ){{0,3}}?[\w-]+(?:\. ?[\w-]+)+)"
    r"|\b(?P<local2>\w[\w.+-]*) ?(?P<at2>@) ?(?P<host2>[\w-]+ (?:com|eu|net|org|pl|uk))\b"
)
_HOST = re.compile(r"(?:[\w+-]+ )?[\w-]+(?:\.[\w-]+)+")
"""Where a recogniser lost the sign: "anna kgmail.com"."""

_NEAR_CHARS = 40
"""How far behind a word for mail it is taken for an address."""

_PROVIDERS = frozenset(
    [
        "aol",
        "gazeta",
        "gmail",
        "gmx",
        "hotmail",
        "icloud",
        "interia",
        "live",
        "o2",
        "onet",
        "op",
        "outlook",
        "proton",
        "protonmail",
        "tlen",
        "wp",
        "yahoo",
    ]
)
_EVERYDAY = 4.0
"""A word this common (Zipf scale) before "at" is hardly somebody's address: "tickets at example.com"."""


_EVERYWHERE = 6.0
"""So common are "so", "it", "to" and "me", which are endings of hosts, too; "com", "uk" and "pl" are not."""


def mails(text: Written, language: str | None) -> list[Personal]:
    """The addresses in a text, in small letters."""
    known = list(_with_at(text, language))
    return [*known, *_without_at(text, known, language)]


def _with_at(text: Written, language: str | None) -> Iterator[Personal]:
    for found in _MAIL.finditer(text.text):
        group = "host" if found["host"] else "host2"
        host = _host(found[group] if found["host"] else found[group].replace(" ", "."), language)
        start = found.start("local" if found["local"] else "local2")
        cue = CUES["email"].search(text.text, max(0, start - CUE_CHARS), start) is not None
        sure = found["at"] != WEAK_AT or cue
        if host and (sure or _is_alone(found["local"] or "", host, language)):
            start = _local_start(text.text, start, language, cue=cue)
            first, last = text.words_of(start, found.start(group) + len(host))
            yield Personal("email", first, last, masked("email", f"{text.text[start]}@{host}"))


def _without_at(text: Written, known: Sequence[Personal], language: str | None) -> Iterator[Personal]:
    """Hosts right behind a word for mail, whose sign was lost; `known` are those that have one."""
    for cue in SURE_CUE.finditer(text.text):
        for found in _HOST.finditer(text.text, cue.end(), cue.end() + _NEAR_CHARS):
            host = _host(found[0].rpartition(" ")[2], language)
            first, last = text.words_of(found.start(), found.end())
            if host and not any(each.first <= last and first <= each.last for each in known):
                yield Personal("email", first, last, masked("email", f"{found[0][0]}@{host}"), checked=False)
                break


def _host(name: str, language: str | None) -> str:
    """The beginning of a name that ends as hosts do; empty where there is none.

    A full stop with a space after it may end the sentence: "gmail.com. It is"; it does before a word that
    stands everywhere: "at home. So".
    """
    parts = name.split(". ")
    for count in range(1, len(parts) + 1):
        labels = ". ".join(parts[:count]).split(".")
        while len(labels) > 1:
            last = labels[-1].strip()
            begins = count > 1 and last == parts[count - 1]
            if _endings().publicsuffix(f"x.{last}") is not None and not (
                begins and commonness(last, language or "en") > _EVERYWHERE
            ):
                return ".".join(labels)
            labels.pop()
    return ""


def _is_alone(local: str, host: str, language: str | None) -> bool:
    """Whether a word, "at" and a host look like an address, though nothing says that they are one."""
    if " " in host.replace(". ", "."):
        return False
    if re.search(r"[\d._+-]", local):
        return True
    if local in small_words(language or "en"):
        return False
    return host.split(".", maxsplit=1)[0] in _PROVIDERS or commonness(local, language or "en") < _EVERYDAY


def _local_start(text: str, start: int, language: str | None, *, cue: bool) -> int:
    """Where an address begins whose last parts have no sign between them: "john smith at", "anna 85 at"."""
    offset = max(0, start - CUE_CHARS)
    small = small_words(language or "en")
    for word in reversed([*re.finditer(r"\S+", text[offset:start])][-4:]):
        bare, number = word[0], text[start].isdigit()
        if not re.fullmatch(r"[\w.+-]+", bare) or bare[-1] == "." or CUES["email"].match(bare):
            break
        if len(bare) > 1 and not number and (not cue or bare in small):
            break
        start = offset + word.start()
    return start


@cache
def _endings() -> PublicSuffixList:
    """The last parts of hosts; the 9,000 endings of two parts and more are not needed, and take 0.2 s."""
    from publicsuffixlist import PSLFILE, PublicSuffixList

    with Path(PSLFILE).open(encoding="utf-8") as lines:
        last = [line for line in lines if line.startswith(("//", "*.")) or "." not in line]
    return PublicSuffixList(last, accept_unknown=False, only_icann=True)
