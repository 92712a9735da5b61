"""A language-model server on loopback that answers as each real one does, also when it misbehaves."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Json = Any
ITEMS = "Glass carries light for miles."


@dataclass(frozen=True)
class Told:
    """A reply: a JSON value or raw bytes, with status and headers."""

    body: Json | bytes
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: bool = False
    """Whether the connection dies before the end of the body."""


Route = Callable[[Json], Told]


@dataclass
class FakeServer:
    """A running double.

    Attributes:
        port: Where it listens.
        routes: What it answers, by method and path; others are 404.
        asked: Bodies of the chat requests so far.
        key: Key it wants, or empty.
    """

    port: int
    routes: dict[str, Route]
    asked: list[Json] = field(default_factory=list)
    authorisations: list[str] = field(default_factory=list)
    key: str = ""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@contextmanager
def serving(routes: dict[str, Route], key: str = "") -> Iterator[FakeServer]:
    """Serve these routes on a free port of this machine."""
    fake = FakeServer(0, routes, key=key)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._reply(f"GET {self.path}", None)

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            if "chat" in self.path:
                fake.asked.append(body)
            self._reply(f"POST {self.path}", body)

        def _reply(self, name: str, body: Json) -> None:
            sent = self.headers.get("authorization", "")
            fake.authorisations.append(sent)
            told = fake.routes.get(name, lambda _: Told({"error": "not here"}, 404))(body)
            if fake.key and sent != f"Bearer {fake.key}":
                told = Told({"detail": "Invalid API key"}, 401)
            content = told.body if isinstance(told.body, bytes) else json.dumps(told.body).encode()
            self.send_response(told.status)
            for header, value in {"content-type": "application/json", **told.headers}.items():
                self.send_header(header, value)
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content[: len(content) // 2] if told.cut else content)
            self.close_connection = True

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    fake.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield fake
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def completion(
    text: str | None = ITEMS, finish: str = "stop", prompt_tokens: int = 0, **message: Json
) -> Told:
    """An OpenAI-shaped answer."""
    choice = {
        "index": 0,
        "finish_reason": finish,
        "message": {"role": "assistant", "content": text, **message},
    }
    usage = {"prompt_tokens": prompt_tokens, "completion_tokens": 20, "total_tokens": prompt_tokens + 20}
    return Told({"object": "chat.completion", "choices": [choice], "usage": usage})


def listed(*names: str, owner: str = "me") -> Route:
    """`/v1/models`."""
    return lambda _: Told({"object": "list", "data": [{"id": name, "owned_by": owner} for name in names]})


def always(told: Told) -> Route:
    """The same reply to everything."""
    return lambda _: told


CHAT = "POST /v1/chat/completions"


def ollama_routes(chat: Route) -> dict[str, Route]:
    """Ollama with a model that thinks, one that does not, and one of the cloud."""
    models = [
        {"name": "qwen3:4b"},
        {"name": "llama3.2:latest"},
        {"name": "gpt-oss:120b", "remote_host": "https://x"},
    ]

    def show(body: Json) -> Told:
        thinks = body["model"].startswith("qwen3")
        context = {"general.architecture": "x", "x.context_length": 40_960}
        return Told(
            {"model_info": context, "capabilities": ["completion", *(["thinking"] if thinks else [])]}
        )

    return {
        "GET /api/version": always(Told({"version": "0.12.6"})),
        "GET /version": always(Told({"version": "0.12.6"})),
        "GET /api/tags": always(Told({"models": models})),
        "GET /api/ps": always(Told({"models": [{"name": "llama3.2:latest", "context_length": 4096}]})),
        "POST /api/show": show,
        "POST /api/chat": chat,
    }


def ollama_answer(text: str = ITEMS, read: int = 0, **message: Json) -> Told:
    """An answer in Ollama's own form."""
    body = {"role": "assistant", "content": text, **message}
    return Told(
        {"message": body, "done": True, "done_reason": "stop", "prompt_eval_count": read, "eval_count": 9}
    )


def lm_studio_routes() -> dict[str, Route]:
    """LM Studio."""
    loaded = {"id": "qwen3-4b", "config": {"context_length": 8192}}
    models = [
        {"type": "llm", "key": "qwen/qwen3-4b", "loaded_instances": [loaded], "max_context_length": 40_960},
        {"type": "llm", "key": "phi-3.5", "loaded_instances": [], "max_context_length": 131_072},
        {"type": "embedding", "key": "nomic", "loaded_instances": [], "max_context_length": 2048},
    ]
    return {"GET /api/v1/models": always(Told({"models": models})), CHAT: always(completion())}


def llama_server_routes(chat: Route) -> dict[str, Route]:
    """llama-server."""
    props = {"default_generation_settings": {"n_ctx": 12_288}, "build_info": "b6900-abc"}
    return {
        "GET /props": always(Told(props)),
        "GET /v1/models": listed("qwen3.gguf", owner="llamacpp"),
        "POST /tokenize": lambda body: Told({"tokens": list(range(len(body["content"].split())))}),
        CHAT: chat,
    }


def llama_cpp_server_routes() -> dict[str, Route]:
    """llama-cpp-python's server."""
    return {
        "POST /extras/tokenize/count": lambda body: Told({"count": len(body["input"].split())}),
        "GET /v1/models": listed("smollm2"),
        CHAT: always(completion()),
    }


def gpt4all_routes() -> dict[str, Route]:
    """GPT4All, which refuses every field it does not know."""

    def chat(body: Json) -> Told:
        if unknown := set(body) - {"model", "messages", "max_tokens", "temperature", "top_p"}:
            message = f"Unrecognized request argument supplied: {unknown}"
            return Told({"error": {"message": message, "type": "invalid_request_error"}}, 400)
        return completion()

    return {"GET /v1/models": listed("Llama 3 8B Instruct", owner="humanity"), CHAT: chat}


def local_ai_routes() -> dict[str, Route]:
    """LocalAI."""
    return {
        "GET /version": always(Told({"version": "v3.7.0"})),
        "GET /v1/models": listed("bielik"),
        CHAT: always(completion()),
    }


def jan_routes() -> dict[str, Route]:
    """Jan."""
    return {"GET /v1/models": listed("qwen3-4b", owner="user"), CHAT: always(completion())}
