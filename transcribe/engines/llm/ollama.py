"""Ollama through its own API: only there can the context be set and cutting the question be refused.

Its OpenAI-compatible side drops both (ollama issue 16814), and cuts long questions in the middle.
"""

from __future__ import annotations

import time
from typing import Literal

import msgspec

from transcribe.core.chat import Answer, BadAnswer, ChatIdentity, Question
from transcribe.core.decoding import convert
from transcribe.engines.llm.counting import estimated_tokens, was_cut
from transcribe.engines.llm.http import Http
from transcribe.engines.llm.refusals import refusal

KEEP_ALIVE = "10m"
"""How long the model stays loaded after an answer; a long section may take longer than the default 5."""


class OllamaChat:
    """A `ChatModel` of Ollama.

    Args:
        context: Tokens of a question and its answer, asked for with every question.
        thinks: Whether the model thinks unless it is told not to.
    """

    def __init__(self, http: Http, identity: ChatIdentity, context: int, *, thinks: bool = False) -> None:
        self.identity = identity
        self.context = context
        self._http = http
        self._thinks = thinks
        self._before = ""

    def count(self, text: str) -> int:
        """Tokens of a text, estimated: Ollama counts for nobody."""
        return estimated_tokens(text)

    def answer(self, question: Question) -> Answer:
        """Ask.

        Raises:
            BadAnswer: This question was not answered.
            TranscribeError: No question will be.
        """
        start = time.monotonic()
        body = {
            "model": self.identity.model,
            "messages": question.messages,
            "stream": False,
            "truncate": False,
            "shift": False,
            "keep_alive": KEEP_ALIVE,
            "options": {
                "num_ctx": self.context,
                "num_predict": question.max_tokens,
                "temperature": question.temperature,
                "seed": question.seed,
            },
            **({"think": False} if self._thinks else {}),
            **({"format": question.schema} if question.schema else {}),
        }
        reply = self._http.post("/api/chat", body)
        error = refusal(reply, self._http.url, self.identity.model)
        if error is not None:
            raise error
        text = question.system + question.text
        answer = _answer(reply.body, text, self._before, time.monotonic() - start)
        self._before = text
        return answer

    def close(self) -> None:
        """Hang up."""
        self._http.close()


def _answer(body: object, text: str, before: str, seconds: float) -> Answer:
    try:
        found = convert(body, _Chat)
    except msgspec.ValidationError as error:
        raise BadAnswer("the server's answer has an unknown shape") from error
    if not found.message.content.strip():
        raise BadAnswer("the answer holds thoughts only" if found.message.thinking else "the answer is empty")
    if was_cut(found.prompt_eval_count, text, before):
        raise BadAnswer(f"Ollama read only {found.prompt_eval_count:,} tokens of the question", again=False)
    finish: Literal["length", "stop"] = "length" if found.done_reason == "length" else "stop"
    return Answer(
        found.message.content,
        finish,
        found.prompt_eval_count,
        None,
        found.eval_count,
        seconds,
        found.prompt_eval_duration / 1e9,
    )


class _Message(msgspec.Struct):
    content: str = ""
    thinking: str = ""


class _Chat(msgspec.Struct):
    message: _Message
    done_reason: str = ""
    prompt_eval_count: int = 0
    prompt_eval_duration: int = 0
    eval_count: int = 0
