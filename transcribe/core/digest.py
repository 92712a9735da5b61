"""Digests of files, and the checksum by which a changed character of our own state is found."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Any

from transcribe.core.reading import open_regular
from transcribe.core.text import to_json

_SEALED = re.compile(rb'\{"checksum":"([0-9a-f]{32})","content":(.*)\}\n?', re.DOTALL)


def file_digest(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal.

    Raises:
        OSError: It cannot be read, or is no plain file.
    """
    with open_regular(path) as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def fingerprint(value: Any) -> str:
    """SHA-256, in hexadecimal, of everything that decides the content of something, as JSON.

    Args:
        value: Any value that msgspec knows; shorter fingerprints are the beginning of this one.
    """
    return hashlib.sha256(to_json(value)).hexdigest()


def sealed(name: str, content: bytes) -> bytes:
    """JSON of ours in an envelope of JSON with its checksum, on one line.

    Args:
        name: What it is; another name does not open it.
        content: One value in JSON, on one line.
    """
    return b'{"checksum":"%s","content":%s}\n' % (_checksum(name, content), content)


def unsealed(name: str, envelope: bytes) -> bytes | None:
    """What `sealed` was given; None where a byte of it has changed since."""
    found = _SEALED.fullmatch(envelope)
    if found is None or found[1] != _checksum(name, found[2]):
        return None
    return found[2]


def _checksum(name: str, content: bytes) -> bytes:
    digest = hashlib.blake2b(name.encode() + b"\0" + content, digest_size=16)
    return digest.hexdigest().encode()
