"""A small hand for writing ONNX graphs: one method per kind of layer, named weights, checked by ONNX."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from transcribe.core.diarisation import INSTALL
from transcribe.core.errors import DependencyError, ModelError
from transcribe.models.diarise.checkpoint import Tensors

if TYPE_CHECKING:
    from onnx import NodeProto, TensorProto

OPSET = 17
IR_VERSION = 9
"""Old enough for every ONNX Runtime this program takes."""


class Graph:
    """A graph that grows layer by layer; every method takes and gives names of values.

    Args:
        source: What they are from, for errors.

    Raises:
        DependencyError: The package onnx is missing.
    """

    def __init__(self, tensors: Tensors, source: str) -> None:
        try:
            import onnx
        except ImportError as error:
            raise DependencyError(
                f"telling speakers apart needs the package {error.name}", INSTALL
            ) from error
        self._onnx = onnx
        self._tensors = tensors
        self._source = source
        self._nodes: list[NodeProto] = []
        self._constants: dict[str, TensorProto] = {}

    def weight(self, name: str) -> NDArray[np.float32]:
        """A tensor of the checkpoint.

        Raises:
            ModelError: There is none of that name.
        """
        if name not in self._tensors:
            raise ModelError(f"{self._source} holds other weights: {name} is missing", "Pull the model again")
        return self._tensors[name]

    def constant(self, name: str, value: NDArray[Any]) -> str:
        """A value that belongs to the graph."""
        if name not in self._constants:
            self._constants[name] = self._onnx.numpy_helper.from_array(np.ascontiguousarray(value), name)
        return name

    def numbers(self, *values: int) -> str:
        """A constant list of integers."""
        return self.constant("ints_" + "_".join(map(str, values)), np.array(values, np.int64))

    def op(self, kind: str, *inputs: str, **attributes: Any) -> str:
        """Add one operation; the name of what it gives."""
        return self.ops(kind, inputs, 1, **attributes)[0]

    def ops(self, kind: str, inputs: Sequence[str], outputs: int, **attributes: Any) -> tuple[str, ...]:
        """Add one operation that gives several values."""
        names = tuple(f"{kind}_{len(self._nodes)}_{number}" for number in range(outputs))
        self._nodes.append(self._onnx.helper.make_node(kind, list(inputs), list(names), **attributes))
        return names

    def parameters(self, name: str, *ends: str) -> tuple[str, ...]:
        """Weights `NAME.END` as constants."""
        return tuple(self.constant(f"{name}.{end}", self.weight(f"{name}.{end}")) for end in ends)

    def conv(self, value: str, name: str, *, bias: bool = False, **attributes: Any) -> str:
        """A convolution with the weights `NAME.weight` and perhaps `NAME.bias`."""
        ends = ("weight", "bias") if bias else ("weight",)
        return self.op("Conv", value, *self.parameters(name, *ends), **attributes)

    def batch_norm(self, value: str, name: str, *, affine: bool = True) -> str:
        """Batch normalisation with what was learnt (PyTorch's epsilon)."""
        mean, variance = self.parameters(name, "running_mean", "running_var")
        size = self.weight(f"{name}.running_mean").shape
        if affine:
            scale, bias = self.parameters(name, "weight", "bias")
        else:
            scale = self.constant(f"{name}.ones", np.ones(size, np.float32))
            bias = self.constant(f"{name}.zeros", np.zeros(size, np.float32))
        return self.op("BatchNormalization", value, scale, bias, mean, variance, epsilon=1e-5)

    def instance_norm(self, value: str, name: str) -> str:
        """Instance normalisation (PyTorch's epsilon)."""
        return self.op("InstanceNormalization", value, *self.parameters(name, "weight", "bias"), epsilon=1e-5)

    def linear(self, value: str, name: str) -> str:
        """A fully connected layer over the last axis."""
        weight = self.constant(f"{name}.weight_t", self.weight(f"{name}.weight").T)
        return self.op("Add", self.op("MatMul", value, weight), *self.parameters(name, "bias"))

    def build(self, source: tuple[str, tuple[str | int, ...]], result: str) -> bytes:
        """The finished graph as an ONNX file's bytes.

        Args:
            source: Name and shape of the only input; texts are sizes that may vary.
            result: Name of the only output.
        """
        helper, kind = self._onnx.helper, self._onnx.TensorProto.FLOAT
        graph = helper.make_graph(
            self._nodes,
            "network",
            [helper.make_tensor_value_info(source[0], kind, list(source[1]))],
            [helper.make_tensor_value_info(result, kind, None)],
            list(self._constants.values()),
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)])
        model.ir_version = IR_VERSION
        return bytes(model.SerializeToString())
