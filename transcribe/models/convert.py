"""Whisper weights → a ggml file, tensor by tensor, so that memory stays far below the model's size."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Sequence
from dataclasses import astuple
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from transcribe.core.errors import ModelError
from transcribe.core.own_process import OwnProcess
from transcribe.models import ctranslate2, safetensors
from transcribe.models.ggml import (
    ENCODINGS,
    F16,
    F32,
    MAGIC,
    QUANT_VERSION,
    QUANT_VERSION_FACTOR,
    Encoding,
    Tensor,
    check_shape,
    check_structure,
    tensor_header,
    tensors,
)
from transcribe.models.vocabulary import read_tokens
from transcribe.models.weights import CONVERTIBLE, Weights, not_whisper

if TYPE_CHECKING:
    from numpy.typing import NDArray

QUANTIZED = ("q8_0", "q5_0", "q5_1")
"""Encodings that `--quantize` offers."""

SECONDS = 7200.0
"""Longest time for a conversion; large-v3 takes three minutes on two slow cores."""

SLAB_ROWS = 2048
"""Rows converted at once: the widest Whisper matrix (5,120 columns) takes 42 MB of f32 then."""


def open_folder(folder: Path) -> Weights:
    """Open a Whisper model folder of CTranslate2 or Hugging Face.

    Raises:
        ModelError: It is neither, or its files are damaged.
    """
    if (folder / safetensors.WEIGHTS).is_file() or (folder / safetensors.SHARDS).is_file():
        return safetensors.read_weights(folder)
    if (folder / ctranslate2.WEIGHTS).is_file():
        return ctranslate2.read_weights(folder)
    if any(folder.glob("pytorch_model*.bin")):
        raise not_whisper(
            folder, "its weights are a PyTorch pickle, which may run code; save it as safetensors"
        )
    raise ModelError(f"{folder} holds no Whisper model", CONVERTIBLE)


def convert_apart(source: Path, out: Path, quantize: str = "") -> None:
    """Do what `convert` does in a process of its own: a stranger's weights may crash what reads them.

    Raises:
        Died: It crashed, was killed for its memory, or took too long.
        ModelError: What `convert` raises.
    """
    in_own_process(partial(convert, source.absolute(), out.absolute(), quantize), source)


def in_own_process(work: Callable[[], None], source: Path) -> None:
    """Call what reads the weights in `source` in a process of its own.

    Raises:
        Died: It crashed, was killed for its memory, or took too long.
    """
    process = OwnProcess("the conversion", "Get the weights again, or take another model; see docs/models.md")
    try:
        process.call(work, type(None), SECONDS, f"reading {source}")
    finally:
        process.close()


def convert(source: Path, out: Path, quantize: str = "") -> None:
    """Make the ggml file `out` from a Whisper folder (CTranslate2, Hugging Face) or an f16 or f32 ggml file.

    Args:
        source: The folder or file.
        out: The file to write; on an error it is left unfinished, for the caller to remove.
        quantize: One of QUANTIZED, or empty for f16.

    Raises:
        ModelError: There is no Whisper model, or a damaged one.
    """
    encoding = ENCODINGS[quantize] if quantize else F16
    if source.is_dir():
        write_ggml(open_folder(source), read_tokens(source), out, encoding)
    else:
        write_ggml(*open_ggml(source), out, encoding)


def open_ggml(path: Path) -> tuple[Weights, tuple[bytes, ...]]:
    """Open an f16 or f32 ggml file: its weights, and the tokens that it spells out, by rank.

    Raises:
        ModelError: It is no such file, damaged, or its weights are quantised.
    """
    import numpy as np

    layout = check_structure(path)
    header = layout.header
    if header.encoding not in (F16, F32):
        raise not_whisper(path, f"its weights are {header.encoding.name} already; start from the f16 file")
    known = {tensor.name: tensor for tensor in tensors(header.shape)}

    def load(name: str) -> NDArray[Any]:
        tensor = known[name]
        dtype = "<f4" if tensor.encoding(header.encoding) == F32 else "<f2"
        return np.memmap(path, dtype, "r", layout.offsets[name], tensor.shape)

    return Weights(path, header.shape, load), layout.tokens


def write_ggml(weights: Weights, tokens: Sequence[bytes], out: Path, encoding: Encoding) -> None:
    """Write weights and vocabulary as a ggml file whose matrices have the given encoding.

    The order of the tensors is fixed, so the same weights give the same bytes.

    Raises:
        ModelError: A tensor is missing, has the wrong shape, or holds values that are not finite.
    """
    if not check_shape(weights.shape):
        raise not_whisper(weights.folder, "its sizes are those of no Whisper model")
    with out.open("wb") as handle:
        _write_head(handle, weights, tokens, encoding)
        for tensor in tensors(weights.shape):
            stored_as = tensor.encoding(encoding)
            handle.write(tensor_header(tensor, stored_as))
            for slab in slabs(weights, tensor, stored_as):
                handle.write(slab.tobytes())


def _write_head(handle: BinaryIO, weights: Weights, tokens: Sequence[bytes], encoding: Encoding) -> None:
    from transcribe.core.mel import mel_filters

    version = 0 if encoding in (F32, F16) else QUANT_VERSION * QUANT_VERSION_FACTOR
    handle.write(struct.pack("<12i", MAGIC, *astuple(weights.shape), version + encoding.file_type))
    filters = mel_filters(weights.shape.mels)
    handle.write(struct.pack("<2i", *filters.shape) + filters.astype("<f4").tobytes())
    handle.write(struct.pack("<i", len(tokens)))
    for token in tokens:
        handle.write(struct.pack("<i", len(token)) + token)


def slabs(weights: Weights, tensor: Tensor, encoding: Encoding) -> Iterator[NDArray[Any]]:
    """The rows of a tensor in an encoding, a few thousand at a time.

    Raises:
        ModelError: It is missing, has the wrong shape, or holds values that are not finite.
    """
    values = weights.load(tensor.name)
    if values.size == tensor.shape[0] and tensor.shape[1:] == (1,):
        values = values.reshape(tensor.shape)  # a convolution's bias has one dimension elsewhere
    if values.shape != tensor.shape:
        raise not_whisper(weights.folder, f"{tensor.name} has the shape {values.shape}, not {tensor.shape}")
    for start in range(0, tensor.shape[0], SLAB_ROWS):
        yield _encode(values[start : start + SLAB_ROWS], encoding, weights.folder)


def _encode(values: NDArray[Any], encoding: Encoding, folder: Path) -> NDArray[Any]:
    import gguf
    import numpy as np

    with np.errstate(over="ignore"):
        floats = values.astype("<f2" if encoding == F16 else "<f4")
    if not np.isfinite(floats).all():
        raise not_whisper(folder, "it holds values that are not finite or too large for 16 bits")
    if encoding in (F16, F32):
        return floats
    if floats.shape[-1] % encoding.block:
        raise not_whisper(
            folder, f"its rows cannot be cut into blocks of {encoding.block} for {encoding.name}"
        )
    quantized: NDArray[Any] = gguf.quantize(floats, gguf.GGMLQuantizationType(encoding.tensor_type))
    return quantized
