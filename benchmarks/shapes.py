"""Whisper models of any shape with random weights: as ggml file, CTranslate2 folder or Hugging Face folder.

What they say is nonsense; what they need of memory, time and code is the same as for real weights.
"""

from __future__ import annotations

import json
import math
import struct
import zlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from transcribe.core.byte_level import PRINTABLE, to_bytes
from transcribe.models import ctranslate2, safetensors
from transcribe.models.convert import write_ggml
from transcribe.models.ggml import ENCODINGS, Shape, Tensor, tensors
from transcribe.models.vocabulary import RANKS
from transcribe.models.weights import Weights

LARGE_V3 = Shape(
    vocab=51_866,
    audio_ctx=1500,
    audio_state=1280,
    audio_heads=20,
    audio_layers=32,
    text_ctx=448,
    text_state=1280,
    text_heads=20,
    text_layers=32,
    mels=128,
)

LARGE_V3_TURBO = replace(LARGE_V3, text_layers=4)

SMALL_LARGE_V3 = Shape(
    vocab=51_866,
    audio_ctx=1500,
    audio_state=128,
    audio_heads=2,
    audio_layers=2,
    text_ctx=448,
    text_state=128,
    text_heads=2,
    text_layers=2,
    mels=128,
)
"""Large-v3's vocabulary, mel bands and head width, but few and narrow layers: 18 MB."""

NARROW = Shape(
    vocab=51_865,
    audio_ctx=1500,
    audio_state=64,
    audio_heads=1,
    audio_layers=1,
    text_ctx=448,
    text_state=64,
    text_heads=1,
    text_layers=1,
    mels=80,
)
"""The least that whisper.cpp takes for a multilingual model: 8 MB."""

SEVEN_BYTE_TOKENS = 6_801
"""So that the vocabulary is as long as Whisper's own, and a file has the size of the published one."""


DECODER_SETTINGS = {
    "activation": np.int8(3),
    "alibi": np.int8(0),
    "alignment_heads": np.int16(1),
    "alignment_layer": np.int16(-1),
    "pre_norm": np.int8(1),
    "scale_embeddings": np.int8(0),
    "start_from_zero_embedding": np.int8(0),
}
"""What the published CTranslate2 files hold beside the weights; the third activation is GELU."""

ALIGNING_HEADS = 6
"""As many as turbo's; large-v3 has ten."""

DRAWN = 1_000_003
"""Random numbers of one tensor, repeated in a larger one; a prime, so that no two rows are alike."""

TIME_MARKS = 1501
"""Time marks of Whisper's vocabulary, 0 to 30 s, 20 ms apart."""


def random_tensor(tensor: Tensor, seed: int) -> NDArray[np.float16]:
    """A tensor's weights; the same for the same name, shape and seed."""
    if tensor.name.endswith("ln.weight") or tensor.name.endswith("ln_post.weight"):
        return np.ones(tensor.shape, np.float16)
    generator = np.random.default_rng([seed, zlib.crc32(tensor.name.encode())])
    values = generator.standard_normal(min(DRAWN, math.prod(tensor.shape)), np.float32) * np.float32(0.02)
    return np.resize(values.astype(np.float16), tensor.shape)


def vocabulary() -> list[str]:
    """50,257 tokens in byte-level BPE's alphabet: every byte, then made-up words, then the empty one."""
    others = [chr(0x100 + n) for n in range(256 - len(PRINTABLE))]
    singles = [chr(byte) for byte in PRINTABLE] + others
    count = RANKS - len(singles) - 1
    words = [f"w{n:05d}" + ("x" if n < SEVEN_BYTE_TOKENS else "") for n in range(count)]
    return [*singles, *words, ""]


def special_tokens(vocab: int) -> list[str]:
    """What Whisper's vocabulary holds behind the byte-level tokens, with made-up names of languages."""
    tasks = ["translate", "transcribe", "startoflm", "startofprev", "nospeech", "notimestamps"]
    languages = vocab - RANKS - 2 - len(tasks) - TIME_MARKS
    names = ["endoftext", "startoftranscript", *(f"l{n:02d}" for n in range(languages)), *tasks]
    return [f"<|{name}|>" for name in (*names, *(f"{n / 50:.2f}" for n in range(TIME_MARKS)))]


def write_random_ggml(shape: Shape, out: Path, encoding: str = "f16", seed: int = 1) -> None:
    """Write a ggml file, tensor by tensor."""
    known = {tensor.name: tensor for tensor in tensors(shape)}

    def load(name: str) -> NDArray[Any]:
        return random_tensor(known[name], seed)

    tokens = [to_bytes(token) for token in vocabulary()]
    write_ggml(Weights(out.parent, shape, load), tokens, out, ENCODINGS[encoding])


def write_random_ctranslate2(shape: Shape, folder: Path, seed: int = 1) -> None:
    """Write a folder as CTranslate2's converter does: stacked projections, f16, its vocabulary."""
    variables: dict[str, NDArray[Any]] = {
        "encoder/num_heads": np.array(shape.audio_heads, np.int16),
        "decoder/num_heads": np.array(shape.text_heads, np.int16),
        **{f"decoder/{name}": np.array(value) for name, value in DECODER_SETTINGS.items()},
    }
    for tensor in tensors(shape):
        values = random_tensor(tensor, seed)
        place, _, parts = ctranslate2.locate(tensor.name)
        values = values.reshape(-1) if tensor.shape[1:] == (1,) else values
        if parts > 1 and tensor.name.endswith(
            "value.bias"
        ):  # Whisper's keys have no bias: CTranslate2 puts zeros
            variables[place] = np.concatenate([variables.get(place, values[:0]), values * 0, values])
        elif place in variables:
            variables[place] = np.concatenate([variables[place], values])
        else:
            variables[place] = values
    _write_ctranslate2(variables, folder / ctranslate2.WEIGHTS)
    tokens = [*vocabulary(), *special_tokens(shape.vocab)]
    (folder / "vocabulary.json").write_text(json.dumps(tokens), "utf-8")
    heads = [[shape.text_layers - 1, head] for head in range(min(ALIGNING_HEADS, shape.text_heads))]
    nothing = dict.fromkeys(("suppress_ids", "suppress_ids_begin", "lang_ids"), ())
    (folder / "config.json").write_text(json.dumps({"alignment_heads": heads, **nothing}))


def _write_ctranslate2(variables: dict[str, NDArray[Any]], out: Path) -> None:
    types = {np.dtype(dtype): number for number, dtype in ctranslate2.TYPES.items()}
    with out.open("wb") as handle:
        handle.write(struct.pack("<I", ctranslate2.VERSION) + _text("WhisperSpec"))
        handle.write(struct.pack("<2I", 3, len(variables)))
        for name, values in sorted(variables.items()):
            handle.write(_text(name) + struct.pack("<B", values.ndim))
            handle.write(struct.pack(f"<{values.ndim}I", *values.shape))
            handle.write(struct.pack("<BI", types[values.dtype], values.nbytes) + values.tobytes())
        handle.write(
            struct.pack("<I", 1) + _text("decoder/projection/weight") + _text("decoder/embeddings/weight")
        )


def _text(value: str) -> bytes:
    return struct.pack("<H", len(value) + 1) + value.encode() + b"\0"


def write_random_safetensors(
    shape: Shape, folder: Path, dtype: str = "F32", shards: int = 1, seed: int = 1
) -> None:
    """Write a folder as transformers does: config.json, vocab.json and weights in one or several files."""
    stored = {}
    for tensor in tensors(shape):
        values = random_tensor(tensor, seed)
        values = values.reshape(-1) if tensor.shape[1:] == (1,) else values
        stored["model." + safetensors.locate(tensor.name)] = values
    names = sorted(stored)
    if shards == 1:
        _write_safetensors({name: stored[name] for name in names}, folder / safetensors.WEIGHTS, dtype)
    else:
        weight_map: dict[str, str] = {}
        for number in range(shards):
            file = f"model-{number + 1:05d}-of-{shards:05d}.safetensors"
            part = {name: stored[name] for name in names[number::shards]}
            _write_safetensors(part, folder / file, dtype)
            weight_map |= dict.fromkeys(part, file)
        (folder / safetensors.SHARDS).write_text(json.dumps({"weight_map": weight_map}))
    (folder / "config.json").write_text(json.dumps(_config(shape)))
    ranks = {token: rank for rank, token in enumerate(vocabulary())}
    (folder / "vocab.json").write_text(json.dumps(ranks), "utf-8")


def _write_safetensors(stored: dict[str, NDArray[np.float16]], out: Path, dtype: str) -> None:
    header: dict[str, object] = {"__metadata__": {"format": "pt"}}
    data, position = [], 0
    for name, values in stored.items():
        content = _as_bytes(values, dtype)
        header[name] = {
            "dtype": dtype,
            "shape": values.shape,
            "data_offsets": [position, position + len(content)],
        }
        data.append(content)
        position += len(content)
    encoded = json.dumps(header).encode()
    out.write_bytes(struct.pack("<Q", len(encoded)) + encoded + b"".join(data))


def _as_bytes(values: NDArray[np.float16], dtype: str) -> bytes:
    if dtype == "F16":
        return values.tobytes()
    floats = values.astype(np.float32)
    return floats.tobytes() if dtype == "F32" else (floats.view(np.uint32) >> 16).astype(np.uint16).tobytes()


def _config(shape: Shape) -> dict[str, object]:
    return {
        "model_type": "whisper",
        "vocab_size": shape.vocab,
        "d_model": shape.audio_state,
        "encoder_layers": shape.audio_layers,
        "decoder_layers": shape.text_layers,
        "encoder_attention_heads": shape.audio_heads,
        "decoder_attention_heads": shape.text_heads,
        "num_mel_bins": shape.mels,
        "max_source_positions": shape.audio_ctx,
        "max_target_positions": shape.text_ctx,
    }
