"""What a language-model server's refusal means, as an error people can act on."""

from __future__ import annotations

from transcribe.core.chat import BadAnswer
from transcribe.core.errors import EngineError, ModelError, NetworkError, TranscribeError
from transcribe.engines.llm.http import KEY_ENV, Reply

TOO_LONG = ("exceed_context_size", "context_length_exceeded")
TOO_LONG_WORDS = (
    "context length",
    "context size",
    "context window",
    "n_keep",
    "n_ctx",
    "input length",
    "too long",
)
"""How servers say that a prompt does not fit: by a code, or else in words (LM Studio, Ollama)."""


def refusal(reply: Reply, url: str, model: str) -> TranscribeError | None:
    """The error for a reply that is none to a question; None for one that is."""
    if reply.is_page:
        return NetworkError(
            f"{url} answers with a web page, not as a language-model server",
            "Check the port, and --writer-host",
        )
    if reply.status in (401, 403):
        reason = f": {reply.error}" if reply.error else ""
        return NetworkError(
            f"{url} refuses access{reason}", f"Put the server's key into the environment as {KEY_ENV}"
        )
    if reply.status < 400 and not reply.error:
        return None if isinstance(reply.body, dict) else BadAnswer(f"{url} did not answer in JSON")
    return _by_complaint(reply, url, model)


def _is_too_long(reply: Reply) -> bool:
    """Whether the server says that the question does not fit."""
    if any(code in reply.error_code for code in TOO_LONG):
        return True
    return any(words in reply.error.lower() for words in TOO_LONG_WORDS)


def _by_complaint(reply: Reply, url: str, model: str) -> TranscribeError:
    reason = reply.error or f"status {reply.status}"
    if _is_too_long(reply):
        return BadAnswer(
            f"the question does not fit into the model's context: {reason}",
            "Say how large it is with --writer-context",
            again=False,
        )
    if reply.status == 404 or ("model" in reply.error.lower() and "not found" in reply.error.lower()):
        return ModelError(
            f"{url} has no model {model!r}: {reason}", "See what it has with: transcribe llm list"
        )
    if reply.status in (429, 503):
        return BadAnswer(f"{url} is busy or still loading: {reason}")
    if reply.status >= 500:
        return BadAnswer(f"{url} failed: {reason}")
    return EngineError(
        f"{url} refuses the question: {reason}", "See which models it has: transcribe llm list"
    )
