"""Vectors of texts by a server on this machine: `POST /v1/embeddings`, as Ollama and others answer it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import msgspec

from transcribe.core.chat import BadAnswer
from transcribe.core.decoding import convert
from transcribe.core.errors import EngineError, NetworkError, UsageError
from transcribe.core.network import is_loopback
from transcribe.engines.llm.http import Http, Reply, check_url
from transcribe.engines.llm.servers import is_cloud

if TYPE_CHECKING:
    from numpy import float32
    from numpy.typing import NDArray

Purpose = Literal["query", "passage"]

HOW = "Write the server and the model, as in: http://127.0.0.1:11434 embeddinggemma"
MOST_NUMBERS = 16_384
"""Of a vector; no model has so many."""

BEGINNINGS: tuple[tuple[str, dict[Purpose, str]], ...] = (
    ("e5", {"query": "query: ", "passage": "passage: "}),
    ("nomic-embed", {"query": "search_query: ", "passage": "search_document: "}),
    ("embeddinggemma", {"query": "task: search result | query: ", "passage": "title: none | text: "}),
)
"""How texts begin that these models are given, by a part of their names (their model cards)."""


class _Embedding(msgspec.Struct):
    embedding: list[float]
    index: int = 0


class _Answer(msgspec.Struct):
    data: list[_Embedding]


@dataclass(frozen=True)
class Embedder:
    """A server and the model that it is asked for.

    Attributes:
        url: On this machine.
        seconds: Longest time for one answer.
    """

    url: str
    model: str
    seconds: float

    def vectors(self, texts: Sequence[str], purpose: Purpose) -> NDArray[float32]:
        """A vector of length 1 for each text: shape (texts, numbers).

        Raises:
            NetworkError: Nobody answers there.
            EngineError: The answer is of no use, or takes too long.
        """
        import numpy as np

        beginning = next((each[purpose] for name, each in BEGINNINGS if name in self.model.lower()), "")
        asked = {"model": self.model, "input": [beginning + each for each in texts], "input_type": purpose,
                 "encoding_format": "float"}  # fmt: skip
        http = Http(self.url, self.seconds)
        try:
            reply = http.post("/v1/embeddings", asked)
        except NetworkError as error:
            raise NetworkError(error.what, f"Start it: it is to have the model {self.model}") from error
        except BadAnswer as error:
            raise EngineError(error.what) from error
        except EngineError as error:
            raise EngineError(error.what, "Choose a smaller model") from error
        finally:
            http.close()
        found = np.array(self._numbers(reply, len(texts)))
        found /= np.maximum(np.abs(found).max(axis=1, keepdims=True), 1e-12)  # or squares are out of range
        found /= np.maximum(np.linalg.norm(found, axis=1, keepdims=True), 1e-12)
        return found.astype(np.float32)

    def _numbers(self, reply: Reply, count: int) -> list[list[float]]:
        if reply.status != 200:
            what = reply.error or f"it answers with status {reply.status}"
            raise EngineError(f"{self.url} gives no vectors of {self.model}: {what}", HOW)
        try:
            answer = convert(reply.body, _Answer)
        except msgspec.ValidationError:
            answer = _Answer([])
        found = [each.embedding for each in sorted(answer.data, key=lambda each: each.index)]
        lengths = {len(each) for each in found}
        good = len(found) == count and len(lengths) == 1 and 0 < max(lengths) <= MOST_NUMBERS
        if not good or not all(math.isfinite(number) for each in found for number in each):
            raise EngineError(f"{self.url} answers with something else than {count} vectors", HOW)
        return found


def embedder_of(chosen: str, seconds: float) -> Embedder:
    """The server that a setting names.

    Raises:
        UsageError: It names none, or one that is not on this machine.
    """
    import httpx2

    url, _, model = chosen.strip().partition(" ")
    if not model.strip():
        raise UsageError(f"{chosen!r} names no server and model for search by meaning", HOW)
    url = check_url(url)
    if not is_loopback(httpx2.URL(url).host):
        raise UsageError(f"{url} is not on this machine: transcripts would be sent there", HOW)
    if is_cloud(model.strip()):
        raise UsageError(f"the model {model.strip()} runs on somebody else's machine", HOW)
    return Embedder(url, model.strip(), seconds)
