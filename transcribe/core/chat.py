"""A language model that answers one question at a time: the seam between writers and engines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

from transcribe.core.errors import EngineError

Finish = Literal["stop", "length"]
"""Why an answer ended: the model was done, or there was no room left."""


class BadAnswer(EngineError):
    """One answer is of no use; the next may be.

    Args:
        again: Whether asking the same with other settings may help.
    """

    def __init__(self, what: str, hint: str = "", *, again: bool = True) -> None:
        super().__init__(what, hint)
        self.again = again


@dataclass(frozen=True)
class Question:
    """What a language model is asked.

    Attributes:
        system: Who it is and how it writes; the same for all questions about an episode.
        text: What it is asked. Texts that begin alike are read once where the engine can.
        grammar: Form of the answer in llama.cpp's GBNF, for engines that can hold a model to it.
        max_tokens: Where the answer is cut off.
        temperature: How freely words are chosen, from 0.
    """

    system: str
    text: str
    grammar: str
    max_tokens: int
    temperature: float
    seed: int = 1

    @property
    def messages(self) -> list[dict[str, str]]:
        """As chat templates take it."""
        return [{"role": "system", "content": self.system}, {"role": "user", "content": self.text}]


@dataclass(frozen=True)
class Answer:
    """What came back.

    Attributes:
        prompt_tokens: Length of the question in tokens; 0 where it is not told.
        read_tokens: How many of them were read anew, the rest being remembered; None where it is not told.
        tokens: Length of the answer; 0 where it is not told.
        read_seconds: Time for reading the question; 0 where it is not told.
    """

    text: str
    finish: Finish
    prompt_tokens: int
    read_tokens: int | None
    tokens: int
    seconds: float
    read_seconds: float = 0.0

    @property
    def tokens_per_second(self) -> float:
        """Answer tokens in a second of the whole time; 0 where not known."""
        return self.tokens / self.seconds if self.seconds else 0.0


@dataclass(frozen=True)
class ChatIdentity:
    """Which model answers.

    Attributes:
        writer: What `--writer` calls it: `llama.cpp`, `ollama`, ...
        version: Package or server with its version.
        sha256: Hex digest of its file, or empty.
        licence: SPDX identifier, or empty.
    """

    writer: str
    version: str
    model: str
    sha256: str = ""
    licence: str = ""


class ChatModel(Protocol):
    """A loaded language model, or a server that has one."""

    @property
    def identity(self) -> ChatIdentity:
        """Which model it is."""

    @property
    def context(self) -> int:
        """Tokens that a question and its answer may have together."""

    def count(self, text: str) -> int:
        """Tokens of a text; never too few where it has to be estimated."""

    def answer(self, question: Question) -> Answer:
        """Ask.

        Raises:
            BadAnswer: This question was not answered.
            TranscribeError: No question will be.
        """

    def close(self) -> None:
        """Give memory and connections back."""
