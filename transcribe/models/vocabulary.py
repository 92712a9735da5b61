"""A Whisper folder's vocabulary: its tokens as whisper.cpp prints them, and whether it is the model's."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TypeVar

import msgspec

from transcribe.core.byte_level import to_bytes
from transcribe.core.decoding import decode
from transcribe.core.errors import ModelError
from transcribe.core.reading import read_regular

Item = TypeVar("Item")

RANKS = 50_257
"""Tokens that a ggml file spells out; whisper.cpp adds the special ones that follow itself."""


class _TokenizerModel(msgspec.Struct):
    vocab: dict[str, int]


class _Added(msgspec.Struct):
    id: int
    content: str


class _Tokenizer(msgspec.Struct):
    model: _TokenizerModel
    added_tokens: list[_Added] = []


class _Config(msgspec.Struct):
    """What CTranslate2 reads of config.json while it decodes."""

    suppress_ids: list[int]
    suppress_ids_begin: list[int]


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


def check_companions(folder: Path, size: int) -> None:
    """Make sure that the files beside the weights in a CTranslate2 folder belong to them.

    With another model's vocabulary the engine writes other words than it hears, and says nothing.

    Args:
        size: Tokens that the weights know, the special ones included.

    Raises:
        ModelError: A file is missing or damaged, or another model's.
    """
    path = next((file for file in map(folder.joinpath, _OF_CTRANSLATE2) if file.is_file()), None)
    tokenizer = folder / "tokenizer.json"
    if path is None or not tokenizer.is_file():
        raise ModelError(
            f"the CTranslate2 model {folder} is not complete",
            "It needs model.bin, config.json, tokenizer.json and vocabulary.json or vocabulary.txt",
        )
    _content(folder / "config.json", lambda content: [decode(content, _Config)])
    names = {token: rank for rank, token in _content(path, _READERS[path.name]) if token}
    if max(names.values(), default=0) != size - 1:
        raise ModelError(f"{path} is another model's vocabulary", "Take it from the original model")
    added = _content(tokenizer, lambda content: decode(content, _Tokenizer).added_tokens)
    if any(names.get(each.content, each.id) != each.id for each in added):
        raise ModelError(f"{tokenizer} is another model's tokenizer", "Take it from the original model")


def _content(path: Path, read: Callable[[bytes], Iterable[Item]]) -> list[Item]:
    try:
        return list(read(read_regular(path)))
    except (msgspec.MsgspecError, UnicodeDecodeError, OSError) as error:
        told = f"{path} is not what belongs to a Whisper model"
        raise ModelError(told, "Take it from the original model") from error


def _read(path: Path, read: Callable[[bytes], Iterable[tuple[int, str]]]) -> list[bytes]:
    try:
        tokens = {rank: to_bytes(token) for rank, token in _content(path, read) if 0 <= rank < RANKS}
    except KeyError as error:
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
    return enumerate(decode(content, list[str]))


def _json_ranks(content: bytes) -> Iterable[tuple[int, str]]:
    return ((rank, token) for token, rank in decode(content, dict[str, int]).items())


def _tokenizer(content: bytes) -> Iterable[tuple[int, str]]:
    vocabulary = decode(content, _Tokenizer).model.vocab
    return ((rank, token) for token, rank in vocabulary.items())


_OF_CTRANSLATE2 = ("vocabulary.json", "vocabulary.txt")
_READERS = {
    "vocabulary.json": _json_list,
    "vocabulary.txt": _lines,
    "vocab.json": _json_ranks,
    "tokenizer.json": _tokenizer,
}
