"""What was said, written as people write it: "double four" is 44, "anna dot k at gmail dot com" an address.

So that whoever looks for numbers and addresses has to know their written forms only. Words of each language
are in `spoken.toml`; a language without words there keeps its text, but for the signs.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import zip_longest
from typing import Literal, NamedTuple

from transcribe.control.personal.vocabulary import Words, is_number_word, signs, words_in
from transcribe.notes.terms import folded

WEAK_AT = "﹫"
"""Stands for a word such as "at", which is the sign @ in addresses only."""

_EDGES = ".,;:!?…\"'„”“»«()[]"
_PAUSES = ",.;:!?"
_NUMERAL = re.compile(r"[+(]{0,2}\d[\d().,/\-–]*")
_HUNDREDS = re.compile(r"[1-9]00")
_PLURAL = re.compile(r"(\d)['’]?s")

_Kind = Literal["word", "number", "letter", "sign", "skip"]
_Reading = tuple[str, _Kind, int]
"""Text, kind, and how many words it takes."""


class Written(NamedTuple):
    """A text with the words that its characters stand for.

    Attributes:
        starts: Where each part of it begins.
        words: Of every part, the first and the last word.
    """

    text: str
    starts: Sequence[int]
    words: Sequence[tuple[int, int]]

    def words_of(self, start: int, end: int) -> tuple[int, int]:
        """The first and the last word of some characters; there is at least one."""
        first, last = (bisect_right(self.starts, at) - 1 for at in (start, end - 1))
        return self.words[first][0], self.words[last][1]


class _Piece(NamedTuple):
    """What one or more words stand for, and the punctuation after it."""

    text: str
    first: int
    last: int
    kind: _Kind = "word"
    end: str = ""


def written(words: Sequence[str], language: str | None) -> Written:
    """Some words that follow each other, as people would write them.

    Args:
        words: With their punctuation.
        language: Whisper's code; None where it is not known: then they are read as English.
    """
    pieces = list(_Reader(_split(words), words_in(language or "en")).pieces())
    return _joined(_named_letters(pieces, words_in(language or "en")))


def _split(words: Sequence[str]) -> list[_Piece]:
    """Every word by itself, folded, its punctuation apart; "twenty-three" and "A-N-N-A" are several."""
    pieces: list[_Piece] = []
    for number, word in enumerate(words):
        parts, end = _parts(word)
        pieces += [_Piece(part, number, number) for part in parts[:-1]]
        pieces.append(_Piece(parts[-1], number, number, "word", end))
    return pieces


@lru_cache(maxsize=65_536)
def _parts(word: str) -> tuple[tuple[str, ...], str]:
    """What a word is read as, and the punctuation after it."""
    after = word[len(word.rstrip(_EDGES)) :]
    end = next((mark for mark in after if mark in _PAUSES), "")
    if any(char.isdigit() for char in word):
        return (word.strip().lstrip("„”“\"'").rstrip(_EDGES if "(" not in word else _PAUSES),), end
    bare = folded(word.strip(_EDGES))
    parts = tuple(bare.split("-"))
    return parts if all(len(part) == 1 or is_number_word(part) for part in parts) else (bare,), end


class _Reader:
    """Reads pieces from the first to the last, taking those together that are one number or sign."""

    def __init__(self, given: Sequence[_Piece], known: Words) -> None:
        self._known = known
        self._given: list[_Piece] = []
        for piece, after in zip_longest(given, given[1:]):
            empty = piece.text in known.skip - known.joins
            if not (
                empty and after and self._given and self._counts(self._given[-1]) and self._counts(after)
            ):
                self._given.append(piece)

    def pieces(self) -> Iterator[_Piece]:
        """What the words stand for, in order."""
        at, before = 0, ""
        while at < len(self._given):
            piece = self._given[at]
            word = piece.text
            if len(word) > 1 and word not in self._known.telling and not word[0].isdigit():
                yield piece
                before = "word"
                at += 1
                continue
            text, kind, count = self._read(at, after_number=before == "number")
            last = self._given[at + count - 1]
            yield _Piece(text, piece.first, last.last, kind, last.end)
            before = kind if kind != "skip" else before
            at += count

    def _read(self, at: int, *, after_number: bool) -> _Reading:
        """What stands there: a sign, a number, a letter, or a word as it is."""
        found = self._sign(at) or self._repeated(at) or self._hundreds(at) or self._number(at)
        found = found or self._named_letter(at)
        if found:
            return found
        known, word, before_number = self._known, self._word(at), self._is_numeric(at + 1)
        if _NUMERAL.fullmatch(word):
            return word, "number", 1
        if word in known.zeros and (after_number or before_number):
            return "0", "number", 1
        if len(word) == 1 and word.isalpha() and not (word in known.skip and after_number and before_number):
            return word, "letter", 1
        return word, "skip" if word in known.skip else "word", 1

    def _sign(self, at: int) -> _Reading | None:
        two = signs().get(f"{self._word(at)} {self._word(at + 1)}")
        if two and not self._given[at].end:
            return two, "sign", 2
        one = signs().get(self._word(at))
        return (one, "sign", 1) if one else None

    def _named_letter(self, at: int) -> _Reading | None:
        """A letter with a word that begins with it: "P jak Paweł", "N for November"."""
        word, known = self._word(at), self._known
        letter = known.letters.get(word, word if len(word) == 1 and word.isalpha() else "")
        for phrase in known.stands_for if letter else ():
            between = phrase.split()
            after = [self._word(at + 1 + number) for number in range(len(between) + 1)]
            if after[:-1] == between and after[-1].startswith(letter):
                return letter, "letter", len(after) + 1
        return None

    def _word(self, at: int) -> str:
        return self._given[at].text if at < len(self._given) else ""

    def _digit(self, at: int) -> str:
        """The digit that is said there; empty for none."""
        word, known = self._word(at), self._known
        if len(word) == 1 and word.isdigit():
            return word
        value = 0 if word in known.zeros else known.numbers.get(word, 10)
        return str(value) if value < 10 else ""

    def _digits(self, at: int) -> str:
        """The digit that is said there in the plural: "zeros", "7s"."""
        word = self._word(at)
        plural = _PLURAL.fullmatch(word)
        return plural[1] if plural else str(self._known.many.get(word, ""))

    def _counts(self, piece: _Piece) -> bool:
        """Whether it is a part of a number."""
        known, word = self._known, piece.text
        return word[:1].isdigit() or word in known.numbers or word in known.hundred or word in known.repeats

    def _is_numeric(self, at: int) -> bool:
        """Whether a number begins there."""
        word, known = self._word(at), self._known
        return bool(word[:1].isdigit() or self._digit(at) or word in known.numbers) or (word in known.repeats)

    def _repeated(self, at: int) -> _Reading | None:
        """ "double four", "three zeros", "trzy razy zero"."""
        times = self._known.repeats.get(self._word(at))
        if times and (digit := self._digit(at + 1) or self._digits(at + 1)):
            return digit * times, "number", 2
        count = self._digit(at)
        if count > "1" and (digit := self._digits(at + 1)):
            return digit * int(count), "number", 2
        if count > "1" and self._word(at + 1) in self._known.times and (digit := self._digit(at + 2)):
            return digit * int(count), "number", 3
        return None

    def _in_digits(self, at: int) -> bool:
        """Whether one digit after another is said from there, and no "and" before."""
        alone = not self._given[at].end and self._word(at - 1) not in self._known.joins
        return alone and bool(self._digit(at + 1))

    def _hundreds(self, at: int) -> _Reading | None:
        """ "300 and 46", as recognisers write "three hundred and forty-six"."""
        begins = _HUNDREDS.fullmatch(self._word(at)) and self._word(at + 1) in self._known.joins
        rest = self._word(at + 2)
        if begins and not self._given[at].end and rest.isdecimal() and 0 < int(rest) < 100:
            return str(int(self._word(at)) + int(rest)), "number", 3
        return None

    def _number(self, at: int) -> _Reading | None:
        """One number in words: what is added has to be less than what there is room for."""
        known, values = self._known, self._known.numbers
        whole, part, room, taken, large = 0, -1, 10**9, 0, False
        place = at
        if self._word(at) in known.thousand | known.million and self._word(at - 1)[:1].isdigit():
            return None  # "67 million"
        while place < len(self._given):
            word = self._word(place)
            value = values.get(word)
            if value is not None and room == 100 and value < 10 and self._in_digits(place):
                break  # "nine hundred, one two three"
            if value is not None and (part < 0 or value) and value < room:
                part = max(part, 0) + value
                room = 0 if value < 20 else 10 if value < 100 else 100
            elif word in known.hundred and 0 < part < 100:
                part, room = part * 100, 100
            elif word in known.thousand | known.million and (part or whole == 0) and not (whole and part < 0):
                unit = 1000 if word in known.thousand else 10**6
                whole, part, room, large = whole + max(part, 1) * unit, -1, min(unit, 1000), True
            elif word in known.joins and room in (100, 1000) and values.get(self._word(place + 1)):
                place += 1
                continue
            else:
                break
            taken = place + 1 - at
            if self._given[place].end:
                break
            place += 1
        if not taken:
            return None
        total = whole + max(part, 0)
        return (f"{total:,}" if large and total > 9999 else str(total)), "number", taken


def _named_letters(pieces: Sequence[_Piece], known: Words) -> list[_Piece]:
    """The pieces with names of letters as letters, where several stand beside a number or a sign."""
    found = list(pieces)
    start = 0
    while start < len(found):
        end = start
        while end < len(found) and (found[end].kind == "letter" or found[end].text in known.letters):
            end += 1
        if end - start > 1:
            beside = [*found[max(0, start - 1) : start], *found[end : end + 1]]
            if any(piece.kind in ("number", "sign") or piece.text[:1].isdigit() for piece in beside):
                for place in range(start, end):
                    name = known.letters.get(found[place].text, found[place].text)
                    found[place] = found[place]._replace(text=name, kind="letter")
        start = max(end, start + 1)
    return found


def _joined(pieces: Sequence[_Piece]) -> Written:
    """One text: signs and letters without spaces, and no hesitation between numbers."""
    text: list[str] = []
    starts: list[int] = []
    owners: list[tuple[int, int]] = []
    length = 0
    before: _Piece | None = None
    for piece, after in zip_longest(pieces, pieces[1:]):
        if piece.kind == "skip" and before and after and _is_within(before, after):
            continue
        if before and not _touch(before, piece):
            text.append(" ")
            starts.append(length)
            owners.append((before.last, piece.first))
            length += 1
        signed = piece.kind == "sign" or (after is not None and after.kind == "sign" and after.text != "+")
        ends = piece.end and not signed and not (piece.kind == "letter" == (after and after.kind))
        part = piece.text + piece.end if ends else piece.text
        text.append(part)
        starts.append(length)
        owners.append((piece.first, piece.last))
        length += len(part)
        before = piece
    return Written("".join(text), starts, owners)


def _is_within(before: _Piece, after: _Piece) -> bool:
    """Whether a hesitation between the two stands in an address or a number."""
    return "sign" in (before.kind, after.kind) or "word" not in (before.kind, after.kind)


def _touch(before: _Piece, piece: _Piece) -> bool:
    if piece.text == "+":
        return False
    return "sign" in (before.kind, piece.kind) or before.kind == piece.kind == "letter"
