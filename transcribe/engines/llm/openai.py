"""Servers that speak OpenAI's chat completions, each in its own dialect."""

from __future__ import annotations

import functools
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import msgspec

from transcribe.core.chat import Answer, BadAnswer, ChatIdentity, Question
from transcribe.core.decoding import convert
from transcribe.engines.llm.counting import estimated_tokens, was_cut
from transcribe.engines.llm.http import Http, Reply
from transcribe.engines.llm.refusals import refusal

CHAT = "/v1/chat/completions"


@dataclass(frozen=True)
class Dialect:
    """What one server understands.

    Attributes:
        grammar: Whether it holds a model to a grammar; the prompt always tells the form, too.
        schema: Whether it holds a model to a JSON Schema instead.
        extra: Fields to send beside the common ones.
        bare: Whether unknown fields are refused, so that only the oldest ones may be sent.
        counts: Path and field that count tokens, and the field of the answer.
    """

    grammar: bool = False
    schema: bool = False
    extra: Mapping[str, Any] = field(default_factory=dict)
    bare: bool = False
    counts: tuple[str, str, str] = ("", "", "")


class OpenAiChat:
    """A `ChatModel` behind an OpenAI-compatible server."""

    def __init__(self, http: Http, dialect: Dialect, identity: ChatIdentity, context: int) -> None:
        self.identity = identity
        self.context = context
        self._http = http
        self._dialect = dialect
        self.count = functools.lru_cache(maxsize=10_000)(self._count)

    def answer(self, question: Question) -> Answer:
        """Ask.

        Raises:
            BadAnswer: This question was not answered.
            TranscribeError: No question will be.
        """
        start = time.monotonic()
        reply = self._http.post(CHAT, self._body(question))
        error = refusal(reply, self._http.url, self.identity.model)
        if error is not None:
            raise error
        return _checked(_answer(reply, time.monotonic() - start), question)

    def close(self) -> None:
        """Hang up."""
        self._http.close()

    def _body(self, question: Question) -> dict[str, Any]:
        body: dict[str, Any] = {
            "model": self.identity.model,
            "messages": question.messages,
            "max_tokens": question.max_tokens,
            "temperature": question.temperature,
        }
        if self._dialect.bare:
            return body | {"top_p": 0.95}
        body |= {"seed": question.seed, "stream": False, **self._dialect.extra}
        if self._dialect.schema and question.schema:
            form = {"name": "answer", "strict": True, "schema": question.schema}
            return body | {"response_format": {"type": "json_schema", "json_schema": form}}
        return body | ({"grammar": question.grammar} if self._dialect.grammar else {})

    def _count(self, text: str) -> int:
        path, asked, told = self._dialect.counts
        if not path:
            return estimated_tokens(text)
        body = self._http.post(path, {asked: text}).body
        found = body.get(told) if isinstance(body, dict) else None
        if isinstance(found, list):
            return len(found)
        return found if isinstance(found, int) and found > 0 else estimated_tokens(text)


def _checked(answer: Answer, question: Question) -> Answer:
    """The answer, unless the server cut the question; some do, with status 200."""
    if was_cut(answer.prompt_tokens, question.system + question.text):
        raise BadAnswer(
            f"the server read only {answer.prompt_tokens:,} tokens of the question",
            "Say how large the model's context is with --writer-context",
            again=False,
        )
    return answer


def _answer(reply: Reply, seconds: float) -> Answer:
    try:
        found = convert(reply.body, _Completion)
    except msgspec.ValidationError as error:
        raise BadAnswer("the server's answer has an unknown shape") from error
    choice = found.choices[0] if found.choices else _Choice()
    text = choice.message.content or ""
    if not text.strip():
        thought = choice.message.reasoning_content or choice.message.reasoning
        raise BadAnswer("the answer holds thoughts only" if thought else "the answer is empty")
    usage = found.usage or _Usage()
    remembered = (usage.prompt_tokens_details or _Details()).cached_tokens
    read = found.timings.prompt_n if found.timings else None
    if read is None and remembered is not None:
        read = usage.prompt_tokens - remembered
    finish: Literal["length", "stop"] = "length" if choice.finish_reason == "length" else "stop"
    read_seconds = found.timings.prompt_ms / 1000 if found.timings else 0.0
    return Answer(text, finish, usage.prompt_tokens, read, usage.completion_tokens, seconds, read_seconds)


class _Message(msgspec.Struct):
    content: str | None = None
    reasoning_content: str | None = None
    reasoning: str | None = None


class _Choice(msgspec.Struct):
    message: _Message = msgspec.field(default_factory=_Message)
    finish_reason: str | None = None


class _Details(msgspec.Struct):
    cached_tokens: int | None = None


class _Usage(msgspec.Struct):
    prompt_tokens: int = 0
    completion_tokens: int = 0
    prompt_tokens_details: _Details | None = None


class _Timings(msgspec.Struct):
    prompt_n: int | None = None
    prompt_ms: float = 0.0


class _Completion(msgspec.Struct):
    choices: list[_Choice]
    usage: _Usage | None = None
    timings: _Timings | None = None
