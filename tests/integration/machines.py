"""A cluster on one machine: a scheduler and workers with certificates, each a process of its own."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from desk import PATIENCE_SECONDS, Desk, heed_interrupts
from warm import COLD

LISTENS = re.compile(r"listens at (tls://[0-9.]+:[0-9]+)")

OF_ANOTHER_VERSION = """
import importlib.metadata, sys
real = importlib.metadata.version
importlib.metadata.version = lambda name: "9.9" if name == "transcribe-offline" else real(name)
from transcribe.cli.main import main
sys.exit(main())
"""


class Machine:
    """One process of a cluster, and what it says."""

    def __init__(self, desk: Desk, log: Path, command: Sequence[str], environment: dict[str, str]) -> None:
        self.log = log
        with log.open("a") as said:
            self.process = subprocess.Popen(
                command,
                cwd=desk.folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                preexec_fn=heed_interrupts,  # noqa: PLW1509 - this process has no threads
            )

    def said(self) -> str:
        return self.log.read_text()

    def wait_for(self, pattern: str) -> str:
        """What it says, once that is there."""
        for _ in range(PATIENCE_SECONDS * 10):
            if found := re.search(pattern, self.said()):
                return found[found.lastindex or 0]
            assert self.process.poll() is None, self.said()
            time.sleep(0.1)
        raise AssertionError(self.said())

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Stop it; its exit code."""
        self.process.send_signal(number)
        return self.process.wait(60)


class Machines:
    """A scheduler and workers, whose submitter is a desk."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.all: list[Machine] = []
        assert desk.run("cluster", "init", "certs", "--machines", "studio-1,studio-2,studio-3").code == 0
        self.scheduler = self.start("scheduler", "--listen", "tls://127.0.0.1:0")
        self.address = self.scheduler.wait_for(LISTENS.pattern)

    def start(self, name: str, *arguments: str, program: Sequence[str] = (), **variables: str) -> Machine:
        """Start `transcribe cluster …` with the certificate of a machine."""
        own = {name: value for name, value in self.desk.environment.items() if name != "TRANSCRIBE_WORK_DIR"}
        part = "scheduler" if arguments[0] == "--listen" else "worker"
        command = [*(program or COLD), "cluster", part, *arguments, "--certs", f"certs/{name}"]
        log = self.desk.folder.parent / f"{name}-{time.monotonic_ns()}.log"
        started = Machine(self.desk, log, command, own | variables)
        self.all.append(started)
        return started

    def worker(self, name: str, program: Sequence[str] = (), **variables: str) -> Machine:
        """Start a worker, and wait until it takes jobs."""
        worker = self.start(name, self.address, "--listen", "127.0.0.1", program=program, **variables)
        worker.wait_for("takes jobs")
        return worker

    def stranger(self) -> Machine:
        """A worker of another version of the program."""
        return self.worker("studio-3", program=(sys.executable, "-P", "-c", OF_ANOTHER_VERSION))

    def batch(self, *arguments: str, output: str = "out") -> tuple[str, ...]:
        """The command of a batch on the cluster."""
        model = ("--model", "tiny.en", "-f", "txt,srt,json")
        return ("batch", "in", "-o", output, *model, *self.flags(), *arguments)

    def flags(self, machine: str = "submitter") -> tuple[str, ...]:
        return ("--cluster", self.address, "--certs", f"certs/{machine}")

    def end(self) -> None:
        for each in reversed(self.all):
            if each.process.poll() is None:
                each.process.kill()
                each.process.wait()


def listening(machine: Machine) -> set[str]:
    """Addresses and ports that a process listens on."""
    import psutil

    found = psutil.Process(machine.process.pid).net_connections("inet")
    return {f"{each.laddr.ip}:{each.laddr.port}" for each in found if each.status == psutil.CONN_LISTEN}


def left_behind(folder: Path) -> list[str]:
    """Files below the folder that workers had for what came and went, without Dask's own locks."""
    found = [Path(place, name) for place, _, names in os.walk(folder) for name in names]
    return sorted(str(each) for each in found if "dask-scratch-space" not in each.parts)
