"""The weights of a Whisper model, wherever they come from, under the names of OpenAI's checkpoint."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from transcribe.core.errors import ModelError
from transcribe.models.ggml import Shape

if TYPE_CHECKING:
    from numpy.typing import NDArray

CONVERTIBLE = "Whisper folders that can be converted hold model.bin (CTranslate2) or model.safetensors"


class Load(Protocol):
    """Reads one tensor."""

    def __call__(self, name: str) -> NDArray[Any]:
        """The tensor with this name in OpenAI's checkpoint, as f16 or f32; may be mapped, not read."""


@dataclass(frozen=True)
class Weights:
    """A Whisper model that is not yet a ggml file.

    Attributes:
        folder: Where it comes from.
        shape: Hyper-parameters.
        load: Reads one tensor; raises ModelError where it is missing or cut short.
    """

    folder: Path
    shape: Shape
    load: Load


def not_whisper(path: Path, why: str) -> ModelError:
    """The ModelError for weights that cannot be converted."""
    return ModelError(f"{path} cannot be converted: {why}", CONVERTIBLE)
