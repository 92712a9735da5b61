"""Both engines with random weights of large-v3's and turbo's shape: time and memory of one window of 30 s.

Usage: python -m benchmarks.large_v3_shape [--shape NAME] [--weights NAME] [--threads N] [--beam-size N]

CTranslate2 decodes four windows at a time, as the program has it do; what is printed is for one of them.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.shapes import (
    LARGE_V3,
    LARGE_V3_TURBO,
    special_tokens,
    write_random_ctranslate2,
    write_random_ggml,
)
from transcribe.models.ctranslate2 import WEIGHTS
from transcribe.models.vocabulary import RANKS

SHAPES = {"large-v3": LARGE_V3, "large-v3-turbo": LARGE_V3_TURBO}
INT8 = "int8"
KINDS = (INT8, "q8_0", "q5_0", "f16")
"""Weights: int8 are CTranslate2's, computed from f16 while loading; the others are ggml files."""

TOKENS = 60
"""What people say in a window, about."""

WINDOWS = 4
SAMPLES = 30 * 16_000
FRAMES = 3000
A_TOKEN = 1000
"""Any text token."""

COLUMNS = ("shape", "weights", "file", "loading", "encoder", f"{TOKENS} tokens", "word times", "peak memory")


@dataclass
class Row:
    """Processor seconds of one process.

    Attributes:
        loading: Reading the model.
        encoder: One window.
        decoder: `TOKENS` tokens of one window.
        alignment: Their times; None where that is not measured.
    """

    loading: float
    encoder: float
    decoder: float
    alignment: float | None


def write(shape: str, weights: str, path: Path) -> None:
    if weights == INT8:
        path.mkdir()
        write_random_ctranslate2(SHAPES[shape], path)
    else:
        write_random_ggml(SHAPES[shape], path, weights)


def run_ctranslate2(shape: str, path: Path, threads: int, beam_size: int) -> Row:
    import ctranslate2

    specials = {token: RANKS + n for n, token in enumerate(special_tokens(SHAPES[shape].vocab))}
    start = [specials[f"<|{name}|>"] for name in ("startoftranscript", "l00", "transcribe", "notimestamps")]
    model, loading = timed(
        lambda: ctranslate2.models.Whisper(str(path), compute_type=INT8, intra_threads=threads)
    )
    noise = np.random.default_rng(1).standard_normal((1, SHAPES[shape].mels, FRAMES), np.float32)
    encoded, encoder = timed(lambda: np.array(model.encode(ctranslate2.StorageView.from_array(noise))))
    features = ctranslate2.StorageView.from_array(np.concatenate([encoded] * WINDOWS))
    results, decoder = timed(
        lambda: model.generate(
            features,
            [start] * WINDOWS,
            beam_size=beam_size,
            max_length=2 * TOKENS,
            suppress_tokens=list(range(RANKS, SHAPES[shape].vocab)),
        )
    )
    texts = [result.sequences_ids[0] for result in results]
    if {len(text) for text in texts} != {TOKENS}:
        raise SystemExit(f"not {TOKENS} tokens were decoded: {[len(text) for text in texts]}")
    _, alignment = timed(lambda: model.align(features, start[:3], texts, [FRAMES] * WINDOWS))
    return Row(loading, encoder, decoder / WINDOWS, alignment / WINDOWS)


def run_whisper_cpp(shape: str, path: Path, threads: int) -> Row:
    from transcribe.engines.whisper_cpp import WhisperCpp, bindings, engine_messages

    engine = bindings()
    model, loading = timed(WhisperCpp(str(path), shape, threads).load)
    context = model._context  # a whole window would end where random weights have it end
    noise = np.random.default_rng(1).standard_normal(SAMPLES, np.float32) * np.float32(0.1)
    with engine_messages(show=False):
        engine.whisper_pcm_to_mel(context, noise, SAMPLES, threads)
        _, encoder = timed(lambda: engine.whisper_encode(context, 0, threads))
        _, decoder = timed(
            lambda: [engine.whisper_decode(context, A_TOKEN, 1, past, threads) for past in range(TOKENS)]
        )
    return Row(loading, encoder, decoder, None)


def timed(work: Callable[[], Any]) -> tuple[Any, float]:
    started = time.process_time()
    return work(), time.process_time() - started


def peak_mb() -> int:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # KiB on Linux, bytes on macOS
    return round(peak / 1e6 if sys.platform == "darwin" else peak * 1024 / 1e6)


def measure(shape: str, weights: str, path: Path, threads: int, beam_size: int) -> None:
    if weights == INT8:
        row, file = run_ctranslate2(shape, path, threads, beam_size), path / WEIGHTS
    else:
        row, file = run_whisper_cpp(shape, path, threads), path
    seconds = [f"{s:.1f} s" if s is not None else "–" for s in vars(row).values()]
    print_row(shape, weights, f"{file.stat().st_size:,}", *seconds, f"{peak_mb():,} MB")


def print_row(*cells: str) -> None:
    print("| " + " | ".join(cells) + " |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--shape", choices=SHAPES, help="one of the shapes; both without it")
    parser.add_argument("--weights", choices=KINDS, help="of one kind; int8, q8_0 and q5_0 without it")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--beam-size", type=int, default=1, help="for int8")
    parser.add_argument("--model", type=Path, help="measure this file or folder and write none")
    chosen = parser.parse_args()
    if chosen.model:
        measure(chosen.shape, chosen.weights, chosen.model, chosen.threads, chosen.beam_size)
        return
    print_row(*COLUMNS)
    print_row(*["---"] * len(COLUMNS))
    for shape in [chosen.shape] if chosen.shape else SHAPES:
        for weights in [chosen.weights] if chosen.weights else KINDS[:3]:
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder) / "model"
                write(shape, weights, path)
                same = ["--shape", shape, "--weights", weights, "--model", path]
                options = ["--threads", str(chosen.threads), "--beam-size", str(chosen.beam_size)]
                # In a process of its own, so that its peak memory is the engine's.
                command = [sys.executable, "-m", "benchmarks.large_v3_shape", *same, *options]
                subprocess.run(command, check=True)


if __name__ == "__main__":
    main()
