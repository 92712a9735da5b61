"""The two ways from a recording to text that are compared: this program, and pywhispercpp as it comes."""

from __future__ import annotations

import functools
import hashlib
import json
import os
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import Any

import imageio_ffmpeg
import numpy as np

from benchmarks.clips import Clip

THREADS = 2


def program(*arguments: str) -> list[str]:
    """The command line of this program."""
    return [sys.executable, "-m", "transcribe", *arguments]


def ask(*arguments: str) -> str:
    """What this program answers to a question about itself."""
    return subprocess.run(program(*arguments), check=True, capture_output=True, text=True).stdout.strip()


def ours(clip: Clip, model: str, language: str, *more: str) -> str:
    """What `transcribe` writes for a clip, from the start: nothing is resumed."""
    options = [*more, "--model", model, "--language", language, "--format", "txt", "--output", "-", "--quiet"]
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            program(str(clip.path), *options),
            check=True,
            stdout=subprocess.PIPE,
            env={**clean_environment(), "TRANSCRIBE_WORK_DIR": folder},
        )
    return done.stdout.decode("utf-8")


def clean_environment() -> dict[str, str]:
    """The environment without options of the person who runs the benchmark."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("TRANSCRIBE_") or name.endswith("_DIR")
    }


class Plain:
    """`pywhispercpp.Model(...).transcribe`, greedy, on audio decoded by ffmpeg; results are kept in a file.

    Args:
        model: A ggml file.
        cache: Folder for what was recognised once; nothing in this program changes it.
    """

    def __init__(self, model: Path, cache: Path) -> None:
        self._model = model
        digest = file_digest(model)[:16]
        self._kept = cache / f"pywhispercpp-{version('pywhispercpp')}-{digest}-{THREADS}-threads.json"
        self._texts: dict[str, str] = {}
        if self._kept.exists():
            self._texts = json.loads(self._kept.read_text(encoding="utf-8"))

    def __call__(self, clip: Clip) -> str:
        """What pywhispercpp hears in a clip when told its language."""
        key = f"{file_digest(clip.path)}-{clip.language}"
        if key not in self._texts:
            segments = self._loaded.transcribe(decode(clip.path), language=clip.language)
            self._texts[key] = " ".join(segment.text for segment in segments)
            self._kept.parent.mkdir(parents=True, exist_ok=True)
            self._kept.write_text(json.dumps(self._texts, ensure_ascii=False, indent=1), encoding="utf-8")
        return self._texts[key]

    @functools.cached_property
    def _loaded(self) -> Any:
        return load_plain(self._model)


def load_plain(model: Path) -> Any:
    """A ggml file in pywhispercpp's own `Model`: greedy, everything but the threads as it comes."""
    from pywhispercpp.model import Model

    return Model(str(model), n_threads=THREADS, print_progress=False, redirect_whispercpp_logs_to=None)


def file_digest(path: Path) -> str:
    """SHA-256 of a file, hexadecimal."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def decode(path: Path) -> np.ndarray[Any, np.dtype[np.float32]]:
    """A recording as 16 kHz mono float32."""
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-i", str(path), "-map", "0:a:0"]
    command += ["-ac", "1", "-ar", "16000", "-f", "f32le", "-"]
    return np.frombuffer(subprocess.run(command, check=True, capture_output=True).stdout, np.float32)
