"""The bytes of a file as text, with what is wrong about them: encoding, marks, control characters."""

from __future__ import annotations

import bisect
import codecs
import re
from array import array

from transcribe.quality.lint.finding import Findings

LARGEST_BYTES = 32_000_000
"""Of a file: the words of fifty hours, each with its times, need less."""

_NEWLINE = re.compile(r"\r\n|\n|\r")
_CONTROL = re.compile(r"[\x01-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_DECLARED = re.compile(rb"""<\?xml[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']""")

_CHARACTER_SETS = (
    *("ascii", "utf-8", "utf-16", "utf-32", "iso8859", "iso2022", "cp12", "koi8", "mac"),
    *("gb", "big5", "euc", "shift_jis"),
)
"""How Python calls the encodings that feeds come in. It knows others, which do more than decode (idna)."""

_MARKS = (  # UTF-32's little-endian mark begins with UTF-16's
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


def lines_of(text: str) -> list[str]:
    """The lines of a text without their ends; LF, CRLF and CR all end one, as WebVTT has it."""
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


class Places:
    """Turns an offset in a text into its line and column."""

    def __init__(self, text: str) -> None:
        self._starts = array("I", [0])  # a list would take ten times the memory of a text of empty lines
        self._starts.extend(match.end() for match in _NEWLINE.finditer(text))

    def of(self, offset: int) -> tuple[int, int]:
        """Line and column of a character, both from 1."""
        line = bisect.bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1


def decode(data: bytes, findings: Findings, *, xml: bool = False, mark: bool = False) -> str:
    """The text of a file; whatever its bytes are, there is one.

    Args:
        xml: Whether the file may declare its own encoding.
        mark: Whether a byte order mark is in place.
    """
    encoding, rest = _encoding(data)
    if data.startswith(codecs.BOM_UTF8) and not mark:
        findings.add("text-bom", "the file begins with a byte order mark", 1, 1)
    if encoding == "utf-8" and xml:
        encoding = _declared(rest)
    if xml and encoding not in ("utf-8", "ascii"):
        findings.add("xml-encoding", f"the text is {encoding.upper()}, not UTF-8", 1)
    elif not xml and encoding != "utf-8":
        findings.add("text-encoding", f"the text is {encoding.upper()}, not UTF-8")
    text = _decoded(rest, encoding, findings)
    _check_characters(text, findings)
    return text


def _encoding(data: bytes) -> tuple[str, bytes]:
    for mark, name in _MARKS:
        if data.startswith(mark):
            return name, data[len(mark) :]
    head = data[:1000]
    if len(head) > 3 and head.count(0) * 3 > len(head):  # Latin text: every other byte is zero
        return ("utf-16-be" if head[0] == 0 else "utf-16-le"), data
    return "utf-8", data


def _declared(data: bytes) -> str:
    match = _DECLARED.match(data[:300])
    if match is None:
        return "utf-8"
    try:
        known = codecs.lookup(match[1].decode("ascii"))
    except LookupError:
        return "utf-8"
    return known.name if known.name.startswith(_CHARACTER_SETS) else "utf-8"


def _decoded(data: bytes, encoding: str, findings: Findings) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        good = data[: error.start].decode(encoding, "replace")
        line, column = Places(good).of(len(good))
        read_as = "cp1252" if encoding == "utf-8" else encoding
        what = f"the bytes from here on are not {encoding.upper()}"
        findings.add("text-encoding", f"{what}; read as {read_as.upper()} all the same", line, column)
        return data.decode(read_as, "replace")


def _check_characters(text: str, findings: Findings) -> None:
    places: Places | None = None
    for rule, pattern, what in (
        ("text-nul", re.compile("\0"), "NUL characters"),
        ("text-control", _CONTROL, "control characters"),
        ("text-replacement", re.compile("\ufffd"), "replacement characters (U+FFFD)"),
    ):
        first = pattern.search(text)
        if first is not None:
            places = places or Places(text)
            count = sum(1 for _ in pattern.finditer(text))
            findings.add(rule, f"{what}: {count}, the first here", *places.of(first.start()))
    ends = {end for end in ("\r\n", "\n", "\r") if re.search(_alone(end), text)}
    if len(ends) > 1:
        findings.add("text-line-ends", f"lines end in {len(ends)} different ways")


def _alone(end: str) -> str:
    return {"\r\n": "\r\n", "\n": "(?<!\r)\n", "\r": "\r(?!\n)"}[end]
