"""Numbers of a text, written in one form: 20, twenty and ２０ are the same."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from transcribe.notes.lemmas import readings
from transcribe.notes.words import in_language

_DIGITS = re.compile(r"\d+(?:[.,'’\u00a0\u202f ]\d{3}(?!\d))+(?:[.,]\d+)?|\d+(?:[.,:]\d+)*")
_GROUPS = re.compile(r"\d{1,3}(?:[.,'’\u00a0\u202f ]\d{3})+")

_EDGES = ".,;:!?…()„”“\"'"

_HAN = re.compile("[〇零一二三四五六七八九十百千万億亿]{2,}")
_HAN_DIGITS = {char: value for value, char in enumerate("〇一二三四五六七八九")} | {"零": 0}
_HAN_UNITS = {"十": 10, "百": 100, "千": 1000}
_HAN_GROUPS = {"万": 10**4, "億": 10**8, "亿": 10**8}


def numbers_of(text: str, language: str, *, small: bool = True) -> set[str]:
    """The numbers of a text as plain digits with a point: `1905`, `3.5`.

    Words are read as numbers in Danish, Dutch, English, French, German, Italian, Portuguese and
    Spanish (text2num), and in Han numerals; of other languages only digits are.

    Args:
        small: Whether single words below four count too; "one" is seldom meant as a number.
    """
    text = unicodedata.normalize("NFKC", text)
    found = set() if in_language(language).numerals else set(_plain_numbers(text))
    found |= set(_plain_numbers(in_digits(text, language, small=small)))
    if in_language(language).script == "CJK":
        found |= {str(_of_han(match.group())) for match in _HAN.finditer(text)}
    return found


def in_digits(text: str, language: str, *, small: bool = True) -> str:
    """A text whose number words are digits, where a language's are known: "two hundred and fifty" is 250.

    Args:
        small: Whether single words below four count too.
    """
    if in_language(language).number_words:
        from text_to_num import alpha2digit

        return str(alpha2digit(text, language, threshold=0 if small else 3))
    return _with_numerals(text, language, small=small) if in_language(language).numerals else text


def _with_numerals(text: str, language: str, *, small: bool) -> str:
    """By the dictionary forms of number words: "dwa miliony" and "2 miliony" become 2000000."""
    parts: list[str] = []
    run: list[tuple[str, float]] = []

    def close(end: str = "") -> None:
        spoken = any(not text[0].isdigit() for text, _ in run)
        if spoken and (small or len(run) > 1 or run[0][1] > 3):
            parts.append(f"{_sum(value for _, value in run):.10g}{end}")
        elif run:
            parts.append(" ".join(text for text, _ in run) + end)
        run.clear()

    for word in text.split():
        bare = word.strip(_EDGES)
        value = _value(bare, language)
        if value is None:
            close()
            parts.append(word)
            continue
        run.append((bare, value))
        if not word.endswith(bare):  # a comma ends a number
            close(word[word.index(bare) + len(bare) :])
    close()
    return " ".join(parts)


def _value(word: str, language: str) -> float | None:
    """What a word of a number is worth."""
    if re.fullmatch(r"\d+(?:[.,]\d+)?", word):
        return float(word.replace(",", "."))
    values = in_language(language).numerals
    return next((values[each.lemma] for each in readings(word, language) if each.lemma in values), None)


def _sum(values: Iterable[float]) -> float:
    """Two hundred thousand five: what stands before a thousand or a million counts those."""
    total = group = 0.0
    for value in values:
        if value >= 1000 and value % 1000 == 0:
            total, group = total + (group or 1) * value, 0.0
        else:
            group += value
    return total + group


def _plain_numbers(text: str) -> list[str]:
    return [_canonical(match.group()) for match in _DIGITS.finditer(text)]


def _canonical(number: str) -> str:
    """Digits of any script as 0 to 9; group separators go, a decimal one becomes a point."""
    number = "".join(str(unicodedata.digit(char)) if char.isdigit() else char for char in number)
    if _GROUPS.fullmatch(number):
        number = re.sub(r"\D", "", number)
    else:
        whole = _GROUPS.match(number)
        if whole and whole.end() < len(number) and not number[whole.end()].isdigit():
            number = re.sub(r"\D", "", whole.group()) + number[whole.end() :]
        number = number.replace(",", ".")
    return number.lstrip("0") or "0" if "." not in number and ":" not in number else number


def _of_han(numeral: str) -> int:
    """十二 → 12, 二百万 → 2000000, 二〇一九 → 2019."""
    if not any(char in _HAN_UNITS or char in _HAN_GROUPS for char in numeral):
        return int("".join(str(_HAN_DIGITS[char]) for char in numeral[:40]))
    total = group = digit = 0
    for char in numeral:
        if char in _HAN_DIGITS:
            digit = _HAN_DIGITS[char]
        elif char in _HAN_UNITS:
            group += (digit or 1) * _HAN_UNITS[char]
            digit = 0
        else:
            total += (group + digit or 1) * _HAN_GROUPS[char]
            group = digit = 0
    return total + group + digit
