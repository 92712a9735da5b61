"""CAM++ as an ONNX graph: what a voice sounds like, as 192 numbers, from the Mel spectrum of some speech.

Sources: Wang et al., "CAM++: A Fast and Efficient Network for Speaker Verification Using Context-Aware
Masking", Interspeech 2023; `speakerlab/models/campplus` in 3D-Speaker (Apache-2.0).
"""

from __future__ import annotations

from transcribe.models.diarise.checkpoint import Tensors
from transcribe.models.diarise.graph import Graph

BLOCKS = ((12, 1), (24, 2), (16, 2))
"""Layers and dilation of the three dense blocks."""

SEGMENT_FRAMES = 100
"""What a context mask looks at beside the whole: one second."""


def voice_graph(tensors: Tensors) -> bytes:
    """The network as an ONNX file's bytes: (batch, frames, 80) to (batch, 192).

    Raises:
        ModelError: A weight is missing.
        DependencyError: The package onnx is missing.
    """
    graph = Graph(tensors, "the voice checkpoint")
    value = graph.op("Unsqueeze", graph.op("Transpose", "mel", perm=[0, 2, 1]), graph.numbers(1))
    value = _head(graph, value)
    value = graph.conv(value, "xvector.tdnn.linear", strides=[2], pads=[2, 2])
    value = _norm_relu(graph, value, "xvector.tdnn.nonlinear.batchnorm")
    for number, (layers, dilation) in enumerate(BLOCKS, start=1):
        for layer in range(1, layers + 1):
            fresh = _dense_layer(graph, value, f"xvector.block{number}.tdnnd{layer}", dilation)
            value = graph.op("Concat", value, fresh, axis=1)
        value = _norm_relu(graph, value, f"xvector.transit{number}.nonlinear.batchnorm")
        value = graph.conv(value, f"xvector.transit{number}.linear")
    value = _norm_relu(graph, value, "xvector.out_nonlinear.batchnorm")
    value = graph.conv(_statistics(graph, value), "xvector.dense.linear")
    value = graph.op("Squeeze", value, graph.numbers(2))
    value = graph.batch_norm(value, "xvector.dense.nonlinear.batchnorm", affine=False)
    return graph.build(("mel", ("batch", "frames", 80)), value)


def _norm_relu(graph: Graph, value: str, name: str) -> str:
    return graph.op("Relu", graph.batch_norm(value, name))


def _head(graph: Graph, value: str) -> str:
    """Convolutions over time and frequency, which leave an eighth of the frequencies."""
    value = _norm_relu(graph, graph.conv(value, "head.conv1", pads=[1, 1, 1, 1]), "head.bn1")
    for layer in ("head.layer1", "head.layer2"):
        for number, stride in enumerate((2, 1)):
            value = _residual(graph, value, f"{layer}.{number}", stride)
    value = graph.conv(value, "head.conv2", strides=[2, 1], pads=[1, 1, 1, 1])
    value = _norm_relu(graph, value, "head.bn2")
    return graph.op("Reshape", value, graph.numbers(0, 320, -1))


def _residual(graph: Graph, value: str, name: str, stride: int) -> str:
    inner = graph.conv(value, f"{name}.conv1", strides=[stride, 1], pads=[1, 1, 1, 1])
    inner = _norm_relu(graph, inner, f"{name}.bn1")
    inner = graph.batch_norm(graph.conv(inner, f"{name}.conv2", pads=[1, 1, 1, 1]), f"{name}.bn2")
    if stride != 1:
        value = graph.conv(value, f"{name}.shortcut.0", strides=[stride, 1])
        value = graph.batch_norm(value, f"{name}.shortcut.1")
    return graph.op("Relu", graph.op("Add", inner, value))


def _dense_layer(graph: Graph, value: str, name: str, dilation: int) -> str:
    value = _norm_relu(graph, value, f"{name}.nonlinear1.batchnorm")
    value = graph.conv(value, f"{name}.linear1")
    value = _norm_relu(graph, value, f"{name}.nonlinear2.batchnorm")
    local = graph.conv(
        value, f"{name}.cam_layer.linear_local", dilations=[dilation], pads=[dilation, dilation]
    )
    context = graph.op("Add", graph.op("ReduceMean", value, axes=[-1], keepdims=1), _by_segment(graph, value))
    context = graph.op("Relu", graph.conv(context, f"{name}.cam_layer.linear1", bias=True))
    mask = graph.op("Sigmoid", graph.conv(context, f"{name}.cam_layer.linear2", bias=True))
    return graph.op("Mul", local, mask)


def _by_segment(graph: Graph, value: str) -> str:
    """The mean of every second, spread over it again; the last one may be shorter."""
    means = graph.op(
        "AveragePool", value, kernel_shape=[SEGMENT_FRAMES], strides=[SEGMENT_FRAMES], ceil_mode=1
    )
    spread = graph.op("Unsqueeze", means, graph.numbers(3))
    spread = graph.op("Tile", spread, graph.numbers(1, 1, 1, SEGMENT_FRAMES))
    spread = graph.op("Reshape", spread, graph.numbers(0, 0, -1))
    frames = graph.op("Slice", graph.op("Shape", value), graph.numbers(2), graph.numbers(3))
    return graph.op("Slice", spread, graph.numbers(0), frames, graph.numbers(2))


def _statistics(graph: Graph, value: str) -> str:
    """Mean and standard deviation (unbiased, as PyTorch's) over time."""
    mean = graph.op("ReduceMean", value, axes=[-1], keepdims=1)
    squares = graph.op("ReduceSumSquare", graph.op("Sub", value, mean), axes=[-1], keepdims=1)
    frames = graph.op("Slice", graph.op("Shape", value), graph.numbers(2), graph.numbers(3))
    degrees = graph.op("Cast", graph.op("Sub", frames, graph.numbers(1)), to=1)
    deviation = graph.op("Sqrt", graph.op("Div", squares, degrees))
    return graph.op("Concat", mean, deviation, axis=1)
