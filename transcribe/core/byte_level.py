"""The alphabet in which byte-level BPE writes the bytes of its tokens (GPT-2, encoder.py)."""

from __future__ import annotations

PRINTABLE = (*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100))
"""Bytes that are written as themselves; others follow from U+0100 on."""


def to_bytes(token: str) -> bytes:
    """The bytes that a token of byte-level BPE stands for.

    Raises:
        KeyError: It holds a character outside of that alphabet.
    """
    return bytes(_BYTE_OF[character] for character in token)


def to_text(token: bytes) -> str:
    """A token's bytes in the alphabet of byte-level BPE."""
    return "".join(_CHARACTER_OF[byte] for byte in token)


def _byte_of() -> dict[str, int]:
    others = [byte for byte in range(256) if byte not in PRINTABLE]
    return {chr(byte): byte for byte in PRINTABLE} | {chr(0x100 + n): byte for n, byte in enumerate(others)}


_BYTE_OF = _byte_of()
_CHARACTER_OF = {byte: character for character, byte in _BYTE_OF.items()}
