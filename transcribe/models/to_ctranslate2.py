"""Whisper weights → a folder for CTranslate2, variable by variable, so that memory stays small.

The same variables, types, order and aliases as CTranslate2's own converter writes with `--quantization
float16` (`python/ctranslate2/specs/model_spec.py`, `whisper_spec.py`), and the files that faster-whisper
reads beside them.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import BinaryIO

from transcribe.core.byte_level import to_text
from transcribe.models import ctranslate2
from transcribe.models.alignment_heads import alignment_heads
from transcribe.models.byte_pairs import merges
from transcribe.models.convert import in_own_process, open_ggml, slabs
from transcribe.models.ggml import F16, Shape, Tensor, tensors
from transcribe.models.token_table import AFTER, BEFORE, TokenTable
from transcribe.models.weights import Weights

REVISION = 3
INT8, INT16, FLOAT16 = 1, 2, 4
"""Numbers of types in model.bin."""

GELU = 3
LATER_MELS = 128
"""Mel bands of the large-v3 family, which was published with a later converter that writes two flags more."""

ALIASES = (("decoder/projection/weight", "decoder/embeddings/weight"),)
PREPROCESSOR = "preprocessor_config.json"
"""What faster-whisper needs to know of a model that does not hear 80 mel bands."""


@dataclass
class Variable:
    """A variable of 16-bit numbers: one tensor, or several stacked.

    Attributes:
        shape: Sizes, outermost first.
        parts: The tensors by their place in the stack; zeros stand where there is none (keys have no bias).
    """

    shape: tuple[int, ...]
    parts: dict[int, Tensor] = field(default_factory=dict)


def convert_to_ctranslate2(source: Path, folder: Path) -> None:
    """Make the CTranslate2 folder `folder` from an f16 or f32 ggml file, in a process of its own.

    Raises:
        Died: The process crashed, was killed for its memory, or took too long.
        ModelError: It is no Whisper model, damaged, or its weights are quantised.
    """
    in_own_process(partial(_convert, source.absolute(), folder.absolute()), source)


def _convert(source: Path, folder: Path) -> None:
    weights, tokens = open_ggml(source)
    write_folder(weights, tokens, folder)


def write_folder(weights: Weights, tokens: Sequence[bytes], folder: Path) -> None:
    """Write the files of a model into a folder; the same weights give the same bytes.

    Raises:
        ModelError: A tensor is missing, has the wrong shape, or holds values that are not finite.
    """
    known = TokenTable.of(weights.shape, tokens)
    with (folder / ctranslate2.WEIGHTS).open("wb") as handle:
        _write_weights(handle, weights)
    texts = {
        "config.json": _json(_config(weights.shape, known)) + "\n",
        "tokenizer.json": _json(_tokenizer(known)),
        "vocabulary.txt": "".join(f"{name}\n" for name in known.names),
    }
    if weights.shape.mels != 80:
        texts[PREPROCESSOR] = _json(_preprocessor(weights.shape)) + "\n"
    for name, text in texts.items():
        (folder / name).write_bytes(text.encode())


def _write_weights(handle: BinaryIO, weights: Weights) -> None:
    stored, scalars = variables(weights.shape), _scalars(weights.shape)
    handle.write(struct.pack("<I", ctranslate2.VERSION) + _text("WhisperSpec"))
    handle.write(struct.pack("<2I", REVISION, len(stored) + len(scalars)))
    for name in sorted((*stored, *scalars)):
        handle.write(_text(name))
        if name in scalars:
            handle.write(scalars[name])
        else:
            _write_variable(handle, stored[name], weights)
    handle.write(struct.pack("<I", len(ALIASES)))
    for alias, name in ALIASES:
        handle.write(_text(alias) + _text(name))


def _write_variable(handle: BinaryIO, variable: Variable, weights: Weights) -> None:
    size = F16.bytes_for(variable.shape)
    sizes = struct.pack(f"<{len(variable.shape)}I", *variable.shape)
    handle.write(struct.pack("<B", len(variable.shape)) + sizes + struct.pack("<BI", FLOAT16, size))
    count = variable.shape[0] // next(iter(variable.parts.values())).shape[0]
    for place in range(count):
        if tensor := variable.parts.get(place):
            for slab in slabs(weights, tensor, F16):
                handle.write(slab.tobytes())
        else:
            handle.write(bytes(size // count))


def variables(shape: Shape) -> dict[str, Variable]:
    """Every variable of 16-bit numbers that a model of this shape has, by name."""
    found: dict[str, Variable] = {}
    for tensor in tensors(shape):
        name, place, parts = ctranslate2.locate(tensor.name)
        sizes = tensor.shape[:1] if tensor.shape[1:] == (1,) else tensor.shape
        variable = found.setdefault(name, Variable((sizes[0] * parts, *sizes[1:])))
        variable.parts[place] = tensor
    return found


def weights_bytes(shape: Shape) -> int:
    """Size of the model.bin of a model of this shape."""
    stored, scalars = variables(shape), _scalars(shape)
    heads = sum(len(_text(name)) + 1 + 4 * len(each.shape) + 5 for name, each in stored.items())
    data = sum(F16.bytes_for(each.shape) for each in stored.values())
    said = sum(len(_text(name)) + len(each) for name, each in scalars.items())
    aliases = sum(len(_text(name)) for pair in ALIASES for name in pair)
    return 4 + len(_text("WhisperSpec")) + 8 + heads + data + said + 4 + aliases


def _scalars(shape: Shape) -> dict[str, bytes]:
    """What stands after the names of the variables without dimensions: how the engine computes."""

    def one(kind: int, layout: str, value: int) -> bytes:
        return struct.pack("<BBI" + layout, 0, kind, struct.calcsize(layout), value)

    said = {
        "activation": GELU,
        "alibi": 0,
        "pre_norm": 1,
        "scale_embeddings": 0,
        "start_from_zero_embedding": 0,
    }
    if shape.mels == LATER_MELS:
        said |= {"alibi_use_positive_positions": 0, "scale_alibi": 0}
    return {
        **{f"decoder/{name}": one(INT8, "b", value) for name, value in said.items()},
        "decoder/alignment_heads": one(INT16, "h", 1),
        "decoder/alignment_layer": one(INT16, "h", -1),
        "decoder/num_heads": one(INT16, "h", shape.text_heads),
        "encoder/num_heads": one(INT16, "h", shape.audio_heads),
    }


def _text(value: str) -> bytes:
    return struct.pack("<H", len(value) + 1) + value.encode() + b"\0"


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)


def _config(shape: Shape, tokens: TokenTable) -> dict[str, object]:
    return {
        "alignment_heads": alignment_heads(shape),
        "lang_ids": tokens.languages,
        "suppress_ids": tokens.suppressed,
        "suppress_ids_begin": tokens.suppressed_at_start,
    }


def _preprocessor(shape: Shape) -> dict[str, object]:
    """Whisper's features: 30 s of 16 kHz sound, windows of 25 ms every 10 ms."""
    return {
        "chunk_length": 30,
        "feature_extractor_type": "WhisperFeatureExtractor",
        "feature_size": shape.mels,
        "hop_length": 160,
        "n_fft": 400,
        "n_samples": 480_000,
        "nb_max_frames": 3000,
        "padding_side": "right",
        "padding_value": 0.0,
        "processor_class": "WhisperProcessor",
        "return_attention_mask": False,
        "sampling_rate": 16_000,
    }


def _tokenizer(tokens: TokenTable) -> dict[str, object]:
    """What the package `tokenizers` reads: byte-level BPE, and a template around what is encoded."""
    end, start, plain = BEFORE[0], BEFORE[1], AFTER[-1]
    byte_level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [_added(tokens.number(name), name) for name in tokens.special],
        "normalizer": None,
        "pre_tokenizer": byte_level,
        "post_processor": {
            "type": "TemplateProcessing",
            "single": [_special(start), _special(plain), _sequence("A", 0), _special(end)],
            "pair": [
                *(_special(start), _special(plain), _sequence("A", 0), _sequence("B", 1), _special(end, 1)),
            ],
            "special_tokens": {
                name: {"id": name, "ids": [tokens.number(name)], "tokens": [name]}
                for name in sorted((end, plain, start))
            },
        },
        "decoder": byte_level | {"add_prefix_space": True},
        "model": {
            "type": "BPE",
            "dropout": None,
            "unk_token": None,
            "continuing_subword_prefix": "",
            "end_of_word_suffix": "",
            "fuse_unk": False,
            "vocab": {name: rank for rank, name in _ranked(tokens)},
            "merges": [f"{to_text(first)} {to_text(second)}" for first, second in merges(tokens.words)],
        },
    }


def _ranked(tokens: TokenTable) -> Iterator[tuple[int, str]]:
    yield from enumerate(map(to_text, tokens.words))
    yield tokens.number(BEFORE[0]), BEFORE[0]


def _added(number: int, name: str) -> dict[str, object]:
    flags = dict.fromkeys(("single_word", "lstrip", "rstrip", "normalized"), False)
    return {"id": number, "content": name, **flags, "special": True}


def _special(name: str, kind: int = 0) -> dict[str, object]:
    return {"SpecialToken": {"id": name, "type_id": kind}}


def _sequence(name: str, kind: int) -> dict[str, object]:
    return {"Sequence": {"id": name, "type_id": kind}}
