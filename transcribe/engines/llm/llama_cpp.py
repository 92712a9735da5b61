"""A language model of this machine through llama-cpp-python, in a process of its own."""

from __future__ import annotations

import importlib.metadata
import importlib.util
from functools import partial
from typing import TYPE_CHECKING

from transcribe.core.chat import Answer, BadAnswer, ChatIdentity, Question
from transcribe.core.errors import DependencyError
from transcribe.core.own_process import Died, OwnProcess
from transcribe.engines.llm import llama_process
from transcribe.engines.llm.counting import estimated_tokens
from transcribe.engines.llm.llama_process import PACKAGE, Reply, Weights

if TYPE_CHECKING:
    from pathlib import Path

LOAD_SECONDS = 1800.0
"""Longest time for reading a model into memory: 30 GB from a slow disk."""


def version() -> str:
    """The package and its version; it is not loaded.

    Raises:
        DependencyError: It is not installed.
    """
    try:
        found = importlib.metadata.version(PACKAGE) if importlib.util.find_spec("llama_cpp") else ""
    except importlib.metadata.PackageNotFoundError:
        found = ""
    if not found:
        raise DependencyError(
            f"{PACKAGE} is not installed, which language models on this machine need",
            "Run: pip install 'transcribe-offline[llm]'",
        )
    return f"{PACKAGE} {found}"


class LlamaCpp:
    """A loaded GGUF model. It remembers what it read last, and reads only the rest of what begins alike.

    One whose process died is not loaded again: it would most likely die over the next question, too.

    Args:
        context: Tokens of a question and its answer together.
        seconds: Longest time for one answer; the process is then ended.

    Raises:
        DependencyError: The package is missing or broken.
        EngineError: It refuses the model, or crashes over it.
    """

    def __init__(
        self, path: Path, identity: ChatIdentity, context: int, threads: int, seconds: float
    ) -> None:
        self.identity = identity
        self.context = context
        self._seconds = seconds
        self._weights = Weights(path.absolute(), context, threads)
        self._process = OwnProcess(
            "llama.cpp",
            "Try another model, or build it for this machine with: make llm; or leave out --writer",
            "Give it longer with --writer-seconds, or choose a smaller model",
        )
        self._died: Died | None = None
        work = partial(llama_process.load, self._weights)
        self._process.call(work, type(None), LOAD_SECONDS, f"reading the model {identity.model}")

    def count(self, text: str) -> int:
        """Tokens of a text; rather too many once the process has died."""
        if self._died is None:
            work = partial(llama_process.count, self._weights, text)
            try:
                return self._process.call(work, int, self._seconds, f"{self.identity.model} read")
            except Died as died:
                self._died = died
        return estimated_tokens(text)

    def answer(self, question: Question) -> Answer:
        """Ask.

        Raises:
            BadAnswer: The question does not fit, the engine failed over it, or the answer goes in circles.
            Died: The engine crashed, now or earlier, or the answer takes too long.
        """
        if self._died is not None:
            raise self._died
        work = partial(llama_process.answer, self._weights, question)
        try:
            reply = self._process.call(work, Reply, self._seconds, f"{self.identity.model} wrote")
        except Died as died:
            self._died = died
            raise
        if reply.answer is None:
            raise BadAnswer(reply.refused, again=reply.again)
        return reply.answer

    def forget(self) -> None:
        """Read the next question from its beginning, as `benchmarks/notes.py` wants it for comparison."""
        work = partial(llama_process.forget, self._weights)
        self._process.call(work, type(None), self._seconds, f"{self.identity.model} forgot")

    def close(self) -> None:
        """Give the memory back."""
        self._process.close()
