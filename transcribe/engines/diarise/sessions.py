"""The two networks, run by ONNX Runtime."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from transcribe.core.errors import DependencyError, EngineError


class Network:
    """A network with one input and one output.

    Raises:
        DependencyError: ONNX Runtime is missing.
        EngineError: ONNX Runtime cannot load the file.
    """

    def __init__(self, path: Path, name: str, threads: int) -> None:
        try:
            import onnxruntime
        except ImportError as error:
            raise DependencyError(f"the package {error.name} is missing", "Reinstall the program") from error
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 3  # errors only
        # Threads that wait by spinning hold up whatever else runs on this machine.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self._name = name
        try:
            self._session: Any = onnxruntime.InferenceSession(
                str(path), options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # ONNX Runtime's classes have no common one of their own
            raise EngineError(f"ONNX Runtime cannot load {path.name}: {error}") from error

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
