"""A tiny Parakeet TDT model: inputs, outputs and files of the real one, hand-set weights, known words.

The encoder gives each 80 ms how loud it is, against the window's mean. The decoder says its words one after
the other, a token every 320 ms, wherever it is loud, and then nothing more.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from math import log
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from transcribe.models.catalogue import ModelFile
from transcribe.models.digest import sha256_of
from transcribe.models.given import PARAKEET_FILES
from transcribe.models.installed import InstalledModel, Record
from transcribe.models.store import Store

NAME = "parakeet-tdt-0.6b-v3"
MELS, SUBSAMPLING, DURATIONS = 128, 8, 5
LOUD = 50.0
STATE = (2, 1, 4)

Constants = dict[str, NDArray[Any]]


def write_parakeet(folder: Path, words: Sequence[str], probability: float = 0.9) -> Path:
    """Write the model that says `words`, each in two tokens if it is long enough, with this probability."""
    folder.mkdir(parents=True, exist_ok=True)
    said = [part for word in words for part in _parts(word)]
    tokens = ["<unk>", *dict.fromkeys(said), "<blk>"]
    lines = (f"{token} {number}\n" for number, token in enumerate(tokens))
    (folder / "vocab.txt").write_text("".join(lines), encoding="utf-8")
    config = {"model_type": "nemo-conformer-tdt", "features_size": MELS, "subsampling_factor": SUBSAMPLING}
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    _save(_encoder(), folder / "encoder-model.int8.onnx")
    _save(_decoder(tokens, said, probability), folder / "decoder_joint-model.int8.onnx")
    return folder


def install_parakeet(store: Store, words: Sequence[str]) -> InstalledModel:
    """Install the model that says `words` under the real one's name."""
    folder = write_parakeet(store.scratch(NAME), words)
    weights, *parts = (
        ModelFile(name, (folder / name).stat().st_size, sha256_of(folder / name)) for name in PARAKEET_FILES
    )
    record = Record(
        name=NAME,
        kind="parakeet",
        file=weights.name,
        bytes=weights.bytes,
        sha256=weights.sha256,
        licence="CC-BY-4.0",
        source="generated",
        converted_from="",
        multilingual=True,
        alignment="",
        memory_bytes=1,
        parts=tuple(parts),
    )
    return store.install(record, folder / weights.name)


def _parts(word: str) -> list[str]:
    """A word's tokens; a mark such as `<|pnc|>` is one by itself."""
    return [word] if word.startswith("<") else [part for part in (f"▁{word[:3]}", word[3:]) if part]


def _encoder() -> onnx.GraphProto:
    """Mean of all features over eight frames, as many times as there are dimensions: two."""
    nodes = [
        helper.make_node(
            "AveragePool",
            ["audio_signal"],
            ["pooled"],
            kernel_shape=[SUBSAMPLING],
            strides=[SUBSAMPLING],
            ceil_mode=1,
        ),
        helper.make_node("ReduceMean", ["pooled", "features"], ["loud"], keepdims=1),
        helper.make_node("Concat", ["loud", "loud"], ["outputs"], axis=1),
        helper.make_node("Add", ["length", "rest"], ["filled"]),
        helper.make_node("Div", ["filled", "eight"], ["encoded_lengths"]),
    ]
    constants: Constants = {
        "features": np.array([1], np.int64),
        "rest": np.array([SUBSAMPLING - 1], np.int64),
        "eight": np.array([SUBSAMPLING], np.int64),
    }
    inputs = [
        helper.make_tensor_value_info("audio_signal", TensorProto.FLOAT, ["batch", MELS, "time"]),
        helper.make_tensor_value_info("length", TensorProto.INT64, ["batch"]),
    ]
    outputs = [
        helper.make_tensor_value_info("outputs", TensorProto.FLOAT, ["batch", 2, "steps"]),
        helper.make_tensor_value_info("encoded_lengths", TensorProto.INT64, ["batch"]),
    ]
    return _graph("encoder", nodes, inputs, outputs, constants)


def _decoder(tokens: Sequence[str], said: Sequence[str], probability: float) -> onnx.GraphProto:
    """The state counts what was said and looks its token up; blank wins where it is quiet."""
    blank, rest = len(tokens) - 1, log((1 - probability) / (len(tokens) - 1))
    table = np.full((len(said) + 1, len(tokens) + DURATIONS), rest, np.float32)
    for place, token in enumerate((*said, "<blk>")):
        table[place, tokens.index(token)] = log(probability)
        table[place, len(tokens) :] = 0
        table[place, -1] = LOUD  # four steps
    quiet = np.zeros(len(tokens) + DURATIONS, np.float32)
    quiet[blank], quiet[len(tokens) + 1] = 1e4, 1e4  # nothing, for one step
    nodes = [
        helper.make_node("ReduceMax", ["input_states_1"], ["said"], keepdims=0),
        helper.make_node("Cast", ["said"], ["place"], to=TensorProto.INT64),
        helper.make_node("Gather", ["table", "place"], ["loud_row"], axis=0),
        helper.make_node("ReduceMean", ["encoder_outputs"], ["level"], keepdims=0),
        helper.make_node("Less", ["level", "quietest"], ["is_quiet"]),
        helper.make_node("Where", ["is_quiet", "quiet", "loud_row"], ["row"]),
        helper.make_node("Reshape", ["row", "shape"], ["outputs"]),
        helper.make_node("Add", ["input_states_1", "one"], ["more"]),
        helper.make_node("Min", ["more", "most"], ["output_states_1"]),
        helper.make_node("Identity", ["input_states_2"], ["output_states_2"]),
    ]
    constants: Constants = {
        "table": table,
        "quietest": np.array(0.05, np.float32),  # 0 is digital silence
        "one": np.array(1, np.float32),
        "most": np.array(len(said), np.float32),
        "quiet": quiet,
        "shape": np.array([1, 1, 1, -1], np.int64),
    }
    inputs = [
        helper.make_tensor_value_info("encoder_outputs", TensorProto.FLOAT, [1, 2, 1]),
        helper.make_tensor_value_info("targets", TensorProto.INT32, [1, 1]),
        helper.make_tensor_value_info("target_length", TensorProto.INT32, [1]),
        helper.make_tensor_value_info("input_states_1", TensorProto.FLOAT, STATE),
        helper.make_tensor_value_info("input_states_2", TensorProto.FLOAT, STATE),
    ]
    outputs = [
        helper.make_tensor_value_info("outputs", TensorProto.FLOAT, [1, 1, 1, len(tokens) + DURATIONS]),
        helper.make_tensor_value_info("output_states_1", TensorProto.FLOAT, STATE),
        helper.make_tensor_value_info("output_states_2", TensorProto.FLOAT, STATE),
    ]
    return _graph("decoder_joint", nodes, inputs, outputs, constants)


def _graph(
    name: str,
    nodes: list[onnx.NodeProto],
    inputs: list[onnx.ValueInfoProto],
    outputs: list[onnx.ValueInfoProto],
    constants: Constants,
) -> onnx.GraphProto:
    held = [numpy_helper.from_array(value, key) for key, value in constants.items()]
    return helper.make_graph(nodes, name, inputs, outputs, held)


def _save(graph: onnx.GraphProto, path: Path) -> None:
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    onnx.checker.check_model(model)
    onnx.save(model, path)
