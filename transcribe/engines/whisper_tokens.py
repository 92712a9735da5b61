"""Whisper's tokens, by a model folder's tokenizer.json: what a decoder is given, and what it has written."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from transcribe.core.byte_level import to_bytes
from transcribe.core.errors import EngineError
from transcribe.core.hearing import MOST_PROMPT_TOKENS

START, PREVIOUS, NO_MARKS = "<|startoftranscript|>", "<|startofprev|>", "<|notimestamps|>"
TRANSCRIBE, TRANSLATE = "<|transcribe|>", "<|translate|>"
NEVER = (START, PREVIOUS, "<|startoflm|>", TRANSCRIBE, TRANSLATE, "<|nospeech|>", "<|nocaptions|>")
"""What a decoder is given and must not write; silence has one of two names (OpenAI, whisper/tokenizer.py)."""


class WhisperTokens:
    """The tokens of one model.

    Args:
        tokenizer: As the package `tokenizers` reads it.
        multilingual: Whether the model is given a language and a task.

    Attributes:
        end: Ends a text; the tokens before it are text.
        first_mark: The time mark of 0 s. Each further one is a step later.
        never: What the decoder must not write, beside what the model's config.json says.

    Raises:
        EngineError: It has not Whisper's special tokens.
    """

    def __init__(self, tokenizer: Any, *, multilingual: bool) -> None:
        self._tokenizer = tokenizer
        self._multilingual = multilingual
        self.end = self._special("<|endoftext|>")
        self.first_mark = self._special(NO_MARKS) + 1
        never = (tokenizer.token_to_id(name) for name in NEVER)
        self.never = [token for token in never if token is not None]

    def start(self, language: str, *, translate: bool) -> list[int]:
        """What stands before every text: that it begins, its language, and what is asked.

        Raises:
            EngineError: The model does not know the language.
        """
        asked = (f"<|{language}|>", TRANSLATE if translate else TRANSCRIBE) if self._multilingual else ()
        return [self._special(name) for name in (START, *asked)]

    def prompt(self, text: str) -> list[int]:
        """A text as if it had been said before; its end, if it is too long."""
        return [self._special(PREVIOUS), *self.encode(text)[-MOST_PROMPT_TOKENS:]] if text.strip() else []

    def encode(self, text: str) -> list[int]:
        """A text's tokens, after a space."""
        return list(self._tokenizer.encode(f" {text.strip()}", add_special_tokens=False).ids)

    def text_of(self, tokens: Iterable[int]) -> list[int]:
        """Those that are text."""
        return [token for token in tokens if token < self.end]

    def data(self, token: int) -> bytes:
        """The bytes of a text token: maybe only a part of a character."""
        return to_bytes(self._tokenizer.id_to_token(token) or "")  # some leave out 50,256, which is empty

    def _special(self, name: str) -> int:
        token: int | None = self._tokenizer.token_to_id(name)
        if token is None:
            raise EngineError(f"the model does not know the token {name}", "Choose another with --model")
        return token


def read_tokens(folder: Path, *, multilingual: bool) -> WhisperTokens:
    """The tokens of the model in a folder.

    Raises:
        EngineError: Its tokenizer.json cannot be read, or is not Whisper's.
    """
    from tokenizers import Tokenizer

    path = folder / "tokenizer.json"
    try:
        tokenizer = Tokenizer.from_file(str(path))
    except Exception as error:  # the package raises nothing more exact
        raise EngineError(f"{path} is no tokenizer: {error}", "Take it from the original model") from error
    return WhisperTokens(tokenizer, multilingual=multilingual)
