"""Addresses in a text, in any form in which people would follow them, and whether somebody said them.

Found are URLs, domain names, e-mail addresses, numbers of networks and telephones with a scheme, names after
an @, links of Markdown and HTML; also written out ("evil dot com"), with dots that only look like one, with
characters that cannot be seen, or defanged (hxxp, [.]).
"""

from __future__ import annotations

import html
import ipaddress
import re
import unicodedata
from collections.abc import Iterable
from functools import cache, lru_cache
from itertools import accumulate
from typing import TYPE_CHECKING
from urllib.parse import unquote

from transcribe.notes.terms import UNSPACED
from transcribe.notes.words import either, in_any, languages

if TYPE_CHECKING:
    from publicsuffixlist import PublicSuffixList

_DOTS = re.compile("(?<=\\w)[。‧·∙•⋅۔։٠۰܁܂ꓸ꘎\U00010a50\U0001d16d](?=\\w)")
"""Between letters, read as full stops: ideographic (UTS #46, section 2.3), the confusables of UTS #39, and
others that look like one; after NFKC."""

_UNSEEN = ("Cc", "Cf", "Mn")
"""Unicode categories of what has no width."""

_SURE = (
    "com|org|net|info|biz|xyz|io|tv|fm|app|dev|edu|gov|eu|pl|co|uk|fr|nl|ru|рф"
    "|online|shop|site|club|store|tech|blog"
)
"""Endings that are no words where a dot is written out or stands apart: "punto de vista", "end. In"."""

_APART = re.compile(rf"(?<=\w)(?:\s+\.\s*|\.\s+)(?=(?:{_SURE})\b(?!\s*\.\w))")

_SCHEME = re.compile(r"\b[a-z][a-z0-9+.-]{0,40}:/{1,2}\S+", re.IGNORECASE)
_OPAQUE = re.compile(
    r"\b(?:mailto|tel|sms|callto|facetime|skype|whatsapp|xmpp|sip|geo|magnet|javascript|data|bitcoin):\S+",
    re.IGNORECASE,
)
_LINK = re.compile(r"\]\(\s*\S+|\]:\s*\S+|\bhref\s*=\s*\S+|<\s*a\b[^>]*|\bwww\.\S+", re.IGNORECASE)
_MAIL = re.compile(r"[\w.+-]{1,64}@[\w-]+(?:\.[\w-]+)*")
_HANDLE = re.compile(r"(?<![\w@])@\w[\w.]+")
_HOST = re.compile(
    r"(?<![\w-])(?:[\w-]{1,63}\.){1,99}(?:xn--[a-z0-9-]{1,59}|[^\W\d_]{2,63})(?![\w-])(?::\d+)?(?P<path>/\S*)?",
    re.IGNORECASE,
)
_LOCAL = re.compile(r"\blocalhost(?::\d+|/)\S*", re.IGNORECASE)
_IP = re.compile(
    r"(?<![\w.])(?:\d{1,3}(?:\.\d{1,3}){3}|\[?[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){2,8}(?:\.\d+)*\]?)(?![\w.]\d)(?:[:/]\S*)?",
    re.IGNORECASE,
)

_SCRIPTS_MEET = re.compile(
    rf"(?<={UNSPACED.pattern})(?=[A-Za-z0-9@])|(?<=[A-Za-z0-9/])(?={UNSPACED.pattern})"
)
"""Where a script without spaces and an address touch."""

_SENTENCE = re.compile(r"[A-Z]\w*")
_LATIN, _LOOKS_LATIN = re.compile("[a-z]", re.IGNORECASE), re.compile("[\u0370-\u03ff\u0400-\u04ff]")
_PARTS = re.compile(r"[^\W_]+")
_NOT_SAID = frozenset(("http", "https", "hxxp", "hxxps", "www", "mailto", "tel"))
"""Parts of an address that nobody says."""


@lru_cache(maxsize=4096)
def addresses_in(text: str) -> tuple[str, ...]:
    """Every address in a text, as it is read."""
    text = plainly(text)
    marked = [
        found.group().rstrip(".,;:!?)\"'")
        for pattern in (_SCHEME, _OPAQUE, _LINK, _MAIL, _HANDLE, _LOCAL)
        for found in pattern.finditer(text)
    ]
    marked += [found.group() for found in _IP.finditer(text) if _is_ip(found.group())]
    hosts = (found.group().rstrip(".,;:!?)\"'") for found in _HOST.finditer(text) if _is_host(found))
    return (*marked, *hosts)


def address_words(text: str) -> frozenset[str]:
    """The words of a text that belong to an address, folded; those that stand for its signs, too."""
    known, found = in_any().addresses, addresses_in(text)
    if not found:
        return frozenset()
    parts = {part for each in found for part in (*_PARTS.findall(each.casefold()), each.casefold())}
    words = _PARTS.findall(text.casefold())
    boxes = {
        box
        for box, at, host in zip(words, words[1:], words[2:], strict=False)
        if at in known.at and host in parts
    }
    return frozenset(parts | boxes | known.dot | known.at | known.slash)


def plainly(text: str) -> str:
    """The text as a reader, or what a reader clicks on, takes it."""
    text = unquote(html.unescape(text))
    text = "".join(char for char in " ".join(text.split()) if unicodedata.category(char) not in _UNSEEN)
    text = _DOTS.sub(".", unicodedata.normalize("NFKC", text))
    text = _bracketed().sub(lambda found: "@" if found["at"] else ".", text)
    return _SCRIPTS_MEET.sub(" ", _APART.sub(".", _spoken().sub(".", text)))


@cache
def _bracketed() -> re.Pattern[str]:
    """A dot or an @ in brackets, as a sign or as a word."""
    words = in_any().addresses
    dot, at = rf"(?P<dot>\.|{either(words.dot)})", f"(?P<at>@|{either(words.at)})"
    return re.compile(rf"\s*[\[({{<]\s*(?:{dot}|{at})\s*[\])}}>]\s*", re.IGNORECASE)


@cache
def _spoken() -> re.Pattern[str]:
    """A dot as a word, before an ending that is none; "punkt at" is an address, "point de départ" is not."""
    dot = f"(?:{either(in_any().addresses.dot)})"
    ways = [rf"{dot}\s+(?=(?:[\w-]+\s+{dot}\s+)?(?:{_SURE})\b)"]
    ways += [
        rf"(?:{either(words.dot)})\s+(?=(?:{either(words.endings)})\b)"
        for words in (known.addresses for known in languages().values())
        if words.endings
    ]
    return re.compile("|".join(rf"(?<=\w)\s+{way}" for way in ways), re.IGNORECASE)


class Said:
    """Which addresses were said, or are known."""

    def __init__(self, texts: Iterable[str]) -> None:
        parts = [part for text in texts for part in _parts_of(text)]
        self._said = _Running(parts)
        self._mail = _Running([part for part in parts if part not in in_any().addresses.at])

    def has(self, address: str) -> bool:
        """Whether its parts follow each other, whole, in what was said: "B E E com", "ann at bee dot com"."""
        wanted = "".join(_parts_of(address))
        return self._said.has(wanted) or ("@" in address and self._mail.has(wanted))


class _Running:
    """Parts of addresses and other words, one after the other."""

    def __init__(self, parts: Iterable[str]) -> None:
        parts = list(parts)
        self._text = "".join(parts)
        self._bounds = frozenset(accumulate(map(len, parts), initial=0))

    def has(self, wanted: str) -> bool:
        """Whether some whole parts are together what is wanted."""
        at = self._text.find(wanted) if wanted else -1
        while at >= 0:
            if {at, at + len(wanted)} <= self._bounds:
                return True
            at = self._text.find(wanted, at + 1)
        return False


def _parts_of(text: str) -> list[str]:
    unsaid = _NOT_SAID | in_any().addresses.dot | in_any().addresses.slash
    return [part for part in _PARTS.findall(plainly(text).casefold()) if part not in unsaid]


def _is_host(found: re.Match[str]) -> bool:
    *names, last = found.group().split("/")[0].split(":")[0].split(".")
    if found["path"] is None and len(last) == 2 and max(map(len, names)) == 1:
        return False  # "m.in.", "p.m"
    if found["path"] is None and _SENTENCE.fullmatch(last) and names[-1].islower() and len(last) == 2:
        return False  # a sentence that begins without a space: "done.It"
    if any(_LATIN.search(name) and _LOOKS_LATIN.search(name) for name in (*names, last)):
        return True  # letters of two scripts in one name, which look like one
    return _endings().publicsuffix(f"x.{last.lower()}") is not None


def _is_ip(text: str) -> bool:
    host = re.sub(r"/.*|\[|\].*", "", text)
    try:
        ipaddress.ip_address(host if host.count(":") > 1 else host.split(":")[0])
    except ValueError:
        return False
    return True


@cache
def _endings() -> PublicSuffixList:
    from publicsuffixlist import PublicSuffixList

    return PublicSuffixList(accept_unknown=False, only_icann=True)
