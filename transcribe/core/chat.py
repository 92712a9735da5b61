"""A language model that answers one question at a time: the seam between writers and engines."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from transcribe.core.errors import EngineError

Finish = Literal["stop", "length"]
"""Why an answer ended: the model was done, or there was no room left."""


_HARMLESS = str.maketrans("<>[]", "‹›()")


def harmless(text: str) -> str:
    """A text in which no chat template and no tokeniser finds a mark of its own: `<|im_start|>`, `[INST]`.

    Such marks end a message and begin another one, wherever they stand: somebody who says one must not.
    """
    return text.translate(_HARMLESS)


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
        schema: The same form as a JSON Schema, for servers that hold a model to one; None: the answer is no
            JSON.
    """

    system: str
    text: str
    grammar: str
    max_tokens: int
    temperature: float
    seed: int = 1
    schema: Mapping[str, Any] | None = None

    @property
    def messages(self) -> list[dict[str, str]]:
        """As chat templates take it; what was said, and what a recording is called, cannot add a message."""
        texts = {"system": self.system, "user": self.text}
        return [{"role": role, "content": harmless(text)} for role, text in texts.items()]


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
