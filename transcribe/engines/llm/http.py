"""JSON over HTTP to a language-model server that is not trusted: bounded, without redirects or proxies."""

from __future__ import annotations

import ipaddress
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from transcribe.chat import BadAnswer
from transcribe.errors import EngineError, NetworkError, UsageError

if TYPE_CHECKING:
    import httpx2

KEY_ENV = "TRANSCRIBE_WRITER_KEY"
"""Where a server's key is read from; not an option, so that it lands in no config and no provenance."""

MAX_BYTES = 8_000_000
"""Far more than the longest answer."""

CONNECT_S = 3.0


@dataclass(frozen=True)
class Reply:
    """What a server answered.

    Attributes:
        status: HTTP status.
        body: The JSON, whatever shape it has; None where there is none.
        text: The body as it came, at most its first 200 characters.
        headers: With lower-case names.
    """

    status: int
    body: Any
    text: str
    headers: Mapping[str, str]

    @property
    def is_page(self) -> bool:
        """Whether it is a web page instead."""
        kind = self.headers.get("content-type", "")
        return "html" in kind or self.text.lstrip().lower().startswith(("<!doctype", "<html"))

    @property
    def error(self) -> str:
        """What the server complains about, in any of the shapes servers use; empty where nothing."""
        return _complaint(self.body)

    @property
    def error_code(self) -> str:
        """The complaint's type or code, such as `exceed_context_size_error`."""
        error = self.body.get("error") if isinstance(self.body, dict) else None
        found = [str(error.get(key) or "") for key in ("type", "code")] if isinstance(error, dict) else []
        return " ".join(found).strip()


class Http:
    """A connection to one server. Nothing is retried here.

    Args:
        url: Its base, such as `http://127.0.0.1:11434`; checked by `check_url`.
        seconds: Longest time for one answer.
        key: Sent as a bearer token when not empty.
        connect_seconds: Longest time for a connection.
    """

    def __init__(self, url: str, seconds: float, key: str = "", connect_seconds: float = CONNECT_S) -> None:
        import httpx2

        self.url = url.rstrip("/")
        self._seconds = seconds
        self._client = httpx2.Client(
            headers={"Accept": "application/json", **({"Authorization": f"Bearer {key}"} if key else {})},
            timeout=httpx2.Timeout(seconds, connect=min(seconds, connect_seconds)),
            follow_redirects=False,
            trust_env=False,  # a proxy would see the transcript
            verify=url.startswith("https:"),  # else certificates are loaded for nothing
        )

    def get(self, path: str) -> Reply:
        """Read something.

        Raises:
            NetworkError: The server cannot be reached, or sends us elsewhere.
            EngineError: It takes too long.
            BadAnswer: It hangs up, or sends too much.
        """
        return self._send("GET", path, None)

    def post(self, path: str, body: Mapping[str, Any]) -> Reply:
        """Ask something; raises what `get` raises."""
        return self._send("POST", path, body)

    def close(self) -> None:
        """Hang up."""
        self._client.close()

    def _send(self, method: str, path: str, body: Mapping[str, Any] | None) -> Reply:
        deadline = time.monotonic() + self._seconds
        with self._errors(), self._client.stream(method, self.url + path, json=body) as response:
            if response.is_redirect:
                raise NetworkError(
                    f"{self.url} redirects to {response.headers.get('location', 'another place')[:100]!r}, "
                    "which is not followed",
                    "Name the server's own URL with --writer-host",
                )
            content = self._read(response, deadline)
            headers = {name.lower(): value for name, value in response.headers.items()}
            return Reply(
                response.status_code, _json(content), content[:200].decode("utf-8", "replace"), headers
            )

    def _read(self, response: httpx2.Response, deadline: float) -> bytes:
        content = bytearray()
        for block in response.iter_bytes():
            content += block
            if len(content) > MAX_BYTES:
                raise BadAnswer(f"{self.url} sends more than {MAX_BYTES / 1e6:.0f} MB", again=False)
            if time.monotonic() > deadline:
                raise self._too_slow()
        return bytes(content)

    @contextmanager
    def _errors(self) -> Iterator[None]:
        import httpx2

        try:
            yield
        except (httpx2.ConnectError, httpx2.ConnectTimeout) as error:
            raise NetworkError(
                f"no server answers at {self.url}",
                "Start it, or see which are running with: transcribe llm list",
            ) from error
        except httpx2.TimeoutException as error:
            raise self._too_slow() from error
        except (httpx2.RemoteProtocolError, httpx2.ReadError, httpx2.WriteError) as error:
            raise BadAnswer(f"{self.url} hung up before the end of its answer") from error
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise BadAnswer(f"the connection to {self.url} broke: {type(error).__name__}") from error

    def _too_slow(self) -> EngineError:
        return EngineError(
            f"{self.url} did not answer within {self._seconds:g} s",
            "Give it longer with --writer-seconds, or choose a smaller model",
        )


def check_url(url: str, *, loopback_only: bool = False) -> str:
    """The base URL of a server, without a path's trailing `/v1` and slashes.

    Raises:
        UsageError: It is none.
    """
    import httpx2

    try:
        parsed = httpx2.URL(url)
    except (httpx2.InvalidURL, ValueError) as error:
        raise UsageError(f"{url!r} is not the URL of a server", "Write http://HOST:PORT") from error
    if parsed.scheme not in ("http", "https") or not parsed.host or parsed.userinfo or parsed.query:
        raise UsageError(f"{url!r} is not the URL of a server", "Write http://HOST:PORT")
    if loopback_only and not is_loopback(parsed.host):
        raise UsageError(f"{url!r} is not on this machine", "Name another host with --writer-host")
    return url.rstrip("/").removesuffix("/v1").rstrip("/")


def is_loopback(host: str) -> bool:
    """Whether a host is this machine."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def _json(content: bytes) -> Any:
    try:
        return msgspec.json.decode(content)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None


def _complaint(body: Any) -> str:
    """`error` as text or as an object with a message, FastAPI's `detail`, or a bare `message`."""
    if not isinstance(body, dict):
        return ""
    for key in ("error", "detail", "message"):
        found = body.get(key)
        if isinstance(found, dict) and key != "message":  # Ollama's is the answer itself
            found = found.get("message") or found.get("error") or str(found)
        if isinstance(found, list):  # FastAPI names each field that is wrong
            found = "; ".join(
                str(each.get("msg", each)) if isinstance(each, dict) else str(each) for each in found
            )
        if found and isinstance(found, str):
            return " ".join(found.split())[:300]
    return ""
