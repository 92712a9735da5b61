"""JSON over HTTP to a language-model server that is not trusted: bounded, without redirects or proxies."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import msgspec

from transcribe.core.chat import BadAnswer
from transcribe.core.errors import EngineError, NetworkError, UsageError
from transcribe.core.network import (
    CONNECT_S,
    Network,
    NetworkProblem,
    TooLarge,
    TooSlow,
    Unreachable,
    is_loopback,
)

KEY_ENV = "TRANSCRIBE_WRITER_KEY"
"""Where a server's key is read from; not an option, so that it lands in no config and no provenance."""

MAX_BYTES = 8_000_000
"""Far more than the longest answer."""


@dataclass(frozen=True)
class Reply:
    """What a server answered.

    Attributes:
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
    """Questions to one server. Nothing is retried here.

    Args:
        url: Its base, such as `http://127.0.0.1:11434`; checked by `check_url`.
        seconds: Longest time for one answer, whatever it consists of.
        key: Sent as a bearer token when not empty.
    """

    def __init__(self, url: str, seconds: float, key: str = "", connect_seconds: float = CONNECT_S) -> None:
        self.url = url.rstrip("/")
        self._network = Network(seconds, connect_seconds, MAX_BYTES)
        self._headers = {"Accept": "application/json", "Content-Type": "application/json"}
        if key:
            self._headers["Authorization"] = f"Bearer {key}"

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
        return self._send("POST", path, msgspec.json.encode(body))

    def close(self) -> None:
        """Hang up."""
        self._network.close()

    def _send(self, method: str, path: str, content: bytes | None) -> Reply:
        with self._errors():
            answer = self._network.ask(method, self.url + path, self._headers, content)
        if answer.is_redirect:
            raise NetworkError(
                f"{self.url} redirects to {answer.headers.get('location', 'another place')[:100]!r}, "
                "which is not followed",
                "Name the server's own URL with --writer-host",
            )
        text = answer.body[:200].decode("utf-8", "replace")
        return Reply(answer.status, _json(answer.body), text, answer.headers)

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except Unreachable as error:
            raise NetworkError(
                f"no server answers at {self.url}",
                "Start it, or see which are running with: transcribe llm list",
            ) from error
        except TooSlow as error:
            raise EngineError(
                f"{self.url} did not answer within {self._network.seconds:g} s",
                "Give it longer with --writer-seconds, or choose a smaller model",
            ) from error
        except TooLarge as error:
            raise BadAnswer(f"{self.url} sends {error}", again=False) from error
        except NetworkProblem as error:
            raise BadAnswer(f"{self.url} hung up before the end of its answer ({error})") from error


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
