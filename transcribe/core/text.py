"""Text of strangers: what would move a terminal's cursor is shown, and bytes that are no text are kept.

Python holds such a byte as a lone surrogate (PEP 383), which neither UTF-8 nor JSON can hold. Shown to people
and programs, the byte 0xFF is `\\xff`; in our own files it comes back as it was; in documents for readers it
is U+FFFD (`formats.tokens.encodable`).
"""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache
from typing import Any, TypeVar
from urllib.parse import quote, unquote_to_bytes

T = TypeVar("T")

_SURROGATE = re.compile(r"[\ud800-\udfff]")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
"""Control characters, line separators, and what turns the text around it (UAX #9, section 2)."""
_TURNS = re.compile(r"[\u202a-\u202e\u2066-\u2069]")
"""What turns the text around it, up to other marks: `\u202egnp.exe` is shown as `exe.png` (UAX #9)."""
_SPACE = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_KEPT = "\0"
"""Begins a text that is percent-encoded; no name of a file can hold it."""


def readable(text: str) -> str:
    """The text as it can be written anywhere: a byte that is not text is shown as `\\xff`."""
    return text if text.isascii() else _SURROGATE.sub(_escaped, text)


def _escaped(found: re.Match[str]) -> str:
    number = ord(found[0])
    return f"\\x{number - 0xDC00:02x}" if 0xDC80 <= number <= 0xDCFF else f"\\u{number:04x}"


def printable(text: str) -> str:
    """The text on one line, with everything escaped that could move a terminal's cursor or turn other text.

    The escapes of what JSON leaves as it is (from U+007F on) are those of JSON.
    """
    return _CONTROL.sub(_shown_control, readable(text))


def printable_lines(text: str) -> str:
    """The same for a text of several lines: line feeds, tabs and bytes that are no text stay."""
    return _CONTROL.sub(lambda found: found[0] if found[0] in "\n\t" else _shown_control(found), text)


def one_line(text: str) -> str:
    """The text on one line: every run of white space or control characters is one space."""
    return " ".join(_SPACE.sub(" ", text).split())


def plain_name(text: str) -> str:
    """A person's name or a title as it is kept: on one line, and turning nothing around it; may be empty."""
    return one_line(_SURROGATE.sub("\ufffd", _TURNS.sub("", text)))


@lru_cache(maxsize=4096)
def is_spaceless(character: str) -> bool:
    """Whether a character belongs to a script that puts no spaces between words.

    Ideographs, kana, Thai, Lao, Khmer and Myanmar, by the Unicode character database's names.
    """
    if not character or ord(character) < 0x0E00 or not character.isalnum():
        return False
    name = unicodedata.name(character, "")
    return name.startswith(("CJK", "HIRAGANA", "KATAKANA", "THAI", "LAO", "KHMER", "MYANMAR", "IDEOGRAPHIC"))


def _shown_control(found: re.Match[str]) -> str:
    number = ord(found[0])
    return repr(found[0])[1:-1] if number < 0x20 else f"\\u{number:04x}"


def shown(value: Any) -> Any:
    """A value made of dicts, lists and text, with every text `readable`."""
    return _mapped(value, readable)


def to_json(value: Any) -> bytes:
    """Any value that msgspec knows, as JSON from which `from_json` gives it back with every byte of names."""
    import msgspec  # takes time, and the program begins with this module

    try:
        return msgspec.json.encode(value)
    except UnicodeEncodeError:
        return msgspec.json.encode(_mapped(msgspec.to_builtins(value), kept))


def to_canonical_json(value: Any) -> bytes:
    """The same in the one form that a value of texts and integers has: keys sorted, no spaces."""
    import msgspec  # as above

    plain = msgspec.to_builtins(value)
    try:
        return msgspec.json.encode(plain, order="sorted")
    except UnicodeEncodeError:
        return msgspec.json.encode(_mapped(plain, kept), order="sorted")


def from_json(content: bytes, kind: type[T]) -> T:
    """What `to_json` was given.

    Raises:
        msgspec.MsgspecError, UnicodeDecodeError: It is something else.
    """
    import msgspec  # as above

    from transcribe.core.decoding import convert, decode

    if b'"\\u0000' not in content:
        return decode(content, kind)
    return convert(_mapped(msgspec.json.decode(content), restored), kind)


def kept(text: str) -> str:
    """The text in a form that everything can hold, from which `restored` gives it back."""
    return _KEPT + quote(text, errors="surrogatepass") if _SURROGATE.search(text) else text


def restored(text: str) -> str:
    """The text that `kept` was given."""
    if not text.startswith(_KEPT):
        return text
    return unquote_to_bytes(text.removeprefix(_KEPT)).decode("utf-8", "surrogatepass")


def uri_of(path: str) -> str:
    """An absolute path as a `file:` address (RFC 8089), from which `path_of` gives back every byte."""
    return f"file://{quote(os.fsencode(path))}"


def path_of(uri: str) -> str:
    """The path that `uri_of` was given."""
    return os.fsdecode(unquote_to_bytes(uri.removeprefix("file://")))


def _mapped(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        return {_mapped(key, change): _mapped(each, change) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_mapped(each, change) for each in value]
    return value
