"""The servers: where each listens, how it is told from the others, what it has, how it is asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from transcribe.core.chat import ChatIdentity, ChatModel
from transcribe.core.errors import UsageError
from transcribe.engines.llm.http import Http, Reply
from transcribe.engines.llm.memory import MOST_CONTEXT
from transcribe.engines.llm.ollama import OllamaChat
from transcribe.engines.llm.openai import Dialect, OpenAiChat

CLOUD = (":cloud", "-cloud")
"""How the names of Ollama's models end that run on somebody else's machine."""


@dataclass(frozen=True)
class ServedModel:
    """A model that a server has.

    Attributes:
        context: Tokens it reads at a time as it is loaded now, or could; 0 where that is not told.
        cloud: Whether it runs on another machine.
        thinks: Whether it thinks unless told not to.
    """

    name: str
    context: int = 0
    cloud: bool = False
    thinks: bool = False


@dataclass(frozen=True)
class Server:
    """A server that answered.

    Attributes:
        version: Its name, with its version where it tells.
        note: What keeps its models from being listed, for people; or empty.
    """

    writer: str
    url: str
    version: str
    models: tuple[ServedModel, ...]
    note: str = ""


Probe = Callable[[Http], "Server | None"]


@dataclass(frozen=True)
class Kind:
    """A kind of server.

    Attributes:
        ports: Where it listens by default.
        probe: Asks whether it is the one, and what it has.
        context: Tokens to count on where it does not tell: its default.
        dialect: How it is asked; None for Ollama's own API.
    """

    writer: str
    label: str
    ports: tuple[int, ...]
    probe: Probe
    context: int
    dialect: Dialect | None


def open_chat(kind: Kind, http: Http, server: Server, model: ServedModel, asked_context: int) -> ChatModel:
    """A connection to one model; the user wants `asked_context` tokens, and 0 leaves it to us.

    Raises:
        UsageError: The model runs on another machine.
    """
    if model.cloud:
        raise UsageError(
            f"the model {model.name} runs on somebody else's machine, and the transcript would be sent there",
            "Choose one that runs here; see transcribe llm list",
        )
    identity = ChatIdentity(kind.writer, server.version, model.name)
    if kind.dialect is None:
        context = asked_context or min(model.context or kind.context, MOST_CONTEXT)
        return OllamaChat(http, identity, context, thinks=model.thinks)
    return OpenAiChat(http, kind.dialect, identity, asked_context or model.context or kind.context)


def is_cloud(name: str) -> bool:
    """Whether a model's name says that it runs on somebody else's machine."""
    return name.lower().endswith(CLOUD)


def _probe_ollama(http: Http) -> Server | None:
    version = _dict(http.get("/api/version")).get("version")
    if not version:
        return None
    loaded = {
        each.get("name"): each.get("context_length") for each in _dicts(_dict(http.get("/api/ps")), "models")
    }
    models = []
    for each in _dicts(_dict(http.get("/api/tags")), "models"):
        name = str(each.get("name"))
        shown = _dict(http.post("/api/show", {"model": name}))
        cloud = is_cloud(name) or bool(each.get("remote_host") or shown.get("remote_host"))
        thinks = "thinking" in (shown.get("capabilities") or ())
        models.append(ServedModel(name, _int(loaded.get(name)) or _trained(shown), cloud, thinks))
    return Server("ollama", http.url, f"Ollama {version}", tuple(models))


def _trained(shown: dict[str, Any]) -> int:
    """The context a model was trained for: `qwen3.context_length` of its own description."""
    info = shown.get("model_info")
    found = [
        value for key, value in (info if isinstance(info, dict) else {}).items()
        if str(key).endswith(".context_length")
    ]  # fmt: skip
    return _int(found[0]) if found else 0


def _probe_lm_studio(http: Http) -> Server | None:
    reply = http.get("/api/v1/models")
    models = tuple(_lm_studio_models(_dict(reply)))
    if not models:  # before 0.4
        older = _dicts(_dict(http.get("/api/v0/models")), "data")
        models = tuple(
            _served(each.get("id"), each.get("loaded_context_length") or each.get("max_context_length"))
            for each in older
            if each.get("type") in ("llm", "vlm")
        )
    if models:
        return Server("lmstudio", http.url, "LM Studio", models)
    if reply.status in (401, 403):
        return Server("lmstudio", http.url, "LM Studio", (), "asks for a key")
    return None


def _lm_studio_models(body: dict[str, Any]) -> Iterator[ServedModel]:
    for each in _dicts(body, "models"):
        if each.get("type", "llm") != "llm":
            continue
        loaded = _dicts(each, "loaded_instances")
        for instance in loaded:
            config = instance.get("config")
            context = config.get("context_length") if isinstance(config, dict) else 0
            yield _served(instance.get("id") or each.get("key"), context)
        if not loaded:
            yield _served(each.get("key"), each.get("max_context_length"))


def _probe_llama_server(http: Http) -> Server | None:
    props = _dict(http.get("/props"))
    settings = props.get("default_generation_settings")
    if "build_info" not in props and not isinstance(settings, dict):
        return None
    context = settings.get("n_ctx") if isinstance(settings, dict) else props.get("n_ctx")
    version = f"llama-server {props.get('build_info', '')}".strip()
    return _server("llama-server", http, version, _listed(http), context)


def _probe_llama_cpp_server(http: Http) -> Server | None:
    if not _int(_dict(http.post("/extras/tokenize/count", {"input": "a b"})).get("count")):
        return None
    return _server("llama-cpp-server", http, "llama-cpp-python", _listed(http))


def _probe_gpt4all(http: Http) -> Server | None:
    listed = _listed(http)
    if not any(each.get("owned_by") == "humanity" for each in listed):
        return None
    return _server("gpt4all", http, "GPT4All", listed)


def _probe_local_ai(http: Http) -> Server | None:
    version = _dict(http.get("/version")).get("version")
    if not version or _dict(http.get("/api/version")).get("version"):  # Ollama
        return None
    return _server("localai", http, f"LocalAI {version}", _listed(http))


def _probe_jan(http: Http) -> Server | None:
    """Jan has nothing of its own to be known by, but a port and, for strangers, a refusal."""
    reply = http.get("/v1/models")
    if reply.status in (401, 403):
        return Server("jan", http.url, "Jan", (), "asks for a key")
    listed = _dicts(_dict(reply), "data")
    return _server("jan", http, "Jan", listed) if listed else None


def _server(
    writer: str, http: Http, version: str, listed: list[dict[str, Any]], context: object = 0
) -> Server:
    return Server(writer, http.url, version, tuple(_served(each.get("id"), context) for each in listed))


def _listed(http: Http) -> list[dict[str, Any]]:
    return _dicts(_dict(http.get("/v1/models")), "data")


def _served(name: object, context: object) -> ServedModel:
    return ServedModel(str(name), _int(context), is_cloud(str(name)))


def _dict(reply: Reply) -> dict[str, Any]:
    return reply.body if reply.status < 400 and isinstance(reply.body, dict) else {}


def _dicts(body: dict[str, Any], key: str) -> list[dict[str, Any]]:
    found = body.get(key)
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def _int(value: object) -> int:
    return value if isinstance(value, int) and 0 < value < 1 << 31 else 0


_KINDS = (
    Kind("ollama", "Ollama", (11434,), _probe_ollama, 4096, None),
    Kind("lmstudio", "LM Studio", (1234,), _probe_lm_studio, 4096, Dialect(schema=True)),
    Kind("jan", "Jan", (1337,), _probe_jan, 4096, Dialect(schema=True)),
    Kind(
        "llama-server",
        "llama-server",
        (8080, 9931),
        _probe_llama_server,
        4096,
        Dialect(
            grammar=True,
            extra={"chat_template_kwargs": {"enable_thinking": False}, "cache_prompt": True},
            counts=("/tokenize", "content", "tokens"),
        ),
    ),
    Kind(
        "llama-cpp-server",
        "llama-cpp-python",
        (8000,),
        _probe_llama_cpp_server,
        2048,
        Dialect(grammar=True, counts=("/extras/tokenize/count", "input", "count")),
    ),
    Kind("gpt4all", "GPT4All", (4891,), _probe_gpt4all, 2048, Dialect(bare=True)),
    Kind("localai", "LocalAI", (8080,), _probe_local_ai, 512, Dialect(grammar=True)),
)
KINDS = {kind.writer: kind for kind in _KINDS}
"""Every kind by the name that `--writer` gives it."""
