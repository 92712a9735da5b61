"""One question over HTTP to a server that is not trusted: one limit for its time, one for its size.

No redirects, no proxies, nothing decompressed. The time limit holds from the connection to the last byte,
however slowly either arrives; most clients limit only the time between two reads.
"""

from __future__ import annotations

import ipaddress
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import ssl

    import httpcore2

CONNECT_S = 3.0

HEAD_BYTES = 256 * 1024
"""Room for everything around a body: status lines, headers, the marks of chunks. Real ones need a few kB."""

_PIECE = 1024
"""Bytes written at once: so few that a reader who takes one at a time cannot stretch a write."""

_PLAIN = ("", "identity")


class NetworkProblem(Exception):  # noqa: N818 - reads as what it is at every `except`
    """A question that was not answered; the message says why, in a few words."""


class Unreachable(NetworkProblem):
    """Nobody listens there."""


class TooSlow(NetworkProblem):
    """The time was over before the end of the answer."""


class TooLarge(NetworkProblem):
    """The answer is larger than allowed."""


@dataclass(frozen=True)
class Answer:
    """What a server answered.

    Attributes:
        headers: With lower-case names; of several with one name, the last.
        body: Empty where it was not asked for.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def is_redirect(self) -> bool:
        """Whether it points elsewhere."""
        return self.status in (301, 302, 303, 307, 308)


class Network(AbstractContextManager["Network"]):
    """Connections to servers, kept open between questions. For one thread at a time.

    Args:
        seconds: Longest time for one question and its answer, in all.
        connect_seconds: Longest time of that for a connection.
        most: Longest body in bytes; 0: bodies are not read.
    """

    def __init__(
        self,
        seconds: float,
        connect_seconds: float = CONNECT_S,
        most: int = 0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.seconds = seconds
        self._connect_seconds = connect_seconds
        self._most = most
        self._limits = _Limits(most + HEAD_BYTES, clock)
        self._pool: httpcore2.ConnectionPool | None = None

    def __exit__(self, *_: object) -> None:
        """Hang up."""
        self.close()

    def close(self) -> None:
        """Hang up."""
        if self._pool is not None:
            self._pool.close()

    def ask(self, method: str, url: str, headers: Mapping[str, str], content: bytes | None = None) -> Answer:
        """Send a request and read the answer.

        Raises:
            Unreachable: No connection.
            TooSlow: The time is over.
            TooLarge: The body, or everything around it, is larger than allowed.
            NetworkProblem: It hangs up, or does not speak HTTP.
        """
        import httpcore2

        try:
            return self._ask(method, url, headers, content)
        except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
            raise Unreachable(f"no connection: {error}"[:200]) from error
        except httpcore2.TimeoutException as error:
            raise TooSlow(f"no answer within {self.seconds:g} s") from error
        except (httpcore2.NetworkError, httpcore2.ProtocolError, httpcore2.UnsupportedProtocol) as error:
            raise NetworkProblem(f"{type(error).__name__}: {error}"[:200]) from error
        except (OSError, ValueError) as error:  # of a name that cannot be looked up, or a header that is none
            raise NetworkProblem(f"{type(error).__name__}: {error}"[:200]) from error

    def _ask(self, method: str, url: str, headers: Mapping[str, str], content: bytes | None) -> Answer:
        import httpcore2
        import httpx2

        parsed = httpx2.URL(url)
        target = httpcore2.URL(
            scheme=parsed.raw_scheme, host=parsed.raw_host, port=parsed.port, target=parsed.raw_path
        )
        own = {"Host": parsed.netloc.decode("ascii"), "Accept-Encoding": "identity"}
        sent: list[tuple[bytes | str, bytes | str]] = [*own.items(), *headers.items()]
        timeouts = {"connect": min(self.seconds, self._connect_seconds), "pool": self.seconds}
        self._limits.begin(self.seconds)
        pool = self._pool = self._pool or self._opened(parsed.scheme == "https")
        with pool.stream(
            method, target, headers=sent, content=content, extensions={"timeout": timeouts}
        ) as response:
            found = {
                name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers
            }
            return Answer(response.status, found, self._body(response, found))

    def _body(self, response: httpcore2.Response, headers: Mapping[str, str]) -> bytes:
        content = bytearray()
        if not self._most:
            return b""
        if headers.get("content-encoding", "").strip().lower() not in _PLAIN:
            raise NetworkProblem("it sends something compressed, which was not asked for")
        for block in response.iter_stream():
            content += block
            if len(content) > self._most:
                raise TooLarge(f"more than {self._most / 1e6:.0f} MB")
        return bytes(content)

    def _opened(self, secure: bool) -> httpcore2.ConnectionPool:
        import httpcore2
        import httpx2

        # Without TLS, certificates would be loaded for nothing.
        context = httpx2.create_ssl_context(trust_env=False) if secure else None
        return httpcore2.ConnectionPool(ssl_context=context, network_backend=_backend(self._limits))


class _Limits:
    """What is left of the time and the bytes of the question that is being asked."""

    def __init__(self, most: int, clock: Callable[[], float]) -> None:
        self._most = most
        self._clock = clock
        self._deadline = 0.0
        self._left = 0

    def begin(self, seconds: float) -> None:
        self._deadline = self._clock() + seconds
        self._left = self._most

    def seconds(self, wanted: float | None) -> float:
        import httpcore2

        left = self._deadline - self._clock()
        if left <= 0:
            raise httpcore2.ReadTimeout("the time is over")
        return left if wanted is None else min(left, wanted)

    def count(self, block: bytes) -> bytes:
        self._left -= len(block)
        if self._left < 0:
            raise TooLarge(f"more than {self._most / 1e6:.1f} MB")
        return block


def _backend(limits: _Limits) -> httpcore2.NetworkBackend:
    """httpcore's own sockets, every operation of which ends at the deadline of the question."""
    import httpcore2

    class Stream(httpcore2.NetworkStream):
        def __init__(self, inner: httpcore2.NetworkStream) -> None:
            self._inner = inner

        def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
            return limits.count(self._inner.read(max_bytes, limits.seconds(timeout)))

        def write(self, buffer: bytes, timeout: float | None = None) -> None:
            for start in range(0, len(buffer), _PIECE):
                self._inner.write(buffer[start : start + _PIECE], limits.seconds(timeout))

        def close(self) -> None:
            self._inner.close()

        def start_tls(
            self,
            ssl_context: ssl.SSLContext,
            server_hostname: str | None = None,
            timeout: float | None = None,
        ) -> httpcore2.NetworkStream:
            return Stream(self._inner.start_tls(ssl_context, server_hostname, limits.seconds(timeout)))

        def get_extra_info(self, info: str) -> Any:
            return self._inner.get_extra_info(info)

    class Backend(httpcore2.NetworkBackend):
        def connect_tcp(
            self,
            host: str,
            port: int,
            timeout: float | None = None,
            local_address: str | None = None,
            socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
        ) -> httpcore2.NetworkStream:
            connect: Callable[..., httpcore2.NetworkStream] = httpcore2.SyncBackend().connect_tcp
            return Stream(connect(host, port, limits.seconds(timeout), local_address, socket_options))

    return Backend()


def is_loopback(host: str) -> bool:
    """Whether a host is this machine."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"
