"""A server of text vectors on loopback: words of one kind give vectors of one direction."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

KINDS = (
    ("money", "profit", "loss", "earnings", "zysk"),
    ("weather", "rain", "storm", "snow", "pogoda"),
    ("food", "bread", "kitchen", "flour", "chleb"),
)


@dataclass
class Embeddings:
    """What it answers, and what it was asked.

    Attributes:
        numbers: Of a vector.
        body: What it answers in the place of vectors; None: vectors.
    """

    url: str = ""
    numbers: int = 4
    status: int = 200
    body: Any = None
    asked: list[dict[str, Any]] = field(default_factory=list)

    @property
    def chosen(self) -> str:
        """As the setting `meaning` names it."""
        return f"{self.url} toy"

    def texts(self, purpose: str) -> list[str]:
        """What it was asked for this purpose."""
        asked = (each for each in self.asked if each["input_type"] == purpose)
        return [text for each in asked for text in each["input"]]

    def vector(self, text: str) -> list[float]:
        folded = text.casefold()
        found = [float(sum(folded.count(word) for word in kind)) for kind in KINDS]
        return [*found, 0.1, *[0.0] * self.numbers][: self.numbers]


@contextmanager
def embeddings() -> Iterator[Embeddings]:
    """A running server."""
    state = Embeddings()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            state.asked.append(asked)
            vectors = [
                {"index": at, "embedding": state.vector(text)} for at, text in enumerate(asked["input"])
            ]
            body = json.dumps({"data": vectors[::-1]} if state.body is None else state.body).encode()
            self.send_response(state.status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        state.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield state
        finally:
            server.shutdown()
            thread.join()
