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
    """

    architecture: str
    licence: str


def read_gguf(path: Path) -> GgufInfo:
    """Read the header of a GGUF file and make sure that all of its tensors are there.

    Raises:
        ModelError: It is damaged, truncated, or no language model.
    """
    import gguf

    try:
        reader = gguf.GGUFReader(path)
        info = GgufInfo(_text(reader, "general.architecture"), _text(reader, "general.license"))
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


def _text(reader: object, key: str) -> str:
    field = reader.get_field(key)  # type: ignore[attr-defined]
    return str(field.contents()) if field is not None else ""
