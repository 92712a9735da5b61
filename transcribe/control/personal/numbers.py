"""Numbers of people in a text as `spoken.py` writes it: of accounts, cards, persons, taxpayers and phones."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from transcribe.control.personal.checks import checks
from transcribe.control.personal.datum import Kind, Personal, masked
from transcribe.control.personal.spoken import Written
from transcribe.control.personal.windows import Window, windows

_ISSUERS = re.compile(
    r"4(?:\d{12}|\d{15}|\d{18})|(?:5[1-5]|2[2-7])\d{14}|3[47]\d{13}|3(?:0[0-5]|[68]\d)\d{11}"
    r"|6(?:011|4[4-9]\d|5\d\d)\d{12}|35\d{14}"
)
"""First digits and lengths (ISO/IEC 7812): Visa, Mastercard, American Express, Diners, Discover, JCB."""

_MAESTRO = re.compile(r"(?:50|5[6-9]|6\d)\d{10,17}")
"""So many begin and end like this that one of seventy long numbers would be one: a word has to say so."""

_BY_TRUST: tuple[Kind, ...] = ("iban", "card", "pesel", "nip", "phone")
"""What is taken for a number that may be several things."""

_MISHEARD: Mapping[Kind, range] = {
    "iban": range(21, 29), "card": range(13, 20), "pesel": range(10, 13), "nip": range(9, 12),
}  # fmt: skip
"""How many digits a number has whose check digits do not fit: recognisers lose and double some of them."""

_BADLY_MISHEARD: Mapping[Kind, range] = {
    "iban": range(12, 41), "card": range(10, 25), "pesel": range(9, 15), "nip": range(9, 13),
}  # fmt: skip
"""How many it may have where it cannot be a phone's."""

_SPOKEN_IN: Mapping[str, tuple[str, ...]] = {"pl": ("PL",), "en": ("GB", "US")}
_NAMED_REGIONS = ("PL", "GB", "US", "IE", "AU")
"""Where a number without a country's code may be from, by language; and where it is said to be a phone's."""

_GROUPS = (
    (9,), (3, 3, 3), (2, 3, 2, 2), (3, 2, 2, 2), (2, 2, 2, 2, 1), (2, 9), (2, 3, 3, 3), (10,), (3, 3, 4),
    (3, 7), (1, 3, 3, 4),
)  # fmt: skip
"""How digits of phones are grouped in Poland and North America, where no word says that they are one."""


def ibans(text: Written) -> Iterator[Personal]:
    """Those with their country's letters."""
    packages = checks()
    for found in re.finditer(r"(?<![^\W_])[a-z]{2}[ ,-]{0,2}\d", text.text):
        value = ""
        for part in re.finditer(r"[^\W_]+|[^\w \-.,]+", text.text[found.start() : found.start() + 120]):
            value += part[0].upper()
            if len(value) > 34 or not value.isalnum():
                break
            if len(value) >= 15 and packages.iban(value):
                first, last = text.words_of(found.start(), found.start() + part.end())
                yield Personal("iban", first, last, f"{value[:2]}{masked('iban', value)}")
                break


def numbers(text: Written, language: str | None) -> list[Personal]:
    """Numbers of every kind; those of the surest kinds first, of one kind the longest."""
    found: list[tuple[int, Personal]] = []
    for window in windows(text.text):
        if kind := _kind_of(window, language):
            name, checked = kind
            first, last = text.words_of(window.start, window.stop)
            order = _BY_TRUST.index(name) + (0 if checked else len(_BY_TRUST))
            found.append((order, Personal(name, first, last, masked(name, window.digits), checked)))
    found.sort(key=lambda each: (each[0], each[1].first - each[1].last))
    return [each for _, each in found]


def _kind_of(window: Window, language: str | None) -> tuple[Kind, bool] | None:
    """What a number is, and whether its digits say so themselves."""
    if kind := _checked_kind(window):
        return kind, True
    if not window.is_alone or window.is_plain:
        return None
    phone = _is_phone(window, language)
    if checks().nip(window.digits) and (window.cue == "nip" or (language == "pl" and not phone)):
        return "nip", True
    return _misheard_kind(window, phone=phone)


def _misheard_kind(window: Window, *, phone: bool) -> tuple[Kind, bool] | None:
    """What a number is whose check digits do not fit, by the words before it."""
    cue, count = window.cue, len(window.digits)
    if cue and count in _MISHEARD.get(cue, ()):
        return cue, False
    if phone:
        return "phone", True
    return (cue, False) if cue and count in _BADLY_MISHEARD.get(cue, ()) else None


def _checked_kind(window: Window) -> Kind | None:
    """What digits are that so many check digits fit that it is no accident."""
    digits = window.digits
    if len(digits) == 26 and checks().iban(f"PL{digits}"):
        return "iban"
    issued = _ISSUERS.fullmatch(digits) or (_MAESTRO.fullmatch(digits) and window.cue == "card")
    if issued and checks().luhn(digits):
        return "card"
    return "pesel" if checks().pesel(digits) else None


def _is_phone(window: Window, language: str | None) -> bool:
    """Whether a number can be rung: surely so, or the words before it say that it is a phone's."""
    digits, packages = window.digits, checks()
    if len(digits) > 15:
        return False
    if window.is_foreign:
        return packages.phone(f"+{digits}", "ZZ")
    own = _SPOKEN_IN.get(language or "en", ((language or "").upper(),))
    if window.cue == "phone":
        asked = any(packages.possible_phone(digits, region) for region in own)
        return asked or any(packages.phone(digits, region) for region in _NAMED_REGIONS)
    grouped = digits[0] == "0" or any(map(window.falls_into, _GROUPS))
    return grouped and any(packages.phone(digits, region) for region in own)
