"""Who may ask: keys, names of this host, pages of strangers; every request goes through here first."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import secrets
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from transcribe.core.disk import disk_errors
from transcribe.core.errors import OutputError
from transcribe.core.events import Noticed, Progress
from transcribe.core.files import atomic_file
from transcribe.core.reading import read_regular
from transcribe.core.text import printable, to_json
from transcribe.jobs.queue import Facts
from transcribe.server.errors import Refused, refused

KEYS = "keys.json"
PREFIX = "tr-"
LOCAL = "local"
"""The client of requests without a key, where none is demanded."""

OPEN = ("/health",)
"""Answered without a key."""


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
            handle.write(to_json((*others, Key(name, _digest(key)))))
        self._read()
        return key

    def owner(self, key: str) -> str | None:
        """Whose a key is; None: nobody's."""
        self._read()
        digest = _digest(key)
        found = [each.name for each in self._known if hmac.compare_digest(each.sha256, digest)]
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
                self._known = msgspec.json.decode(read_regular(self._path), type=tuple[Key, ...])
            except msgspec.DecodeError as error:
                what = f"the keys in {self._path} are damaged"
                raise OutputError(what, "Remove the file, and make new keys") from error
            self._facts = facts


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "surrogateescape")).hexdigest()


@dataclass(frozen=True)
class Access:
    """What a request has to have.

    Attributes:
        keys: One of these; None: no key is demanded.
        hosts: Names that this machine is called by, beside `localhost` and addresses.
    """

    keys: Keys | None = None
    hosts: frozenset[str] = frozenset()

    def client(self, path: str, headers: Mapping[str, str]) -> str:
        """Who asks.

        Raises:
            Refused: The host is none of ours, a stranger's page asks, or there is no valid key.
        """
        host = headers.get("host", "")
        if not self._is_ours(host):
            raise Refused(
                403,
                f"this server is not called {printable(host)!r}; allow the name with --allow-host",
                "unknown_host",
            )
        origin = headers.get("origin")
        site = headers.get("sec-fetch-site", "none")
        if site not in ("none", "same-origin") or (origin is not None and not _same(origin, host)):
            raise Refused(403, "pages of other sites may not use this server", "cross_site")
        key = _bearer(headers)
        if self.keys is None:
            return LOCAL if key in ("", "null") else f"{LOCAL}-{_digest(key)[:8]}"
        try:
            owner = self.keys.owner(key)
        except OutputError as error:
            raise refused(error) from error
        if owner is None and path not in OPEN:
            raise Refused(401, "this server wants its key: Authorization: Bearer …", "invalid_api_key")
        return owner or LOCAL

    def _is_ours(self, host: str) -> bool:
        try:
            name = urlsplit(f"//{host}").hostname or ""
        except ValueError:
            return False
        return name == "localhost" or name in self.hosts or is_address(name)


def is_address(name: str) -> bool:
    """Whether a host is given by its address, which no stranger's name server can change."""
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches an address."""
    return host == "localhost" or (is_address(host) and ipaddress.ip_address(host).is_loopback)


def _same(origin: str, host: str) -> bool:
    try:
        return urlsplit(origin).netloc.lower() == host.lower()
    except ValueError:
        return False


def _bearer(headers: Mapping[str, str]) -> str:
    scheme, _, key = headers.get("authorization", "").partition(" ")
    return key.strip() if scheme.lower() == "bearer" else ""


class Gate:
    """Lets requests through that may pass, and writes a line about each: no names, texts or queries."""

    def __init__(self, app: ASGIApp, access: Access, progress: Progress) -> None:
        self._app, self._access, self._progress = app, access, progress

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Meet a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started, status = time.monotonic(), 0

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message.get("headers", ()), *_HEADERS]
            await send(message)

        client = "-"
        try:
            client = self._access.client(scope["path"], Headers(scope=scope))
            scope.setdefault("state", {})["client"] = client
            await self._app(scope, receive, noting)
        except Refused as error:
            await error.response()(scope, receive, noting)
        except Exception:
            if not status:  # else it is answered and told already
                raise
        finally:
            took = time.monotonic() - started
            said = f"{scope['method']} {printable(scope['path'])[:100]}"
            self._progress(Noticed(f"{said} {status or 'left'} in {took:.2f} s for {client}"))


def _pairs(values: Iterable[tuple[str, str]]) -> list[tuple[bytes, bytes]]:
    return [(name.encode(), value.encode()) for name, value in values]


_HEADERS = _pairs(
    [
        ("x-content-type-options", "nosniff"),
        ("content-security-policy", "default-src 'none'; frame-ancestors 'none'; sandbox"),
        ("referrer-policy", "no-referrer"),
        ("cross-origin-resource-policy", "same-origin"),
        ("cache-control", "no-store"),
    ]
)
"""Nothing that is sent is run as a page, or kept by anybody on the way."""
