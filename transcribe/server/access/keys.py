"""Keys of a server's clients, kept as digests."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from pathlib import Path

import msgspec

from transcribe.core.decoding import decode
from transcribe.core.disk import disk_errors
from transcribe.core.errors import OutputError
from transcribe.core.files import atomic_file
from transcribe.core.reading import read_regular
from transcribe.core.text import to_json
from transcribe.jobs.queue import Facts

KEYS = "keys.json"
PREFIX = "tr-"


@dataclass(frozen=True)
class Key:
    """A key, as it is kept.

    Attributes:
        name: Whose it is.
        sha256: Digest of the key; it has 256 random bits, so that no slow digest is needed.
    """

    name: str
    sha256: str


class Keys:
    """The keys of a server's folder; those that are made while it runs are known at once.

    Raises:
        OutputError: Their file cannot be read or written; so do the methods.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / KEYS
        self._known: tuple[Key, ...] = ()
        self._facts: Facts | None = None
        self._read()

    def __bool__(self) -> bool:
        return bool(self._known)

    def make(self, name: str) -> str:
        """A new key, which is not kept and is to be shown once; an older one of that name ends."""
        key = PREFIX + secrets.token_urlsafe(32)
        others = tuple(each for each in self._known if each.name != name)
        with atomic_file(self._path, private=True) as handle:
            handle.write(to_json((*others, Key(name, digest_of(key)))))
        self._read()
        return key

    def owner(self, key: str) -> str | None:
        """Whose a key is; None: nobody's."""
        return self.owner_of_digest(digest_of(key))

    def owner_of_digest(self, sha256: str) -> str | None:
        """Whose the key with a digest is; None: nobody's, or ended."""
        self._read()
        found = [each.name for each in self._known if hmac.compare_digest(each.sha256, sha256)]
        return found[0] if found else None

    def _read(self) -> None:
        """Read the file, unless it is as it was."""
        with disk_errors(self._path, "reading", "Check its permissions"):
            if not self._path.exists():
                self._known, self._facts = (), None
                return
            facts = Facts.of(self._path.stat())
            if facts == self._facts:
                return
            try:
                self._known = decode(read_regular(self._path), tuple[Key, ...])
            except msgspec.DecodeError as error:
                what = f"the keys in {self._path} are damaged"
                raise OutputError(what, "Remove the file, and make new keys") from error
            self._facts = facts


def digest_of(secret: str) -> str:
    """The digest of a key or another random secret, in hex."""
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).hexdigest()
