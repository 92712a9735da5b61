"""What llama.cpp does in the process of its own: load a model, count tokens, answer.

Every function takes the model it is about, so that a process that had to be started anew loads it by itself.
"""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from transcribe.core.chat import Answer, Question
from transcribe.core.errors import DependencyError, EngineError
from transcribe.engines.llm.circles import goes_in_circles

PACKAGE = "llama-cpp-python"

BATCH = 512
"""Tokens of a question read at a time, llama.cpp's default."""


@dataclass(frozen=True)
class Weights:
    """A GGUF file and how it is loaded.

    Attributes:
        context: Tokens of a question and its answer together.
    """

    path: Path
    context: int
    threads: int


@dataclass(frozen=True)
class Reply:
    """An answer, or why there is none.

    Attributes:
        again: Whether asking the same with other settings may help.
    """

    answer: Answer | None = None
    refused: str = ""
    again: bool = True


@dataclass(frozen=True)
class _Read:
    """A call that read tokens: how many were known before, how many were read, and how long that took."""

    known: int
    tokens: int
    seconds: float


def load(weights: Weights) -> None:
    """Load a model, which stays loaded.

    Raises:
        DependencyError: The package is missing or broken.
        EngineError: It refuses the model.
    """
    _loaded(weights)


def count(weights: Weights, text: str) -> int:
    """Tokens of a text."""
    llama, _ = _loaded(weights)
    return len(llama.tokenize(text.encode(), add_bos=False, special=False))


def answer(weights: Weights, question: Question) -> Reply:
    """Ask a model."""
    llama, calls = _loaded(weights)
    start = time.monotonic()
    calls.clear()
    try:
        text, finish = _generate(llama, question)
    except ValueError as error:  # "Requested tokens (…) exceed context window of …"
        return Reply(
            refused=f"the question does not fit into a context of {weights.context:,} tokens: {error}",
            again=False,
        )
    except RuntimeError as error:
        return Reply(refused=f"llama.cpp failed: {error}")
    if not finish:
        return Reply(refused="the answer goes in circles")
    first = calls[0] if calls else _Read(0, 0, 0.0)
    seconds = time.monotonic() - start
    read = first.known + first.tokens
    return Reply(Answer(text, finish, read, first.tokens, len(calls), seconds, first.seconds))


def forget(weights: Weights) -> None:
    """Have a model remember nothing of what it has read."""
    _loaded(weights)[0].reset()


def _generate(llama: Any, question: Question) -> tuple[str, Literal["stop", "length", ""]]:
    """What the model writes, and why it ended; for no reason where it goes in circles."""
    chunks = llama.create_chat_completion(
        question.messages,
        grammar=_grammar(question.grammar),
        max_tokens=question.max_tokens,
        temperature=question.temperature,
        seed=question.seed,
        stream=True,
    )
    text, finish = "", ""
    for chunk in chunks:
        choice = chunk["choices"][0]
        text += choice["delta"].get("content") or ""
        finish = choice["finish_reason"] or finish
        if goes_in_circles(text):
            return text, ""
    return text, "length" if finish == "length" else "stop"


@lru_cache(maxsize=32)
def _grammar(text: str) -> Any:
    from llama_cpp import LlamaGrammar

    return LlamaGrammar.from_string(text, verbose=False)


@lru_cache(maxsize=1)
def _loaded(weights: Weights) -> tuple[Any, list[_Read]]:
    """The model, and what it has read since somebody cleared the list.

    It remembers what it read last, and reads only the rest of what begins alike.
    """
    try:
        from llama_cpp import Llama
    except (ImportError, OSError, RuntimeError) as error:
        raise DependencyError(
            f"{PACKAGE} cannot be loaded: {error}",
            "Run: pip install --force-reinstall 'transcribe-offline[llm]'",
        ) from error
    try:
        llama = Llama(
            model_path=str(weights.path),
            n_ctx=weights.context,
            n_batch=BATCH,
            n_threads=weights.threads,
            n_threads_batch=weights.threads,
            n_gpu_layers=-1 if sys.platform == "darwin" else 0,  # all of them on Metal
            seed=1,
            verbose=False,
        )
    except (ValueError, RuntimeError, AssertionError) as error:
        raise EngineError(
            f"llama.cpp refuses the model {weights.path}: {error}",
            "Choose another model, or a smaller --writer-context",
        ) from error
    return llama, _count_reading(llama)


def _count_reading(llama: Any) -> list[_Read]:
    """Have every call that reads tokens noted: the question is the first, then each token of the answer."""
    calls: list[_Read] = []
    read = llama.eval

    def counting(tokens: Any) -> None:
        known, start = llama.n_tokens, time.monotonic()
        read(tokens)
        calls.append(_Read(known, len(tokens), time.monotonic() - start))

    llama.eval = counting
    return calls
