"""GGUF files, which language models come in: reading what they say of themselves."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from transcribe.errors import ModelError
from transcribe.models.identify import unreadable


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
    import gguf

    try:
        reader = gguf.GGUFReader(path)
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
