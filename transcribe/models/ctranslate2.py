"""Whisper folders of CTranslate2, as faster-whisper uses them: model.bin and a vocabulary.

Layout of model.bin, little-endian: u32 version 6, name of the specification, u32 revision, u32 count;
per variable its name, u8 dimensions, u32 sizes, u8 type, u32 bytes, data; then pairs of names that are
aliases. A text is u16 length and bytes, a final NUL included. Source: CTranslate2,
`python/ctranslate2/specs/model_spec.py`.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from transcribe.core.reading import open_regular
from transcribe.models.ggml import Shape
from transcribe.models.identify import unreadable
from transcribe.models.weights import Weights, not_whisper

if TYPE_CHECKING:
    from numpy.typing import NDArray

WEIGHTS = "model.bin"
VERSION = 6
TYPES = {0: "<f4", 1: "<i1", 2: "<i2", 3: "<i4", 4: "<f2"}
FLOATS = ("<f4", "<f2")
NAMES = {"<i1": "int8", "<i2": "int16", "<f2": "float16"}
A_MATRIX = "encoder/layer_0/ffn/linear_0/weight"

LINEARS = {
    "attn.query": ("self_attention/linear_0", 0, 3),
    "attn.key": ("self_attention/linear_0", 1, 3),
    "attn.value": ("self_attention/linear_0", 2, 3),
    "attn.out": ("self_attention/linear_1", 0, 1),
    "attn_ln": ("self_attention/layer_norm", 0, 1),
    "cross_attn.query": ("attention/linear_0", 0, 1),
    "cross_attn.key": ("attention/linear_1", 0, 2),
    "cross_attn.value": ("attention/linear_1", 1, 2),
    "cross_attn.out": ("attention/linear_2", 0, 1),
    "cross_attn_ln": ("attention/layer_norm", 0, 1),
    "mlp.0": ("ffn/linear_0", 0, 1),
    "mlp.2": ("ffn/linear_1", 0, 1),
    "mlp_ln": ("ffn/layer_norm", 0, 1),
}
"""Where a module of a layer is: variable, place among the matrices stacked in it, their number."""

OTHERS = {
    "encoder.positional_embedding": "encoder/position_encodings/encodings",
    "decoder.positional_embedding": "decoder/position_encodings/encodings",
    "decoder.token_embedding.weight": "decoder/embeddings/weight",
    "encoder.ln_post.weight": "encoder/layer_norm/gamma",
    "encoder.ln_post.bias": "encoder/layer_norm/beta",
    "decoder.ln.weight": "decoder/layer_norm/gamma",
    "decoder.ln.bias": "decoder/layer_norm/beta",
}


@dataclass(frozen=True)
class Variable:
    """One variable of model.bin.

    Attributes:
        shape: Sizes, outermost first.
        dtype: NumPy's name of its type.
        offset: Where its data begins, in bytes.
    """

    shape: tuple[int, ...]
    dtype: str
    offset: int


def stored_as(path: Path) -> str:
    """What the matrices of a model.bin are kept as: `int8`, `int16`, `float16` or `float32`.

    Raises:
        ModelError: It is no Whisper model, or is cut short.
    """
    try:
        with open_regular(path) as handle:
            variables = _read_index(path, handle)
    except OSError as error:
        raise unreadable(path, error) from error
    matrix = variables.get(A_MATRIX)
    return NAMES.get(matrix.dtype, "float32") if matrix else "float32"


def read_weights(folder: Path) -> Weights:
    """Open the CTranslate2 Whisper model in `folder`.

    Raises:
        ModelError: It is no Whisper model, is cut short, or holds 8-bit weights.
    """
    path = folder / WEIGHTS
    try:
        with open_regular(path) as handle:
            variables = _read_index(path, handle)
    except OSError as error:
        raise unreadable(path, error) from error

    def load(name: str) -> NDArray[Any]:
        return _load(path, variables, name)

    return Weights(folder, _shape(path, variables), load)


def _read_index(path: Path, handle: BinaryIO) -> dict[str, Variable]:
    try:
        if _unpack(handle, "<I") != VERSION or _text(handle) != "WhisperSpec":
            raise not_whisper(path, "it is no CTranslate2 Whisper model of format 6")
        _revision, count = _unpack(handle, "<I"), _unpack(handle, "<I")
        variables = {}
        for _ in range(count):
            name, variable, length = _read_variable(handle)
            handle.seek(length, 1)
            variables[name] = variable
        for _ in range(
            2 * _unpack(handle, "<I")
        ):  # names of aliases, which nothing needs but a whole file has
            _text(handle)
    except (EOFError, struct.error, UnicodeDecodeError, KeyError) as error:
        raise not_whisper(path, "it is damaged or truncated") from error
    return variables


def _read_variable(handle: BinaryIO) -> tuple[str, Variable, int]:
    name = _text(handle)
    shape = tuple(_unpack(handle, "<I") for _ in range(_unpack(handle, "<B")))
    dtype = TYPES[_unpack(handle, "<B")]
    length = _unpack(handle, "<I")
    return name, Variable(shape, dtype, handle.tell()), length


def _unpack(handle: BinaryIO, layout: str) -> int:
    value: int = struct.unpack(layout, handle.read(struct.calcsize(layout)))[0]
    return value


def _text(handle: BinaryIO) -> str:
    length = _unpack(handle, "<H")
    content = handle.read(length)
    if len(content) < length:
        raise EOFError
    return content.rstrip(b"\0").decode("utf-8")


def _shape(path: Path, variables: dict[str, Variable]) -> Shape:
    try:
        vocab, width = variables["decoder/embeddings/weight"].shape
        audio_ctx, audio_state = variables["encoder/position_encodings/encodings"].shape
        text_ctx, _ = variables["decoder/position_encodings/encodings"].shape
        _, mels, _ = variables["encoder/conv1/weight"].shape
        audio_heads = _scalar(path, variables["encoder/num_heads"])
        text_heads = _scalar(path, variables["decoder/num_heads"])
    except (KeyError, ValueError) as error:
        raise not_whisper(path, "variables of a Whisper model are missing") from error
    return Shape(
        vocab=vocab,
        audio_ctx=audio_ctx,
        audio_state=audio_state,
        audio_heads=audio_heads,
        audio_layers=_layers(variables, "encoder"),
        text_ctx=text_ctx,
        text_state=width,
        text_heads=text_heads,
        text_layers=_layers(variables, "decoder"),
        mels=mels,
    )


def _layers(variables: dict[str, Variable], side: str) -> int:
    return sum(
        name.startswith(f"{side}/layer_") and name.endswith("/ffn/linear_0/bias") for name in variables
    )


def _scalar(path: Path, variable: Variable) -> int:
    return int(_map(path, variable)[()])


def _map(path: Path, variable: Variable) -> NDArray[Any]:
    """The data of a variable, mapped into memory: read when it is used, given back under pressure."""
    import numpy as np

    try:
        return np.memmap(path, variable.dtype, "r", variable.offset, variable.shape or (1,)).reshape(
            variable.shape
        )
    except ValueError as error:
        raise not_whisper(path, "it is truncated") from error


def _load(path: Path, variables: dict[str, Variable], name: str) -> NDArray[Any]:
    source, part, parts = locate(name)
    variable = variables.get(source)
    if variable is None:
        raise not_whisper(path, f"{source} is missing")
    if variable.dtype not in FLOATS:
        raise not_whisper(path, "its weights are 8-bit; take the float16 ones, and --quantize q8_0")
    rows = variable.shape[0] // parts
    return _map(path, variable)[part * rows : (part + 1) * rows]


def locate(name: str) -> tuple[str, int, int]:
    """Where a tensor of OpenAI's checkpoint is: variable, place among the stacked ones, their number."""
    if name in OTHERS:
        return OTHERS[name], 0, 1
    parts = name.split(".")
    if parts[1] != "blocks":
        return "/".join(parts), 0, 1  # encoder.conv1.weight
    module, kind = ".".join(parts[3:-1]), parts[-1]
    place, part, count = LINEARS[module]
    if module.endswith("_ln"):
        kind = {"weight": "gamma", "bias": "beta"}[kind]
    return f"{parts[0]}/layer_{parts[2]}/{place}/{kind}", part, count
