"""A language model in this process, through llama-cpp-python."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from transcribe.chat import Answer, BadAnswer, ChatIdentity, Question
from transcribe.engines.llm.circles import goes_in_circles
from transcribe.errors import DependencyError, EngineError

if TYPE_CHECKING:
    from pathlib import Path

PACKAGE = "llama-cpp-python"

BATCH = 512
"""Tokens of a question read at a time, llama.cpp's default."""


def version() -> str:
    """The package and its version.

    Raises:
        DependencyError: It is not installed.
    """
    if importlib.util.find_spec("llama_cpp") is None:
        raise DependencyError(
            f"{PACKAGE} is not installed, which language models in this process need",
            "Run: pip install 'transcribe-offline[llm]'",
        )
    return f"{PACKAGE} {importlib.metadata.version(PACKAGE)}"


class LlamaCpp:
    """A loaded GGUF model. It remembers what it read last, and reads only the rest of what begins alike.

    Args:
        path: The model's file, checked before.
        identity: Which model it is.
        context: Tokens of a question and its answer together.
        threads: Threads it computes with.
        seconds: Longest time for one answer; looked at between tokens of the answer.

    Raises:
        DependencyError: The package is missing or broken.
        EngineError: It refuses the model.
    """

    def __init__(
        self, path: Path, identity: ChatIdentity, context: int, threads: int, seconds: float
    ) -> None:
        self.identity = identity
        self.context = context
        self._seconds = seconds
        self._llama = _load(path, context, threads)
        self._calls = _count_reading(self._llama)

    def count(self, text: str) -> int:
        """Tokens of a text."""
        return len(self._llama.tokenize(text.encode(), add_bos=False, special=False))

    def answer(self, question: Question) -> Answer:
        """Ask.

        Raises:
            BadAnswer: The question does not fit, the engine failed over it, or the answer goes in circles.
            EngineError: The answer takes too long.
        """
        start = time.monotonic()
        self._calls.clear()
        try:
            text, finish = self._generate(question, start + self._seconds)
        except ValueError as error:  # "Requested tokens (…) exceed context window of …"
            raise BadAnswer(
                f"the question does not fit into a context of {self.context:,} tokens: {error}", again=False
            ) from error
        except RuntimeError as error:
            raise BadAnswer(f"llama.cpp failed: {error}") from error
        first = self._calls[0] if self._calls else _Read(0, 0, 0.0)
        return Answer(
            text,
            finish,
            first.known + first.tokens,
            first.tokens,
            len(self._calls),
            time.monotonic() - start,
            first.seconds,
        )

    def close(self) -> None:
        """Give the memory back."""
        self._llama.close()

    def _generate(self, question: Question, deadline: float) -> tuple[str, Literal["stop", "length"]]:
        chunks = self._llama.create_chat_completion(
            [
                {"role": "system", "content": question.system},
                {"role": "user", "content": question.text},
            ],
            # The only form this package honours: "json_schema" would be ignored without a word.
            response_format={"type": "json_object", "schema": dict(question.schema)},
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
                raise BadAnswer("the answer goes in circles")
            if time.monotonic() > deadline:
                raise EngineError(
                    f"{self.identity.model} did not answer within {self._seconds:g} s",
                    "Give it longer with --writer-seconds, or choose a smaller model",
                )
        return text, "length" if finish == "length" else "stop"


def _load(path: Path, context: int, threads: int) -> Any:
    try:
        from llama_cpp import Llama
    except (ImportError, OSError, RuntimeError) as error:
        raise DependencyError(
            f"{PACKAGE} cannot be loaded: {error}",
            "Run: pip install --force-reinstall 'transcribe-offline[llm]'",
        ) from error

    try:
        return Llama(
            model_path=str(path),
            n_ctx=context,
            n_batch=BATCH,
            n_threads=threads,
            n_threads_batch=threads,
            n_gpu_layers=-1 if sys.platform == "darwin" else 0,  # all of them on Metal
            seed=1,
            verbose=False,
        )
    except (ValueError, RuntimeError, AssertionError) as error:
        raise EngineError(
            f"llama.cpp refuses the model {path}: {error}",
            "Choose another model, or a smaller --writer-context",
        ) from error


@dataclass(frozen=True)
class _Read:
    """A call that read tokens: how many were known before, how many were read, and how long that took."""

    known: int
    tokens: int
    seconds: float


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
