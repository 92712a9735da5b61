"""The ggml file of a Whisper model: its layout, and checking a file against it.

Layout, little-endian: u32 magic; eleven i32 hyper-parameters; mel filters (i32 bands, i32 bins, f32
each); vocabulary (i32 count, then i32 length and bytes each); tensors to the end of the file, each
i32 dimensions, i32 length of the name, i32 type, i32 sizes (innermost first), name, data.
Source: whisper.cpp, `models/convert-pt-to-ggml.py` and `whisper_model_load` in `src/whisper.cpp`.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from transcribe.core.errors import ModelError
from transcribe.core.reading import open_regular
from transcribe.models.identify import FileKind, identify, unreadable

MAGIC = 0x67676D6C
FFT_BINS = 201
"""Bins of Whisper's 400-sample spectrum: 400 / 2 + 1."""

QUANT_VERSION = 2
QUANT_VERSION_FACTOR = 1000
"""ggml.h: the file type of a quantised file is GGML_QNT_VERSION × GGML_QNT_VERSION_FACTOR + ftype."""


@dataclass(frozen=True)
class Encoding:
    """How the numbers of a tensor are stored.

    Attributes:
        name: As in whisper.cpp: f16, q5_0 …
        file_type: `ggml_ftype` of a file whose weights are stored so.
        tensor_type: `ggml_type` of such a tensor.
        block: Numbers in one block.
        block_bytes: Bytes of one block.
    """

    name: str
    file_type: int
    tensor_type: int
    block: int
    block_bytes: int

    def bytes_for(self, shape: tuple[int, ...]) -> int:
        """Bytes of a tensor; its rows are whole blocks."""
        return math.prod(shape[:-1]) * (shape[-1] // self.block) * self.block_bytes


F32 = Encoding("f32", 0, 0, 1, 4)
F16 = Encoding("f16", 1, 1, 1, 2)
ENCODINGS = {
    encoding.name: encoding
    for encoding in (
        F32,
        F16,
        Encoding("q4_0", 2, 2, 32, 18),
        Encoding("q4_1", 3, 3, 32, 20),
        Encoding("q5_0", 8, 6, 32, 22),
        Encoding("q5_1", 9, 7, 32, 24),
        Encoding("q8_0", 7, 8, 32, 34),
        Encoding("q2_k", 10, 10, 256, 84),
        Encoding("q3_k", 11, 11, 256, 110),
        Encoding("q4_k", 12, 12, 256, 144),
        Encoding("q5_k", 13, 13, 256, 176),
        Encoding("q6_k", 14, 14, 256, 210),
    )
}
"""Every encoding whisper.cpp reads (ggml.h and ggml-common.h)."""

BY_FILE_TYPE = {encoding.file_type: encoding for encoding in ENCODINGS.values()}


@dataclass(frozen=True)
class Shape:
    """A Whisper model's hyper-parameters, in the order of the file.

    Attributes:
        vocab: Tokens, the special ones included: 51,864 English, 51,865 multilingual, 51,866 large-v3.
        audio_ctx: Encoder positions, 20 ms each.
        audio_state: Width of the encoder.
        audio_heads: Attention heads of the encoder.
        audio_layers: Layers of the encoder.
        text_ctx: Decoder positions (tokens).
        text_state: Width of the decoder; the same as the encoder's.
        text_heads: Attention heads of the decoder.
        text_layers: Layers of the decoder.
        mels: Mel bands: 80, or 128 for large-v3.
    """

    vocab: int
    audio_ctx: int
    audio_state: int
    audio_heads: int
    audio_layers: int
    text_ctx: int
    text_state: int
    text_heads: int
    text_layers: int
    mels: int

    @property
    def multilingual(self) -> bool:
        """Whether it has tokens for languages other than English."""
        return self.vocab > ENGLISH_VOCAB

    @property
    def alignment(self) -> str:
        """The preset of alignment heads that OpenAI's model of this shape has; empty for other shapes."""
        family = ALIGNMENTS.get((self.audio_layers, self.text_layers, self.mels), "")
        return family + (".en" if family and not self.multilingual else "")


ENGLISH_VOCAB = 51_864
VOCABS = (ENGLISH_VOCAB, 51_865, 51_866)
ALIGNMENTS = {
    (4, 4, 80): "tiny",
    (6, 6, 80): "base",
    (12, 12, 80): "small",
    (24, 24, 80): "medium",
    (32, 32, 128): "large-v3",
    (32, 4, 128): "large-v3-turbo",
}
"""By encoder layers, decoder layers and mel bands. Large v1 and v2 have the same shape but other heads."""


@dataclass(frozen=True)
class Header:
    """What stands before the tensors.

    Attributes:
        shape: Hyper-parameters.
        encoding: How the weights are stored.
    """

    shape: Shape
    encoding: Encoding


@dataclass(frozen=True)
class Layout:
    """Where everything is in a file.

    Attributes:
        header: What stands before the tensors.
        tokens: The vocabulary, by rank.
        offsets: Where each tensor's data begins, in bytes, by name.
    """

    header: Header
    tokens: tuple[bytes, ...]
    offsets: dict[str, int]


@dataclass(frozen=True)
class Tensor:
    """One tensor of a model.

    Attributes:
        name: As in OpenAI's checkpoint.
        shape: Sizes, outermost first.
    """

    name: str
    shape: tuple[int, ...]

    def encoding(self, weights: Encoding) -> Encoding:
        """How it is stored where the weights have the encoding `weights`."""
        if len(self.shape) == 1 or self.name.endswith(("conv1.bias", "conv2.bias", "positional_embedding")):
            return F32
        if len(self.shape) == 3:
            return F32 if weights == F32 else F16
        return weights


def tensors(shape: Shape) -> Iterator[Tensor]:
    """Every tensor of a model of this shape, in the order in which OpenAI's code declares them."""
    width = shape.audio_state
    yield Tensor("encoder.positional_embedding", (shape.audio_ctx, width))
    yield Tensor("encoder.conv1.weight", (width, shape.mels, 3))
    yield Tensor("encoder.conv1.bias", (width, 1))
    yield Tensor("encoder.conv2.weight", (width, width, 3))
    yield Tensor("encoder.conv2.bias", (width, 1))
    for layer in range(shape.audio_layers):
        yield from _block(f"encoder.blocks.{layer}", width, ("attn",))
    yield from _pair("encoder.ln_post", (width,))
    yield Tensor("decoder.positional_embedding", (shape.text_ctx, width))
    yield Tensor("decoder.token_embedding.weight", (shape.vocab, width))
    for layer in range(shape.text_layers):
        yield from _block(f"decoder.blocks.{layer}", width, ("attn", "cross_attn"))
    yield from _pair("decoder.ln", (width,))


def _block(prefix: str, width: int, attentions: tuple[str, ...]) -> Iterator[Tensor]:
    for attention in attentions:
        yield from _pair(f"{prefix}.{attention}.query", (width, width))
        yield Tensor(f"{prefix}.{attention}.key.weight", (width, width))
        yield from _pair(f"{prefix}.{attention}.value", (width, width))
        yield from _pair(f"{prefix}.{attention}.out", (width, width))
        yield from _pair(f"{prefix}.{attention}_ln", (width,))
    yield from _pair(f"{prefix}.mlp.0", (4 * width, width))
    yield from _pair(f"{prefix}.mlp.2", (width, 4 * width))
    yield from _pair(f"{prefix}.mlp_ln", (width,))


def _pair(name: str, shape: tuple[int, ...]) -> Iterator[Tensor]:
    yield Tensor(f"{name}.weight", shape)
    yield Tensor(f"{name}.bias", shape[:1])


def tensor_header(tensor: Tensor, encoding: Encoding) -> bytes:
    """What stands before a tensor's data in the file."""
    name = tensor.name.encode()
    sizes = tensor.shape[::-1]
    return struct.pack(f"<{3 + len(sizes)}i", len(sizes), len(name), encoding.tensor_type, *sizes) + name


def read_header(path: Path) -> Header:
    """The header of a ggml Whisper file.

    Raises:
        ModelError: It is not such a file, is cut short, or holds numbers no Whisper model has.
    """
    _require_ggml(path)
    try:
        with open_regular(path) as handle:
            return _Reader(path, handle).header()
    except OSError as error:
        raise unreadable(path, error) from error


def check_structure(path: Path) -> Layout:
    """Walk a ggml Whisper file from its first byte to its last, without reading the weights.

    whisper.cpp crashes or takes what is there for a model when a file is cut short or altered.

    Raises:
        ModelError: It is not a ggml Whisper file, or one whose parts do not add up.
    """
    _require_ggml(path)
    try:
        with open_regular(path) as handle:
            reader = _Reader(path, handle)
            header = reader.header()
            reader.mel_filters(header.shape)
            tokens = reader.vocabulary(header.shape)
            return Layout(header, tokens, reader.tensors(header))
    except OSError as error:
        raise unreadable(path, error) from error


def _require_ggml(path: Path) -> None:
    kind = identify(path)
    if kind is not FileKind.GGML:
        raise ModelError(
            f"{path} is the wrong kind of file for recognition: it is {kind.value}",
            "Give a ggml Whisper model, or a name from: transcribe models list",
        )


class _Reader:
    """Reads a file front to back; every step complains about `path` when something is off."""

    def __init__(self, path: Path, handle: BinaryIO) -> None:
        self.path = path
        self.handle = handle
        self.size = path.stat().st_size

    def header(self) -> Header:
        magic, *numbers, file_type = self._integers(12)
        shape = Shape(*numbers)
        encoding = BY_FILE_TYPE.get(file_type % QUANT_VERSION_FACTOR)
        if magic != MAGIC or encoding is None or not check_shape(shape):
            raise self._damaged("its header describes no Whisper model")
        return Header(shape, encoding)

    def mel_filters(self, shape: Shape) -> None:
        bands, bins = self._integers(2)
        if (bands, bins) != (shape.mels, FFT_BINS):
            raise self._damaged("its mel filters have the wrong size")
        self._skip(4 * bands * bins, "its mel filters")

    def vocabulary(self, shape: Shape) -> tuple[bytes, ...]:
        (count,) = self._integers(1)
        if not 0 < count <= shape.vocab:
            raise self._damaged("its vocabulary has the wrong size")
        tokens = tuple(self._token() for _ in range(count))
        if b" " not in tokens:  # looked up by whisper.cpp, which ends the process when it is not there
            raise self._damaged("its vocabulary is not Whisper's")
        return tokens

    def _token(self) -> bytes:
        (length,) = self._integers(1)
        if not 0 <= length <= 256:
            raise self._damaged("its vocabulary makes no sense")
        return self._bytes(length)

    def tensors(self, header: Header) -> dict[str, int]:
        missing = {tensor.name: tensor for tensor in tensors(header.shape)}
        offsets = {}
        while missing and self.handle.tell() < self.size:
            tensor = self._tensor(missing, header.encoding)
            offsets[tensor.name] = self.handle.tell()
            self._skip(tensor.encoding(header.encoding).bytes_for(tensor.shape), f"its tensor {tensor.name}")
        if missing:
            raise self._truncated(f"{len(missing)} tensors are missing")
        if self.handle.tell() != self.size:
            raise self._damaged("something follows its last tensor")
        return offsets

    def _tensor(self, missing: dict[str, Tensor], weights: Encoding) -> Tensor:
        """Read a tensor's header, which has to be that of one of the missing ones."""
        start = self._bytes(12)
        dimensions, length, _ = struct.unpack("<3i", start)
        if not (0 < dimensions <= 3 and 0 < length <= 64):
            raise self._damaged("a tensor's header makes no sense")
        found = start + self._bytes(4 * dimensions + length)
        tensor = missing.pop(found[-length:].decode("utf-8", "replace"), None)
        if tensor is None:
            raise self._damaged("it holds a tensor that does not belong there")
        encoding = tensor.encoding(weights)
        if found != tensor_header(tensor, encoding) or tensor.shape[-1] % encoding.block:
            raise self._damaged(f"its tensor {tensor.name} has the wrong shape or type")
        return tensor

    def _integers(self, count: int) -> tuple[int, ...]:
        return struct.unpack(f"<{count}i", self._bytes(4 * count))

    def _bytes(self, count: int) -> bytes:
        found = self.handle.read(count)
        if len(found) < count:
            raise self._truncated("it ends too early")
        return found

    def _skip(self, count: int, what: str) -> None:
        if self.handle.tell() + count > self.size:
            raise self._truncated(f"it ends within {what}")
        self.handle.seek(count, 1)

    def _truncated(self, why: str) -> ModelError:
        return ModelError(
            f"the model file {self.path} is truncated ({self.size:,} bytes): {why}", "Get the model again"
        )

    def _damaged(self, why: str) -> ModelError:
        return ModelError(
            f"the model file {self.path} is altered or no Whisper model: {why}", "Get the model again"
        )


def check_shape(shape: Shape) -> bool:
    """Whether whisper.cpp can run a model of this shape without leaving its own tables and buffers."""
    return (
        shape.vocab in VOCABS
        and 0 < shape.audio_ctx <= 1500
        and 0 < shape.text_ctx <= 4096
        and 0 < shape.audio_state <= 8192
        and shape.text_state == shape.audio_state
        and all(
            heads > 0 and shape.audio_state % heads == 0 for heads in (shape.audio_heads, shape.text_heads)
        )
        and 0 < shape.audio_layers <= 128
        and 0 < shape.text_layers <= 128
        and shape.mels in (80, 128)
    )
