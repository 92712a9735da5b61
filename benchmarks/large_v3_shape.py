"""Load and decode a model of large-v3's full shape with random weights: time and peak memory.

Usage: python -m benchmarks.large_v3_shape [--encoding f16|q8_0|q5_0|q5_1] [--threads N]
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.shapes import LARGE_V3, write_random_ggml

PUBLISHED_BYTES = {"f16": 3_095_033_483, "q5_0": 1_081_140_203}
MAX_TOKENS = 16
SAMPLES = 30 * 16_000


def generate(out: Path, encoding: str) -> None:
    started = time.monotonic()
    write_random_ggml(LARGE_V3, out, encoding)
    size = out.stat().st_size
    expected = PUBLISHED_BYTES.get(encoding)
    same = "" if expected is None else f" (published file: {expected:,})"
    print(f"generated {size:,} bytes{same} in {time.monotonic() - started:.1f} s, peak {peak_mb()} MB")


def decode(path: Path, threads: int) -> None:
    import numpy as np
    from pywhispercpp.model import Model

    before, started = peak_mb(), time.monotonic()
    model = Model(str(path), redirect_whispercpp_logs_to=None, n_threads=threads, print_progress=False)
    loaded = time.monotonic()
    noise = np.random.default_rng(1).standard_normal(SAMPLES, np.float32) * np.float32(0.1)
    model.transcribe(noise, language="en", max_tokens=MAX_TOKENS, single_segment=True, temperature_inc=0.0)
    done = time.monotonic()
    print(
        f"loaded in {loaded - started:.1f} s, a 30 s window in {done - loaded:.1f} s on {threads} threads"
        f", peak {peak_mb()} MB ({before} MB before loading)"
    )


def peak_mb() -> int:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # KiB on Linux, bytes on macOS
    return peak // (1024 * 1024 if sys.platform == "darwin" else 1024)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--encoding", default="q5_0", choices=("f16", "q8_0", "q5_0", "q5_1"))
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--decode", type=Path, help="decode this file and generate nothing")
    chosen = parser.parse_args()
    if chosen.decode:
        decode(chosen.decode, chosen.threads)
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.bin"
        generate(path, chosen.encoding)
        subprocess.run(  # in a process of its own, so that its peak memory is the engine's
            [
                sys.executable,
                "-m",
                "benchmarks.large_v3_shape",
                "--decode",
                path,
                "--threads",
                str(chosen.threads),
            ],
            check=True,
        )


if __name__ == "__main__":
    main()
