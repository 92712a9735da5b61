"""GGUF files, which language models come in: reading what they say of themselves."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from transcribe.core.errors import ModelError
from transcribe.models.identify import unreadable

SHORT_LIST = 1_000
"""Shorter lists are read: some say something of each layer. Longer ones are vocabularies."""


@dataclass(frozen=True)
class GgufInfo:
    """What a GGUF file says of itself.

    Attributes:
        architecture: Family of the model (llama, qwen3 …).
        licence: SPDX identifier, or empty.
        name: What its makers call it, or empty.
        context: Tokens it was trained to read at a time; 0 where it does not say.
        token_bytes: Memory for each token of context with 16-bit keys and values; 0 where it does not say.
    """

    architecture: str
    licence: str
    name: str = ""
    context: int = 0
    token_bytes: int = 0


def read_gguf(path: Path) -> GgufInfo:
    """Read the header of a GGUF file and make sure that all of its tensors are there.

    Raises:
        ModelError: It is damaged, truncated, or no language model.
    """
    try:
        reader = _header_reader()(path)
        info = _info(reader)
        tensors = len(reader.tensors)
    except OSError as error:
        raise unreadable(path, error) from error
    except (ValueError, IndexError, KeyError, TypeError, OverflowError, MemoryError) as error:
        raise ModelError(f"the model file {path} is damaged or truncated", "Get the model again") from error
    if not info.architecture or not tensors:
        raise ModelError(
            f"{path} is a GGUF file without a model in it", "Give the file that holds the weights"
        )
    return info


@functools.cache
def _header_reader() -> Callable[[Path], Any]:
    """The package's reader, which leaves vocabularies unread.

    It makes several arrays of each of a hundred thousand words: 3 s for SmolLM2, three times that for Qwen3.
    """
    import gguf
    import numpy as np

    class HeaderReader(gguf.GGUFReader):
        def _get_field_parts(self, orig_offs: int, raw_type: int) -> Any:
            if raw_type != gguf.GGUFValueType.ARRAY or self.byte_order == "S":
                return super()._get_field_parts(orig_offs, raw_type)
            kind, count = self._get(orig_offs, np.uint32), self._get(orig_offs + 4, np.uint64)
            if count[0] < SHORT_LIST:
                return super()._get_field_parts(orig_offs, raw_type)
            size = _list_bytes(self.data, orig_offs + 12, int(count[0]), self.gguf_scalar_to_np.get(kind[0]))
            types = [gguf.GGUFValueType.ARRAY, gguf.GGUFValueType(kind[0])]
            return 12 + size, [kind, count], [], types

    return HeaderReader


def _list_bytes(data: Any, start: int, count: int, number: Any) -> int:
    """How many bytes a long list takes.

    Args:
        data: The whole file.
        start: Where its first item begins.
        count: Its items.
        number: numpy's type of them; None where they are texts, each with its length before it.

    Raises:
        ValueError: It goes on beyond the end of the file.
    """
    if number is not None:
        return count * int(number(0).nbytes)
    view, at = memoryview(data), start
    for _ in range(count):
        at += 8 + int.from_bytes(view[at : at + 8], "little")
        if at > len(view):
            raise ValueError("a list goes on beyond the end of the file")
    return at - start


def _info(reader: object) -> GgufInfo:
    architecture = _text(reader, "general.architecture")
    return GgufInfo(
        architecture,
        _text(reader, "general.license"),
        _text(reader, "general.name"),
        _number(reader, f"{architecture}.context_length"),
        _token_bytes(reader, architecture),
    )


def _token_bytes(reader: object, architecture: str) -> int:
    """Keys and values of every layer, two bytes a number (llama.cpp's default, f16)."""
    heads = _number(reader, f"{architecture}.attention.head_count")
    width = _number(reader, f"{architecture}.embedding_length")
    kept = _number(reader, f"{architecture}.attention.head_count_kv") or heads
    head = width // heads if heads else 0
    keys = _number(reader, f"{architecture}.attention.key_length") or head
    values = _number(reader, f"{architecture}.attention.value_length") or head
    return 2 * _number(reader, f"{architecture}.block_count") * kept * (keys + values)


def _number(reader: object, key: str) -> int:
    """A number; of one for each layer, the largest."""
    field = reader.get_field(key)  # type: ignore[attr-defined]
    value = field.contents() if field is not None else 0
    return max((int(each) for each in value), default=0) if isinstance(value, list) else int(value)


def _text(reader: object, key: str) -> str:
    field = reader.get_field(key)  # type: ignore[attr-defined]
    return str(field.contents()) if field is not None else ""
