"""Whisper folders of Hugging Face: config.json, safetensors (one file or several), a vocabulary."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from transcribe.core.decoding import decode
from transcribe.core.reading import read_regular
from transcribe.models.ggml import Shape
from transcribe.models.identify import unreadable
from transcribe.models.weights import Weights, not_whisper

if TYPE_CHECKING:
    from gguf.utility import LocalTensor
    from numpy.typing import NDArray

WEIGHTS = "model.safetensors"
SHARDS = "model.safetensors.index.json"
DTYPES = {"F32": "<f4", "F16": "<f2", "BF16": "<u2"}

MODULES = {
    "attn.query": "self_attn.q_proj",
    "attn.key": "self_attn.k_proj",
    "attn.value": "self_attn.v_proj",
    "attn.out": "self_attn.out_proj",
    "attn_ln": "self_attn_layer_norm",
    "cross_attn.query": "encoder_attn.q_proj",
    "cross_attn.key": "encoder_attn.k_proj",
    "cross_attn.value": "encoder_attn.v_proj",
    "cross_attn.out": "encoder_attn.out_proj",
    "cross_attn_ln": "encoder_attn_layer_norm",
    "mlp.0": "fc1",
    "mlp.2": "fc2",
    "mlp_ln": "final_layer_norm",
}
OTHERS = {
    "encoder.positional_embedding": "encoder.embed_positions.weight",
    "decoder.positional_embedding": "decoder.embed_positions.weight",
    "decoder.token_embedding.weight": "decoder.embed_tokens.weight",
    "encoder.ln_post.weight": "encoder.layer_norm.weight",
    "encoder.ln_post.bias": "encoder.layer_norm.bias",
    "decoder.ln.weight": "decoder.layer_norm.weight",
    "decoder.ln.bias": "decoder.layer_norm.bias",
}


class _Config(msgspec.Struct):
    """What is needed of config.json; the names are those of transformers' WhisperConfig."""

    model_type: str
    vocab_size: int
    d_model: int
    encoder_layers: int
    decoder_layers: int
    encoder_attention_heads: int
    decoder_attention_heads: int
    num_mel_bins: int = 80
    max_source_positions: int = 1500
    max_target_positions: int = 448


class _Index(msgspec.Struct):
    weight_map: dict[str, str]


def read_weights(folder: Path) -> Weights:
    """Open the Hugging Face Whisper model in `folder`.

    Raises:
        ModelError: It is no Whisper model, or its files are missing, damaged or cut short.
    """
    shape = _shape(folder / "config.json")
    stored = {
        name.removeprefix("model."): tensor
        for path in _files(folder)
        for name, tensor in _read_index(path).items()
    }

    def load(name: str) -> NDArray[Any]:
        tensor = stored.get(locate(name))
        if tensor is None:
            raise not_whisper(folder, f"{locate(name)} is missing")
        return _read(folder, tensor)

    return Weights(folder, shape, load)


def _shape(path: Path) -> Shape:
    try:
        config = decode(read_regular(path), _Config)
    except OSError as error:
        raise unreadable(path, error) from error
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise not_whisper(path, "it does not describe a Whisper model") from error
    if config.model_type != "whisper":
        raise not_whisper(path, f"it describes a model of type {config.model_type}, not whisper")
    return Shape(
        vocab=config.vocab_size,
        audio_ctx=config.max_source_positions,
        audio_state=config.d_model,
        audio_heads=config.encoder_attention_heads,
        audio_layers=config.encoder_layers,
        text_ctx=config.max_target_positions,
        text_state=config.d_model,
        text_heads=config.decoder_attention_heads,
        text_layers=config.decoder_layers,
        mels=config.num_mel_bins,
    )


def _files(folder: Path) -> list[Path]:
    """The weight files of a folder, which an index names when there are several."""
    index = folder / SHARDS
    if not index.is_file():
        return [folder / WEIGHTS]
    try:
        names = sorted(set(decode(read_regular(index), _Index).weight_map.values()))
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise not_whisper(index, "it is damaged") from error
    if any(Path(name).name != name for name in names):
        raise not_whisper(index, "it names files outside of its folder")
    return [folder / name for name in names]


def _read_index(path: Path) -> dict[str, LocalTensor]:
    from gguf.utility import SafetensorsLocal

    try:
        return SafetensorsLocal(path).tensors
    except OSError as error:
        raise unreadable(path, error) from error
    except (ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
        raise not_whisper(path, "its header is damaged or truncated") from error


def _read(folder: Path, tensor: LocalTensor) -> NDArray[Any]:
    import numpy as np

    dtype = DTYPES.get(tensor.dtype)
    if dtype is None:
        raise not_whisper(folder, f"its weights have the type {tensor.dtype}, not F32, F16 or BF16")
    try:
        values = tensor.mmap_bytes().view(dtype).reshape(tensor.shape)
    except (ValueError, OSError) as error:
        raise not_whisper(tensor.data_range.filename, "it is damaged or truncated") from error
    if tensor.dtype == "BF16":  # the upper half of an f32
        return (values.astype(np.uint32) << 16).view(np.float32)
    return values


def locate(name: str) -> str:
    """What transformers calls a tensor of OpenAI's checkpoint, without the leading `model.`."""
    if name in OTHERS:
        return OTHERS[name]
    parts = name.split(".")
    if parts[1] != "blocks":
        return name  # encoder.conv1.weight
    return f"{parts[0]}.layers.{parts[2]}.{MODULES['.'.join(parts[3:-1])]}.{parts[-1]}"
