"""A running server on a desk, and its clients."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import psutil
from desk import PATIENCE_SECONDS, Desk, heed_interrupts
from openai import OpenAI
from warm import COLD


class Server:
    """A server on a desk, and its clients."""

    def __init__(self, desk: Desk, *arguments: str) -> None:
        self.desk, self.arguments = desk, arguments
        self.start()

    def start(self) -> None:
        """Start it, anew as after a kill."""
        desk = self.desk
        environment = {
            name: value for name, value in desk.environment.items() if name != "TRANSCRIBE_WORK_DIR"
        }
        command = [*COLD, "serve", "--port", "0", "--data", "data", "-m", "tiny.en", *self.arguments]
        self.log = (desk.folder / "log").open("a+")
        begun = self.said().count("serving ")
        self.process = subprocess.Popen(
            command,
            cwd=desk.folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=self.log,
            start_new_session=True,
            preexec_fn=heed_interrupts,  # noqa: PLW1509 - this process has no threads
        )
        self.url = self._address(begun)
        self.http = httpx2.Client(base_url=self.url.removesuffix("/v1"), timeout=PATIENCE_SECONDS)
        self.openai = OpenAI(base_url=self.url, api_key="any", max_retries=0)

    def said(self) -> str:
        return (self.desk.folder / "log").read_text()

    def _address(self, begun: int) -> str:
        for _ in range(PATIENCE_SECONDS * 10):
            lines = [each for each in self.said().splitlines() if each.startswith("serving ")]
            if len(lines) > begun:
                return lines[-1].partition(" on ")[2].partition(",")[0]
            assert self.process.poll() is None, self.said()
            time.sleep(0.1)
        raise AssertionError(self.said())

    def submit(self, path: Path, **fields: str) -> dict[str, Any]:
        with path.open("rb") as file:
            answer = self.http.post("/v1/jobs", files={"file": (path.name, file)}, data=fields)
        assert answer.status_code in (200, 202), answer.text
        found: dict[str, Any] = answer.json()
        return found

    def until(self, name: str, state: str) -> dict[str, Any]:
        for _ in range(PATIENCE_SECONDS * 20):
            job: dict[str, Any] = self.http.get(f"/v1/jobs/{name}").json()
            if job["state"] == state:
                return job
            assert job["state"] in ("queued", "working"), job
            time.sleep(0.05)
        raise AssertionError(job)

    def workers(self) -> list[str]:
        """Commands of the processes that transcribe."""
        family = psutil.Process(self.process.pid).children(recursive=True)
        commands = [" ".join(each.cmdline()) for each in family]
        return [each for each in commands if "resource_tracker" not in each]

    def kill(self) -> None:
        """SIGKILL, as a power cut would; nothing it started stays."""
        family = psutil.Process(self.process.pid).children(recursive=True)
        self.process.kill()
        self.process.wait()
        _, alive = psutil.wait_procs(family, timeout=PATIENCE_SECONDS)
        assert alive == []
        self._close()

    def _close(self) -> None:
        self.http.close()
        self.openai.close()
        self.log.close()

    def stop(self) -> int:
        """SIGTERM; how it ended."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGTERM)
        code = self.process.wait(PATIENCE_SECONDS)
        self._close()
        assert "Traceback" not in self.said(), self.said()
        return code


@contextmanager
def serving(desk: Desk, *arguments: str) -> Iterator[Server]:
    server = Server(desk, *arguments)
    try:
        yield server
    finally:
        server.stop()
