"""The real ONNX Runtime, which crashes in the middle of its work: see `perilous.crashing_onnxruntime`."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import Any

sys.path.remove(str(Path(__file__).parent))
del sys.modules["onnxruntime"]
import onnxruntime  # noqa: E402 - the real one, which takes this one's place

CALLS = 3
"""So many calls succeed."""

Session: Any = onnxruntime.InferenceSession


class Perilous(Session):  # type: ignore[misc]
    """A session that may end its process."""

    def __init__(self, model: Any, *arguments: Any, **options: Any) -> None:
        super().__init__(model, *arguments, **options)
        is_detector = "silero" in str(model)
        self._fatal = is_detector == (os.environ["CRASH_IN"] == "detector")
        self._calls = 0

    def run(self, *arguments: Any, **options: Any) -> Any:
        self._calls += 1
        crashes = Path(os.environ["CRASH_FOLDER"])
        crashed = len(list(crashes.iterdir()))
        if self._fatal and self._calls > CALLS and crashed < int(os.environ["CRASH_TIMES"]):
            (crashes / str(crashed)).touch()
            os.kill(os.getpid(), signal.SIGSEGV)
        return super().run(*arguments, **options)


onnxruntime.InferenceSession = Perilous
