"""Words that say what kind of personal data follows them."""

from __future__ import annotations

import re
from collections.abc import Mapping

from transcribe.control.personal.datum import Kind

CUE_CHARS = 70
"""How far before it a word says what something is."""

_PATTERNS: Mapping[Kind, str] = {
    "email": r"e-?mail|mail|mejl|imejl|adres|address|napisz|pisz|pisać|contact|kontakt|reach|write|skrzynk"
    r"|inbox",
    "phone": r"telefon|tel\b|komórk|komórecz|zadzwo|dzwo[nń]|oddzwo|phone|call\b|mobile|cell|ring\b|text\b"
    r"|sms|whatsapp|infolini|hotline|reach|dial|extension|fax|faks|landline|stacjonarn",
    "iban": r"iban|kont[oa]\b|koncie|rachun|account|przelew|transfer|sort code",
    "pesel": r"pess?[eiy]l",  # as it is heard in English: "Pessel"
    "nip": r"nip\b|nipu\b|nipem\b|vat\b|identyfikacji podatkowej|tax",
    "card": r"card|kart[aęyą]|karcie|visa|mastercard|maestro|amex|american express",
}
CUES = {kind: re.compile(rf"\b(?:{pattern})") for kind, pattern in _PATTERNS.items()}


SURE_CUE = re.compile(
    r"\b(?:e-?mail|mejl|mail)\w{0,3}\b|\bwrite to\b|\bnapisz(?:cie)? (?:do|na)\b|\bpisz(?:cie)? (?:do|na)\b"
)
"""Behind these stands an address of e-mail, also where it has no sign for "at"."""


_SPENT = re.compile(r"(?:\d\D{0,3}){7,}[^\w]*(?:[^\W\d]+[^\w]+){2,}$")
"""A number, and words after it that begin something else: "My card is 4000 1234. He won 4114"."""


def cue_before(text: str, at: int) -> Kind | None:
    """What the last telling word before a place in a text, in small letters, says comes there.

    A word tells of the first number behind it, and of no other one that follows after more words.
    """
    last: tuple[int, Kind] | None = None
    for kind, pattern in CUES.items():
        for found in pattern.finditer(text, max(0, at - CUE_CHARS), at):
            if last is None or found.start() >= last[0]:
                last = found.start(), kind
    if last is None or _SPENT.search(text, last[0], at):
        return None
    return last[1]
