"""Real language-model servers on a free port of this machine, for tests, measurements and examples."""

from __future__ import annotations

import importlib.util
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from transcribe.core.errors import TranscribeError
from transcribe.engines.llm.http import Http

KINDS = ("llama-cpp-server", "llama-server")
"""By the names that `--writer` gives them."""

START_S = 120.0
ALIAS = "smollm2"


def missing(kind: str) -> str:
    """Why a server cannot be started here, with what to do; empty where it can."""
    if kind == "llama-cpp-server":
        return "" if all(map(importlib.util.find_spec, ("uvicorn", "llama_cpp"))) else "run: make llm"
    return "" if shutil.which("llama-server") else "install llama.cpp, so that llama-server is on the path"


@contextmanager
def serving(kind: str, model: Path, context: int) -> Iterator[int]:
    """The port of a running server, which ends with the block. It computes on one core.

    Args:
        kind: One of `KINDS` that is not missing.
        model: A GGUF file, served as `smollm2`.
        context: Tokens it reads at a time.

    Raises:
        RuntimeError: It did not start; with what it said.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [*_command(kind), "--model", str(model), "--host", "127.0.0.1", "--port", str(port)]
    if kind == "llama-server":
        command += ["--alias", ALIAS, "--ctx-size", str(context), "--threads", "1", "--threads-batch", "1"]
        command += ["--parallel", "1", "--cache-ram", "0", "--device", "none", "--no-webui", "--offline"]
    else:
        command += [
            "--model_alias",
            ALIAS,
            "--n_ctx",
            str(context),
            "--n_threads",
            "1",
            "--n_threads_batch",
            "1",
        ]
    with (
        tempfile.TemporaryFile() as log,
        subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log) as process,
    ):
        try:
            if not _answers(port, process):
                log.seek(0)
                raise RuntimeError(f"{kind} did not start: {log.read().decode('utf-8', 'replace')}")
            yield port
        finally:
            process.terminate()


def _command(kind: str) -> list[str]:
    return ["llama-server"] if kind == "llama-server" else [sys.executable, "-m", "llama_cpp.server"]


def _answers(port: int, process: subprocess.Popen[bytes]) -> bool:
    give_up = time.monotonic() + START_S
    while time.monotonic() < give_up and process.poll() is None:
        with suppress(TranscribeError), closing(Http(f"http://127.0.0.1:{port}", 5)) as http:
            if http.get("/v1/models").status == 200:  # 503 while it loads
                return True
        time.sleep(0.1)
    return False
