"""Sends a message to a web address that the user named: JSON, one time limit, no redirects, no proxies."""

from __future__ import annotations

from dataclasses import dataclass

from transcribe.core.errors import UsageError
from transcribe.core.network import Network, NetworkProblem, is_loopback

ID_HEADER = "X-Transcribe-Delivery"


@dataclass(frozen=True)
class Webhook:
    """An address."""

    url: str
    seconds: float

    @classmethod
    def parse(cls, url: str, host: str, seconds: float) -> Webhook:
        """Check an address: this machine, or the host that is named apart from it.

        Raises:
            UsageError: It is none, or on another machine.
        """
        import httpx2

        try:
            parsed = httpx2.URL(url)
        except (httpx2.InvalidURL, ValueError) as error:
            raise UsageError(f"{url!r} is not an address", "Write http://127.0.0.1:PORT/PATH") from error
        if parsed.scheme not in ("http", "https") or not parsed.host or parsed.userinfo:
            raise UsageError(f"{url!r} is not an address", "Write http://127.0.0.1:PORT/PATH")
        if not is_loopback(parsed.host) and parsed.host.lower() != host.lower():
            raise UsageError(
                f"the webhook {url!r} is on another machine, which would be told the names of recordings",
                f"If that is what you want: --webhook-host {parsed.host}",
            )
        return cls(url, seconds)

    def post(self, payload: str, number: str) -> str:
        """Post a message; what went wrong, or nothing.

        Args:
            number: The message's id, also sent as a header.
        """
        headers = {"Content-Type": "application/json", ID_HEADER: number}
        try:
            with Network(self.seconds, self.seconds) as network:
                status = network.ask("POST", self.url, headers, payload.encode()).status
        except NetworkProblem as error:
            return f"{self.url}: {error}"
        return "" if 200 <= status < 300 else f"answered {status}"
