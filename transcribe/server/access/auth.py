"""Who may ask: keys, names of this host, pages of strangers; every request goes through here first."""

from __future__ import annotations

import ipaddress
import re
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from starlette.datastructures import Headers
from starlette.requests import cookie_parser
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from transcribe.core.errors import OutputError
from transcribe.core.events import Noticed, Progress
from transcribe.core.text import printable
from transcribe.server.access.keys import Keys, digest_of
from transcribe.server.access.sessions import Sessions
from transcribe.server.errors import Refused, refused

LOCAL = "local"
"""The client of requests without a key, where none is demanded."""

OPEN = re.compile(r"/health|/sign-in|/language|/assets/[^/]+/[^/]+")
"""Answered without a key."""

PAGES = re.compile(r"/|/library|/watched|/episodes/[^/]+|/sign-in|/sign-out|/language")
"""What browsers open, and what the forms of these pages send."""

SIGN_IN = "/sign-in"
COOKIE = "transcribe-session"
READS = ("GET", "HEAD")

MOST_OPEN = 250
"""Requests of one client that are open at a time: others are to find a free connection."""

MOST_STREAMS = 50
"""Streams of events beside them: each costs everybody a moment whenever something happens."""

STREAMS = re.compile(r"/v1/events|/v1/jobs/[^/]+/events")

AMBIGUOUS = "ambiguous_length"
"""The connection ends: where its next request begins is not certain."""

RETRY_S = 5
"""When a client may ask again that has so many."""

_HOST = re.compile(r"(?:\[(?P<six>[^][]+)\]|(?P<name>[^]:/?#@\\[\s]+))(?::(?P<port>[0-9]{0,5}))?")
"""A host as a request names it (RFC 9110, 7.2), and nothing around it."""


@dataclass(frozen=True)
class Access:
    """What a request has to have.

    Attributes:
        keys: One of these; None: no key is demanded.
        hosts: Names that this machine is called by, beside `localhost` and addresses.
        sessions: Of browsers that have signed in with a key; None: nobody signs in.
    """

    keys: Keys | None = None
    hosts: frozenset[str] = frozenset()
    sessions: Sessions | None = None

    def client(self, path: str, headers: Mapping[str, str], method: str = "GET", scheme: str = "http") -> str:
        """Who asks.

        Args:
            scheme: `https` where a proxy has said so.

        Raises:
            Refused: The host is none of ours, a stranger's page asks, or there is no valid key or session.
        """
        host = headers.get("host", "")
        if not self._is_ours(host):
            raise Refused(
                403,
                f"this server is not called {printable(host)!r}; allow the name with --allow-host",
                "unknown_host",
            )
        origin = headers.get("origin")
        by_page = is_elsewhere(headers) and not _is_link(method, path, headers)
        if by_page or (origin is not None and not _same(origin, host)):
            raise Refused(403, "pages of other sites may not use this server", "cross_site")
        key, token = _bearer(headers), token_of(headers, scheme)
        by_itself = not key and (PAGES.fullmatch(path) or token)
        if origin is None and method not in READS and by_itself:  # and nothing says by which page
            raise Refused(403, "a request with a cookie has to name its Origin", "cross_site")
        owner = self._owner(key, token)
        if owner is None and not OPEN.fullmatch(path):
            raise Refused(401, "this server wants its key: Authorization: Bearer …", "invalid_api_key")
        return owner or LOCAL

    def _owner(self, key: str, token: str) -> str | None:
        """Whose a key is, or without one a session; None: nobody's."""
        if self.keys is None:
            return LOCAL if key in ("", "null") else f"{LOCAL}-{digest_of(key)[:8]}"
        try:
            if token and not key and self.sessions is not None:
                return self.sessions.owner(token)
            return self.keys.owner(key)
        except OutputError as error:
            raise refused(error) from error

    def _is_ours(self, host: str) -> bool:
        found = _HOST.fullmatch(host)
        if found is None:
            return False
        if found["six"]:
            return is_address(found["six"])
        name = found["name"].lower()
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


def is_elsewhere(headers: Mapping[str, str]) -> bool:
    """Whether the page of another site makes a browser ask."""
    return headers.get("sec-fetch-site", "none") not in ("none", "same-origin")


def _is_link(method: str, path: str, headers: Mapping[str, str]) -> bool:
    """Whether a browser opens a page in a tab of its own: somebody followed a link."""
    return (
        method in READS
        and PAGES.fullmatch(path) is not None
        and headers.get("sec-fetch-mode") == "navigate"
        and headers.get("sec-fetch-dest") == "document"
    )


def cookie_of(headers: Mapping[str, str], scheme: str) -> str:
    """The name of the session's cookie.

    Browsers send a cookie to every port of its host, so each port has its own. With TLS, it is of a kind
    that only this very host can set (`__Host-`, RFC 6265bis), and no other one of its domain.
    """
    found = _HOST.fullmatch(headers.get("host", ""))
    name = f"{COOKIE}-{found['port']}" if found and found["port"] else COOKIE
    return f"__Host-{name}" if scheme == "https" else name


def token_of(headers: Mapping[str, str], scheme: str) -> str:
    """The token of the session, or empty."""
    return cookie_parser(headers.get("cookie", "")).get(cookie_of(headers, scheme), "")


def _bearer(headers: Mapping[str, str]) -> str:
    scheme, _, key = headers.get("authorization", "").partition(" ")
    return key.strip() if scheme.lower() == "bearer" else ""


class Gate:
    """Lets requests through that may pass, and writes a line about each: no names, texts or queries."""

    def __init__(self, app: ASGIApp, access: Access, progress: Progress) -> None:
        self._app, self._access, self._progress = app, access, progress
        self._open: Counter[tuple[str, bool]] = Counter()

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
                set_already = {name for name, _ in message.get("headers", ())}
                more = (each for each in _HEADERS if each[0] not in set_already)
                message["headers"] = [*message.get("headers", ()), *more]
            await send(message)

        client, headers = "-", Headers(scope=scope)
        try:
            check_length(headers)
            client = self._access.client(scope["path"], headers, scope["method"], scope["scheme"])
            scope.setdefault("state", {})["client"] = client
            with self._counted(scope["path"], client):
                await self._app(scope, receive, noting)
        except Refused as error:
            await _answer(error, scope, headers)(scope, receive, noting)
        except Exception:
            if not status:  # else it is answered and told already
                raise
        finally:
            took = time.monotonic() - started
            said = f"{scope['method']} {printable(scope['path'])[:100]}"
            self._progress(Noticed(f"{said} {status or 'left'} in {took:.2f} s for {client}"))

    @contextmanager
    def _counted(self, path: str, client: str) -> Iterator[None]:
        """Count an open request; what is answered without a key is nobody's.

        Raises:
            Refused: Its client has too many.
        """
        if OPEN.fullmatch(path):
            yield
            return
        is_stream = STREAMS.fullmatch(path) is not None
        most, kind = (MOST_STREAMS, "streams") if is_stream else (MOST_OPEN, "requests")
        whose = client, is_stream
        if self._open[whose] >= most:
            what = f"{most} {kind} of this client are open already; end some of them"
            raise Refused(429, what, "too_many_requests", retry_after=RETRY_S)
        self._open[whose] += 1
        try:
            yield
        finally:
            self._open[whose] -= 1
            if not self._open[whose]:
                del self._open[whose]


def check_length(headers: Mapping[str, str]) -> None:
    """See that a request has one length: a proxy may go by the other one (RFC 9112, 6.1).

    Raises:
        Refused: It states one, and is chunked.
    """
    if "content-length" in headers and "transfer-encoding" in headers:
        raise Refused(400, "a request is chunked or has a length, not both", AMBIGUOUS)


def _answer(error: Refused, scope: Scope, headers: Mapping[str, str]) -> Response:
    """The answer to a request that may not pass; whoever opens a page without a session may sign in."""
    path = scope["path"]
    if error.code == AMBIGUOUS:
        answer = error.response()
        answer.headers["Connection"] = "close"
        return answer
    if error.status != 401 or not wants_page(scope["method"], path, headers):
        return error.response()
    query = scope["query_string"].decode("latin-1")
    wanted = quote(path) + (f"?{query}" if query else "")
    if is_elsewhere(headers):
        # A browser sends no strict cookie along a link of another site, but it does with this next request.
        return Response(headers={"Refresh": f"0; url={wanted}", **PAGE_HEADERS})
    return RedirectResponse(f"{SIGN_IN}?next={quote(wanted, safe='')}", 303)


def wants_page(method: str, path: str, headers: Mapping[str, str]) -> bool:
    """Whether a person looks at the answer: a page of ours, or whatever else a browser opens.

    Browsers name HTML for what they open, and for nothing that a page fetches or plays; over plain HTTP to
    another machine they do not send `Sec-Fetch-Dest`.
    """
    if method not in READS:
        return False
    return PAGES.fullmatch(path) is not None or "text/html" in headers.get("accept", "")


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
"""Nothing that is sent is run as a page, or kept by anybody on the way; unless the answer says otherwise."""

PAGE_HEADERS = {
    "content-security-policy": "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; "
    "media-src 'self' blob:; img-src 'self' data:; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'",
    "cross-origin-opener-policy": "same-origin",
    "referrer-policy": "same-origin",  # with no-referrer, browsers hide the Origin of forms
}
"""Of our pages: they use only what comes from here, and nobody shows them inside their own."""
