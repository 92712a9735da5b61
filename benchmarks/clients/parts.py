"""What every client is given: a running server, recordings, a folder for its environment."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.serve import Server

BEGINNING = "It was the best of times"
PATIENCE_S = 300


class MissingError(Exception):
    """A client cannot be tried here."""


@dataclass(frozen=True)
class Part:
    """What a client is tried with.

    Attributes:
        folder: Removed at the end.
        environment: Kept for the next time.
        clip: Six seconds of speech that begin with `BEGINNING`.
    """

    server: Server
    folder: Path
    environment: Path
    clip: Path

    @property
    def url(self) -> str:
        """Where the speech API is."""
        return f"{self.server.url}/v1"

    def log(self) -> list[str]:
        """Lines of the server's log."""
        return (self.folder / "log").read_text("utf-8").splitlines()


def environment_of(folder: Path, *packages: str, pythons: Sequence[str] = (sys.executable,)) -> Path:
    """The interpreter of an environment with these packages, made by the first of these that runs.

    Raises:
        MissingError: None of them does.
    """
    interpreter = folder / "bin" / "python"
    if not (folder / ".ready").exists():
        shutil.rmtree(folder, ignore_errors=True)
        for python in filter(_runs, pythons):
            subprocess.run([python, "-m", "venv", str(folder)], check=True)
            subprocess.run([interpreter, "-m", "pip", "install", "--quiet", *packages], check=True)
            (folder / ".ready").touch()
            break
        else:
            raise MissingError(f"it needs {pythons[0]} or newer")
    return interpreter


def _runs(python: str) -> bool:
    return bool(shutil.which(python)) and not subprocess.run([python, "-c", ""], check=False).returncode


def found(program: str) -> str:
    """Where a program is.

    Raises:
        MissingError: It is not installed.
    """
    path = shutil.which(program)
    if path is None:
        raise MissingError(f"{program} is not installed")
    return path


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


@contextmanager
def running(
    command: list[str], log: Path, ready: Callable[[], bool], environment: Mapping[str, str] | None = None
) -> Iterator[None]:
    """A program that runs meanwhile."""
    with log.open("wb") as told:
        process = subprocess.Popen(
            command,
            cwd=log.parent,
            env={**os.environ, **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=told,
            stderr=told,
            start_new_session=True,
        )
    try:
        until = time.monotonic() + PATIENCE_S
        while not ready():
            if process.poll() is not None or time.monotonic() > until:
                raise MissingError(f"{command[0]} does not run: {log.read_text('utf-8', 'replace')[-500:]}")
            time.sleep(0.2)
        yield
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait()


def listens(port: int) -> bool:
    """Whether somebody listens on a port of this machine."""
    with socket.socket() as each:
        return each.connect_ex(("127.0.0.1", port)) == 0
