"""The two networks, made ready: checkpoints become ONNX graphs, which ONNX Runtime runs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from transcribe.core.errors import DependencyError, EngineError
from transcribe.engines.diarise.checkpoint import Tensors, read_tensors

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Network:
    """A network with one input and one output.

    Args:
        checkpoint: PyTorch's file with its weights.
        build: Makes an ONNX graph of them.
        name: Of its input.
        threads: How many it may use.

    Raises:
        ModelError: The checkpoint is damaged or another network's.
        DependencyError: ONNX Runtime or onnx is missing.
        EngineError: ONNX Runtime refuses the graph.
    """

    def __init__(self, checkpoint: Path, build: Callable[[Tensors], bytes], name: str, threads: int) -> None:
        try:
            import onnxruntime
        except ImportError as error:
            raise DependencyError(f"the package {error.name} is missing", "Reinstall the program") from error
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 3  # errors only
        # Threads that wait by spinning hold up whatever else runs on this machine.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        graph = build(read_tensors(checkpoint))
        self._name = name
        try:
            self._session: Any = onnxruntime.InferenceSession(
                graph, options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # ONNX Runtime's classes have no common one of their own
            raise EngineError(f"ONNX Runtime cannot load {checkpoint.name}: {error}") from error

    def __call__(self, value: NDArray[np.float32]) -> NDArray[np.float32]:
        """What the network says about a batch.

        Raises:
            EngineError: ONNX Runtime failed.
        """
        try:
            result: NDArray[np.float32] = self._session.run(None, {self._name: value})[0]
        except Exception as error:  # as above
            raise EngineError(f"ONNX Runtime failed: {error}") from error
        return result
