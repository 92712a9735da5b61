"""JSON and plain values into types, by msgspec, from any thread.

What msgspec knows of a class it builds with the first use and shares half-built: two threads that use a class
first at the same time crash the process (seen with msgspec 0.22). So it is built under a lock, by everybody.
"""

from __future__ import annotations

import threading
from typing import Any, TypeVar

import msgspec

T = TypeVar("T")

_BUILDING = threading.Lock()
_PREPARED: dict[Any, msgspec.json.Decoder[Any]] = {}


def decode(content: bytes | str, kind: type[T]) -> T:
    """A value out of JSON.

    Raises:
        msgspec.MsgspecError, UnicodeDecodeError: It is something else.
    """
    decoder: msgspec.json.Decoder[T] = prepared(kind)
    return decoder.decode(content)


def convert(value: Any, kind: type[T], *, from_attributes: bool = False) -> T:
    """A value out of plain ones, or out of the attributes of another.

    Raises:
        msgspec.MsgspecError: It is something else.
    """
    prepared(kind)
    return msgspec.convert(value, type=kind, from_attributes=from_attributes)


def prepared(kind: Any) -> msgspec.json.Decoder[Any]:
    """The decoder of a type; afterwards whatever decodes into it may do so in any thread."""
    if kind not in _PREPARED:
        with _BUILDING:
            _PREPARED[kind] = msgspec.json.Decoder(kind)
    return _PREPARED[kind]
