"""Who has signed in with a key in a browser; kept as digests, so that a restart signs nobody out."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import msgspec

from transcribe.core.decoding import decode
from transcribe.core.disk import disk_errors
from transcribe.core.files import atomic_file
from transcribe.core.reading import read_regular
from transcribe.core.text import to_json
from transcribe.server.access.keys import Keys, digest_of

SESSIONS = "sessions.json"
LASTS_S = 30 * 86_400
MOST = 100
"""Sessions of a key that are kept; its oldest end first, and nobody else's."""


@dataclass(frozen=True)
class Session:
    """A browser that has signed in.

    Attributes:
        sha256: Digest of the token in its cookie; it has 256 random bits.
        key: Digest of the key it signed in with; it ends with that key.
        until: In seconds since 1970.
    """

    sha256: str
    key: str
    until: float


class Sessions:
    """The sessions of a server's folder; only the server that holds its lock may make them.

    Args:
        clock: Seconds since 1970.

    Raises:
        OutputError: Their file cannot be read or written; so do the methods.
    """

    def __init__(self, folder: Path, keys: Keys, clock: Callable[[], float] = time.time) -> None:
        self._path, self._keys, self._clock = folder / SESSIONS, keys, clock
        self._known: dict[str, Session] = {}
        with disk_errors(self._path, "reading", "Check its permissions"):
            if self._path.exists():
                self._known = {each.sha256: each for each in _read(self._path)}

    def begin(self, key: str, former: str = "") -> str | None:
        """The token of a new session for a key; None: the key is nobody's.

        Args:
            former: The token of the session that the browser had; it ends.
        """
        if self._keys.owner(key) is None:
            return None
        token = secrets.token_urlsafe(32)
        session = Session(digest_of(token), digest_of(key), self._clock() + LASTS_S)
        others = [each for each in self._known.values() if each.sha256 != digest_of(former)]
        known = [each for each in others if self._holds(each)]
        surplus = [each for each in known if each.key == session.key][: -(MOST - 1)]
        self._write((*(each for each in known if each not in surplus), session))
        return token

    def end(self, token: str) -> None:
        """End a session."""
        digest = digest_of(token)
        if digest in self._known:
            self._write(tuple(each for each in self._known.values() if each.sha256 != digest))

    def owner(self, token: str) -> str | None:
        """Whose the key of a session is; None: it has ended, or there is none."""
        session = self._known.get(digest_of(token))
        return self._keys.owner_of_digest(session.key) if session and self._holds(session) else None

    def _holds(self, session: Session) -> bool:
        return self._clock() < session.until and self._keys.owner_of_digest(session.key) is not None

    def _write(self, sessions: tuple[Session, ...]) -> None:
        with atomic_file(self._path, private=True) as handle:
            handle.write(to_json(sessions))
        self._known = {each.sha256: each for each in sessions}


def _read(path: Path) -> tuple[Session, ...]:
    """Those in a file; none where it is damaged: people sign in again."""
    try:
        return decode(read_regular(path), tuple[Session, ...])
    except msgspec.DecodeError:
        return ()
