"""The tokens of a Whisper folder (byte-pair vocabulary), as the bytes that whisper.cpp prints."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import msgspec

from transcribe.core.byte_level import to_bytes
from transcribe.core.errors import ModelError
from transcribe.core.reading import read_regular

RANKS = 50_257
"""Tokens that a ggml file spells out; whisper.cpp adds the special ones that follow itself."""


class _TokenizerModel(msgspec.Struct):
    vocab: dict[str, int]


class _Tokenizer(msgspec.Struct):
    model: _TokenizerModel


def read_tokens(folder: Path) -> list[bytes]:
    """The first 50,257 tokens of a model folder, in the order of their ranks.

    Reads vocabulary.json or vocabulary.txt (CTranslate2), vocab.json or tokenizer.json (Hugging Face).

    Raises:
        ModelError: None of them is there, or it does not hold Whisper's vocabulary.
    """
    for name, read in _READERS.items():
        path = folder / name
        if path.is_file():
            return _read(path, read)
    raise ModelError(
        f"the model folder {folder} has no vocabulary",
        f"Put one of these beside the weights: {', '.join(_READERS)}",
    )


def _read(path: Path, read: Callable[[bytes], Iterable[tuple[int, str]]]) -> list[bytes]:
    tokens: dict[int, bytes] = {}
    try:
        for rank, token in read(read_regular(path)):
            if 0 <= rank < RANKS:
                tokens[rank] = to_bytes(token)
    except (msgspec.MsgspecError, UnicodeDecodeError, KeyError, OSError) as error:
        raise ModelError(f"{path} is not Whisper's vocabulary", "Take it from the original model") from error
    if len(tokens) < RANKS - 1:  # some multilingual tokenizers leave out rank 50,256, an empty token
        raise ModelError(
            f"{path} holds {len(tokens):,} of the {RANKS:,} tokens of Whisper's vocabulary",
            "Take it from the original model",
        )
    return [tokens.get(rank, b"") for rank in range(RANKS)]


def _lines(content: bytes) -> Iterable[tuple[int, str]]:
    return enumerate(content.decode("utf-8").split("\n"))


def _json_list(content: bytes) -> Iterable[tuple[int, str]]:
    return enumerate(msgspec.json.decode(content, type=list[str]))


def _json_ranks(content: bytes) -> Iterable[tuple[int, str]]:
    return ((rank, token) for token, rank in msgspec.json.decode(content, type=dict[str, int]).items())


def _tokenizer(content: bytes) -> Iterable[tuple[int, str]]:
    vocabulary = msgspec.json.decode(content, type=_Tokenizer).model.vocab
    return ((rank, token) for token, rank in vocabulary.items())


_READERS = {
    "vocabulary.json": _json_list,
    "vocabulary.txt": _lines,
    "vocab.json": _json_ranks,
    "tokenizer.json": _tokenizer,
}
