"""pyannote segmentation 3.0 as an ONNX graph: who speaks in each 17 ms of ten seconds, up to three voices.

The network is PyanNet: a bank of learnt band-pass filters (SincNet), four bidirectional LSTMs, three layers
over seven classes: nobody, one of three voices, two of them. Sources: Plaquet and Bredin, "Powerset
multi-class cross entropy loss for neural speaker diarization", Interspeech 2023; Ravanelli and Bengio,
"Speaker recognition from raw waveform with SincNet", 2018; `pyannote/audio/models/segmentation/PyanNet.py`
and `asteroid_filterbanks/param_sinc_fb.py` (both MIT).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from transcribe.models.diarise.checkpoint import Tensors
from transcribe.models.diarise.graph import Graph

STRIDE = 10
LOWEST_HZ = NARROWEST_HZ = 50.0
HIGHEST_HZ = 8000.0
HIDDEN = 128
LAYERS = 4


def segmentation_graph(tensors: Tensors) -> bytes:
    """The network as an ONNX file's bytes: (batch, 1, samples) to (batch, frames, 7) scores.

    Raises:
        ModelError: A weight is missing.
        DependencyError: The package onnx is missing.
    """
    graph = Graph(tensors, "the segmentation checkpoint")
    value = graph.instance_norm("waveform", "sincnet.wav_norm1d")
    filters = graph.constant("sinc_filters", _band_passes(graph))
    for number in range(3):
        if number == 0:
            value = graph.op("Abs", graph.op("Conv", value, filters, strides=[STRIDE]))
        else:
            value = graph.conv(value, f"sincnet.conv1d.{number}", bias=True)
        value = graph.op("MaxPool", value, kernel_shape=[3], strides=[3])
        value = graph.op("LeakyRelu", graph.instance_norm(value, f"sincnet.norm1d.{number}"), alpha=0.01)
    value = graph.op("Transpose", value, perm=[2, 0, 1])  # time first, as ONNX's LSTM wants it
    for layer in range(LAYERS):
        value = _lstm(graph, value, layer)
    value = graph.op("Transpose", value, perm=[1, 0, 2])
    for number in range(2):
        value = graph.op("LeakyRelu", graph.linear(value, f"linear.{number}"), alpha=0.01)
    return graph.build(("waveform", ("batch", 1, "samples")), graph.linear(value, "classifier"))


def _band_passes(graph: Graph) -> NDArray[np.float32]:
    """The 80 filters: 40 symmetric ones, then the same 40 bands shifted by a quarter of a period."""
    name = "sincnet.conv1d.0.filterbank."
    low = LOWEST_HZ + np.abs(graph.weight(name + "low_hz_"))
    high = np.clip(low + NARROWEST_HZ + np.abs(graph.weight(name + "band_hz_")), LOWEST_HZ, HIGHEST_HZ)
    times, window = graph.weight(name + "n_"), graph.weight(name + "window_")
    band = high - low
    left = (np.sin(high @ times) - np.sin(low @ times)) / (times / 2) * window
    even = np.concatenate([left, 2 * band, left[:, ::-1]], axis=1)
    left = (np.cos(low @ times) - np.cos(high @ times)) / (times / 2) * window
    odd = np.concatenate([left, np.zeros_like(band), -left[:, ::-1]], axis=1)
    filters = np.concatenate([even / (2 * band), odd / (2 * band)])
    return np.asarray(filters[:, None, :], np.float32)


def _lstm(graph: Graph, value: str, layer: int) -> str:
    """One bidirectional layer. PyTorch keeps its gates as i, f, g, o; ONNX as i, o, f, g."""

    def both(kind: str) -> NDArray[np.float32]:
        ends = (f"{kind}_l{layer}", f"{kind}_l{layer}_reverse")
        return np.stack([_onnx_gates(graph.weight(f"lstm.{end}")) for end in ends])

    weights = graph.constant(f"lstm{layer}.w", both("weight_ih"))
    recurrent = graph.constant(f"lstm{layer}.r", both("weight_hh"))
    biases = np.concatenate([both("bias_ih"), both("bias_hh")], axis=1)
    bias = graph.constant(f"lstm{layer}.b", biases)
    (result,) = graph.ops(
        "LSTM", (value, weights, recurrent, bias), 1, hidden_size=HIDDEN, direction="bidirectional"
    )
    result = graph.op("Transpose", result, perm=[0, 2, 1, 3])  # (time, batch, direction, hidden)
    return graph.op("Reshape", result, graph.numbers(0, 0, 2 * HIDDEN))


def _onnx_gates(weight: NDArray[np.float32]) -> NDArray[np.float32]:
    entry, forget, cell, output = np.split(weight, 4)
    return np.concatenate([entry, output, forget, cell])
