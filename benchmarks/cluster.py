"""A batch on four machines that are namespaces of this one: what dies meanwhile, and what two are worth.

    python -m benchmarks.cluster --audio DIR [--model tiny.en] [--files 20] [--rounds 2]

As root, on Linux. Writes `benchmarks/results/cluster.md`. The first part sends real recordings from one
machine to two others over TLS, while a worker is killed, a cable is cut and the scheduler is killed; after
that every file has to be there once, and be that of one machine to the byte. The second part has recordings
of one length done by one worker of one core and by two, in turns: one, two, two, one.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median

from benchmarks.batch import ROOT, record
from benchmarks.machine import code_version, this_machine
from benchmarks.namespaces import Place, Running, machines
from benchmarks.recognisers import clean_environment, program
from transcribe.cluster.certificates import init
from transcribe.core.places import models

NAMES = ("scheduler", "submitter", "studio-1", "studio-2")
PORT = 8786
FORMATS = "txt,srt,vtt,json"
KINDS = ("no TLS", "no certificate", "a foreign certificate", "an expired certificate")
CUT_S = 60


def main() -> None:
    """Measure and write the page."""
    asked = parse_arguments()
    if asked.talk:
        print(talk(*asked.talk))
        return
    if os.geteuid() or sys.platform != "linux" or not all(map(shutil.which, ("ip", "ss", "taskset"))):
        sys.exit("network namespaces need root on Linux, with ip, ss and taskset")
    load = os.getloadavg()[0]
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that no namespace is left
    with tempfile.TemporaryDirectory() as name, machines(Path(name), NAMES) as places:
        cluster = Cluster(Path(name), places, asked.model)
        try:
            page = [*head(asked, load), *disasters(cluster, asked), *speed(cluster, asked)]
        finally:
            cluster.end()
    (ROOT / "benchmarks" / "results" / "cluster.md").write_text("\n".join(page) + "\n", encoding="utf-8")
    print("\n".join(page))


def parse_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--audio", type=Path, default=Path(), help="folder of real recordings")
    parser.add_argument("--files", type=int, default=20, help="how many of them")
    parser.add_argument("--model", default="tiny.en", help="name of an installed model")
    parser.add_argument("--rounds", type=int, default=2, help="how often one and two workers are measured")
    parser.add_argument("--pieces", type=int, default=16, help="recordings for that")
    parser.add_argument("--seconds", type=int, default=30, help="how long each of those is")
    parser.add_argument("--talk", nargs=4, help=argparse.SUPPRESS)
    return parser.parse_args()


class Cluster:
    """The machines with their certificates, and what runs on them."""

    def __init__(self, folder: Path, places: dict[str, Place], model: str) -> None:
        self.folder, self.places, self.model = folder, places, model
        init(folder / "certs", NAMES[2:])
        init(folder / "foreign", [])
        shutil.copytree(folder / "certs", folder / "expired")
        init(folder / "expired", ["old"], now=datetime.now(UTC) - timedelta(days=2), days=1)
        self.running: dict[str, Running] = {}
        self.began = time.monotonic()
        self.log: list[str] = []
        self.start("scheduler").wait_for("listens at")
        for name in NAMES[2:]:
            self.start(name).wait_for("takes jobs")

    @property
    def address(self) -> str:
        """The scheduler's."""
        return f"tls://{self.places['scheduler'].address}:{PORT}"

    def start(self, name: str, *arguments: str, core: int | None = None) -> Running:
        """Start the scheduler or a worker."""
        place = self.places[name]
        listen = ("--listen", f"{place.address}:{PORT}", "--certs", str(self.folder / "certs" / name))
        part = ("scheduler",) if name == "scheduler" else ("worker", self.address)
        self.running[name] = self.run(place, "cluster", *part, *listen, *arguments, core=core)
        return self.running[name]

    def run(
        self, place: Place, *arguments: str, core: int | None = None, log: str = "log", work: str = "work"
    ) -> Running:
        """Start the program on a machine."""
        pinned = [] if core is None else ["taskset", "-c", str(core)]
        command = place.command(*pinned, *program(*arguments))
        own = {"HOME": str(place.folder), "XDG_CACHE_HOME": str(place.folder / "cache")}
        own |= {"TRANSCRIBE_MODELS_DIR": str(models()), "PYTHONPATH": str(ROOT)}
        own |= {"TRANSCRIBE_WORK_DIR": str(place.folder / work)}
        return Running(command, clean_environment() | own, place.folder / log, place.folder)

    def batch(self, folder: Path, output: str) -> Running:
        """Start a batch on the cluster."""
        flags = ("--cluster", self.address, "--certs", str(self.folder / "certs" / "submitter"))
        return self.run(
            self.places["submitter"],
            "batch",
            str(folder),
            "-o",
            output,
            *self.options(),
            *flags,
            log=f"{output}.log",
        )

    def options(self) -> tuple[str, ...]:
        """What every batch is asked."""
        return ("-m", self.model, "-f", FORMATS, "--progress", "plain")

    def tell(self, line: str) -> None:
        """Keep a line for the page, with its time."""
        self.log.append(f"{time.monotonic() - self.began:6.0f} s  {line}")
        print(self.log[-1], flush=True)

    def end(self) -> None:
        """Stop all."""
        for each in self.running.values():
            each.stop(signal.SIGKILL)


def disasters(cluster: Cluster, asked: argparse.Namespace) -> Iterator[str]:
    """The first part."""
    listed = {name: place.listening() for name, place in cluster.places.items()}
    yield from listening(cluster, listed)
    yield from refusals(cluster, listed)
    recordings = cluster.folder / "in"
    recordings.mkdir()
    for path in clips(asked.audio)[: asked.files]:
        shutil.copy(path, recordings)
    cluster.began = time.monotonic()
    batch = cluster.batch(recordings, "far")
    follow(cluster, batch)
    counts = json.loads((cluster.places["submitter"].folder / "far" / "report.json").read_bytes())["counts"]
    cluster.tell(f"batch: {batch.said()[-2]}")
    alone = cluster.run(
        cluster.places["submitter"],
        *("batch", str(recordings), "-o", "near", *cluster.options()),
        log="near.log",
        work="alone",
    )
    alone.process.wait()
    yield from compared(cluster, counts)


def clips(folder: Path) -> list[Path]:
    """Recordings of less than half a megabyte that somebody has written down, the largest first."""
    found = [each for each in folder.iterdir() if each.suffix in SOUND and each.with_suffix(".txt").is_file()]
    small = [each for each in found if each.stat().st_size < 500_000]
    return sorted(small, key=lambda each: (-each.stat().st_size, each.name))


SOUND = (".aiff", ".flac", ".m4a", ".mp3", ".mp4", ".opus", ".wav", ".wma")


def follow(cluster: Cluster, batch: Running) -> None:
    """Have things die while the batch goes on, each once something is done and somebody has work."""
    batch.wait_for("written:", 2)
    batch.wait_for("on studio-1", 2)
    cluster.running["studio-1"].stop(signal.SIGKILL)
    cluster.tell("studio-1 is killed (SIGKILL)")
    cluster.start("studio-1").wait_for("takes jobs", 2)
    cluster.tell("studio-1 is started again")
    batch.wait_for("written:", 5)
    name = batch.wait_for("on studio-2").partition(":")[0]
    times = 1 + sum(f"{name}: on studio-1" in line for line in batch.said())
    cluster.places["studio-2"].plug(into=False)
    cut = time.monotonic()
    cluster.tell("the cable of studio-2 is cut")
    batch.wait_for(f"{name}: on studio-1", times)
    cluster.tell(f"what studio-2 had is on studio-1, {time.monotonic() - cut:.0f} s after the cut")
    cluster.running["scheduler"].stop(signal.SIGKILL)
    cluster.tell("the scheduler is killed (SIGKILL)")
    batch.wait_for("waiting for it")
    cluster.start("scheduler").wait_for("listens at", 2)
    cluster.tell("the scheduler is started again")
    batch.wait_for("there again")
    cluster.tell("the submitter has found it")
    cluster.places["studio-2"].plug(into=True)
    cluster.tell(f"the cable of studio-2 is mended, {time.monotonic() - cut:.0f} s after the cut")
    batch.process.wait()
    for line in batch.said():
        if any(part in line for part in ("another machine", "gone", "again", "gets no", "any more")):
            cluster.tell(f"batch: {line}")


def listening(cluster: Cluster, listed: dict[str, set[tuple[str, int]]]) -> Iterator[str]:
    """What `ss -ltn` shows in each namespace."""
    yield "\n## What listens\n\n`ss -ltn` in each namespace, while the cluster runs.\n"
    yield "| machine | listens on |\n|---|---|"
    for name, places in listed.items():
        assert {address for address, _ in places} <= {cluster.places[name].address}, (name, places)
        ports = ", ".join(f"{address}:{port}" for address, port in sorted(places)) or "nothing"
        yield f"| {name} | {ports} |"


def refusals(cluster: Cluster, listed: dict[str, set[tuple[str, int]]]) -> Iterator[str]:
    """Whoever should not be heard asks every port, from the submitter's machine."""
    yield "\n## Who is refused\n\nEach port above was asked from the submitter's machine.\n"
    yield "| shows | answers |\n|---|---|"
    for kind in KINDS:
        answers = []
        for address, port in sorted(place for places in listed.values() for place in places):
            command = [sys.executable, "-m", "benchmarks.cluster", "--talk", kind, address, str(port)]
            command = cluster.places["submitter"].command(*command, str(cluster.folder))
            done = subprocess.run(command, check=True, cwd=ROOT, capture_output=True, text=True)
            answers.append(done.stdout.strip())
        assert set(answers) <= {"refused"}, answers
        yield f"| {kind} | refused by all {len(answers)} |"


def talk(kind: str, address: str, port: str, folder: str) -> str:
    """What a port answers to whoever should not be heard."""
    request = b"GET /blobs/" + b"0" * 64 + b" HTTP/1.1\r\nHost: x\r\n\r\n"
    certificates = {"a foreign certificate": "foreign/submitter", "an expired certificate": "expired/old"}
    try:
        with socket.create_connection((address, int(port)), 20) as plain:
            plain.settimeout(20)
            if kind == "no TLS":
                plain.sendall(request)
                heard = plain.recv(100)
                return "refused" if not heard or heard.startswith(b"\x15\x03") else repr(heard)
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            if kind in certificates:
                own = Path(folder) / certificates[kind]
                context.load_cert_chain(own / "cert.pem", own / "key.pem")
            with context.wrap_socket(plain) as secure:
                secure.sendall(request)
                heard = secure.recv(100)
    except (ssl.SSLError, ConnectionError):
        return "refused"
    return repr(heard) if heard else "refused"


def compared(cluster: Cluster, counts: dict[str, int]) -> Iterator[str]:
    """Whether every file is there once, and that of one machine."""
    far, near = (files(cluster.places["submitter"].folder / name) for name in ("far", "near"))
    assert far.keys() == near.keys(), far.keys() ^ near.keys()
    differ = [name for name, content in far.items() if near[name] != content]
    assert not differ, differ
    chain = cluster.places["submitter"].folder / "far" / ".transcribe"
    manifests = [json.loads(path.read_bytes()) for path in chain.glob("*.json")]
    by = [each["predicate"]["buildDefinition"]["internalParameters"]["machine"] for each in manifests]
    numbers = [
        each["predicate"]["runDetails"]["byproducts"][3]["annotations"]["number"] for each in manifests
    ]
    assert sorted(numbers) == list(range(1, len(manifests) + 1))  # each was published once
    yield "\n## A worker killed, a cable cut, the scheduler killed\n\n```text"
    yield from cluster.log
    yield "```\n"
    done = ", ".join(f"{number} {status}" for status, number in counts.items())
    yield f"Report: {done}. Manifests: {len(manifests)}, each recording published once; recognised by "
    yield f"{', '.join(f'{name} ({by.count(name)})' for name in sorted(set(by)))}."
    yield f"{len(far)} files, all equal to those of `batch` on one machine, byte by byte."


def files(folder: Path) -> dict[str, bytes]:
    """Every file that was published."""
    return {
        path.name: path.read_bytes()
        for path in folder.iterdir()
        if path.is_file() and path.name != "report.json"
    }


def speed(cluster: Cluster, asked: argparse.Namespace) -> Iterator[str]:
    """The second part."""
    if not asked.rounds:
        return
    for name in NAMES[2:]:
        cluster.running[name].stop()
    record(cluster.folder / "pieces", asked.pieces, asked.seconds)
    found: dict[int, list[float]] = {1: [], 2: []}
    for number in range(asked.rounds):
        for workers in (1, 2, 2, 1) if number % 2 == 0 else (2, 1, 1, 2):
            found[workers].append(timed(cluster, workers, f"{number}-{len(found[workers])}-{workers}"))
    yield "\n## Two workers of one core against one\n"
    yield f"{asked.pieces} recordings of {asked.seconds} s, workers held to a core each (`taskset`),"
    yield "in turns; the scheduler and the submitter share these cores.\n"
    yield "| workers | seconds | median | × real time |\n|---|---|---|---|"
    for workers, seconds in found.items():
        times = ", ".join(f"{each:.1f}" for each in seconds)
        real = asked.pieces * asked.seconds / median(seconds)
        yield f"| {workers} | {times} | {median(seconds):.1f} | {real:.1f} |"
    yield f"\n**{median(found[1]) / median(found[2]):.2f} ×**"


def timed(cluster: Cluster, workers: int, name: str) -> float:
    """Seconds of a batch on so many workers of one core, from the first recording that is sent to the end."""
    for core, machine in enumerate(NAMES[2 : 2 + workers]):
        place = cluster.places[machine]
        (place.folder / "log").unlink()
        cluster.start(machine, "--workers", "1", "--threads", "1", core=core).wait_for("takes jobs")
    batch = cluster.batch(cluster.folder / "pieces", name)
    batch.wait_for("on studio-")
    began = time.monotonic()
    assert batch.process.wait() == 0, batch.said()
    took = time.monotonic() - began
    shutil.rmtree(cluster.places["submitter"].folder / "work")
    for machine in NAMES[2 : 2 + workers]:
        cluster.running[machine].stop()
    print(f"{workers} workers: {took:.1f} s", flush=True)
    return took


def head(asked: argparse.Namespace, load: float) -> Iterator[str]:
    """The top of the page."""
    machine = this_machine()
    yield "# A batch on four machines\n"
    yield f"`python -m benchmarks.cluster --audio DIR --files {asked.files} --model {asked.model}`, commit "
    yield f"{code_version(ROOT)}. The machines are network namespaces with one bridge on one machine:"
    yield f"{machine.processor}, {machine.cores} cores, {machine.memory_gb} GB; {machine.system}."
    yield f"Load of the machine before it began: {load:.1f}; from 0.5 on, other programs disturb the times."


if __name__ == "__main__":
    main()
