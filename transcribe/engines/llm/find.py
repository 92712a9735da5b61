"""Which language-model servers run on this machine, and the one that was asked for."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from transcribe.core.chat import ChatModel
from transcribe.core.errors import ModelError, NetworkError, TranscribeError
from transcribe.engines.llm.http import Http, check_url
from transcribe.engines.llm.refusals import refusal
from transcribe.engines.llm.servers import KINDS, Kind, ServedModel, Server, is_cloud, open_chat

LOOK_S = 3.0
"""How long a server may take to say what it is."""

KNOCK_S = 0.5
"""How long a port of this machine may take to accept a connection."""


def find_servers(ports: Mapping[str, tuple[int, ...]] | None = None) -> list[Server]:
    """Every server that answers at a known port of this machine, in the order of `KINDS`.

    Args:
        ports: Look at these instead, by the name of the kind.
    """
    places = [(kind, port) for kind in KINDS.values() for port in (ports or {}).get(kind.writer, kind.ports)]
    with ThreadPoolExecutor(max_workers=len(places)) as pool:
        found = pool.map(lambda place: look(place[0], f"http://127.0.0.1:{place[1]}"), places)
        return [server for server in found if server is not None]


def look(kind: Kind, url: str, key: str = "", seconds: float = LOOK_S) -> Server | None:
    """The server of that kind at a URL; None where there is none, or another one."""
    http = Http(url, seconds, key, KNOCK_S)
    try:
        return kind.probe(http)
    except TranscribeError:
        return None
    finally:
        http.close()


def connect(
    kind: Kind, name: str, *, host: str = "", key: str = "", seconds: float = 600, context: int = 0
) -> ChatModel:
    """A model of a running server.

    Args:
        name: The model's id there; empty for the first one.
        host: Its URL, where it is not at its port of this machine.
        seconds: Longest time for one answer.
        context: Tokens the model reads at a time, where the user knows.

    Raises:
        NetworkError: It does not run, or refuses access.
        ModelError: It has no such model.
        UsageError: The URL is none, or the model runs elsewhere.
    """
    urls = [check_url(host)] if host else [f"http://127.0.0.1:{port}" for port in kind.ports]
    for url in urls:
        server = look(kind, url, key, max(LOOK_S, min(seconds, 10.0)))
        if server is not None:
            model = _pick(server, name)
            return open_chat(kind, Http(url, seconds, key), server, model, context)
    for url in urls:
        _tell_what_is_there(url, key)
    raise NetworkError(
        f"{kind.label} does not answer at {' or '.join(urls)}",
        "Start it, or see which servers are running with: transcribe llm list",
    )


def _tell_what_is_there(url: str, key: str) -> None:
    """Say it where something answers at a URL that keeps us out or is no server of models."""
    http = Http(url, LOOK_S, key, KNOCK_S)
    try:
        reply = http.get("/v1/models")
        error = refusal(reply, url, "")
    except TranscribeError as failed:
        error = failed
    finally:
        http.close()
    if isinstance(error, NetworkError) and not isinstance(error.__cause__, Exception):
        raise error


def _pick(server: Server, name: str) -> ServedModel:
    if server.note:
        raise NetworkError(
            f"{server.version} at {server.url} {server.note}",
            "Put it into the environment as TRANSCRIBE_WRITER_KEY",
        )
    here = [model for model in server.models if not model.cloud]
    if not name:
        if not here:
            raise ModelError(f"{server.version} at {server.url} has no model", "Give it one first")
        return here[0]
    for model in server.models:
        if model.name in (name, f"{name}:latest"):
            return model
    if is_cloud(name):
        return replace(ServedModel(name), cloud=True)
    known = ", ".join(model.name for model in here[:10]) or "none"
    raise ModelError(f"{server.version} at {server.url} has no model {name!r}", f"It has: {known}")
