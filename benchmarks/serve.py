"""The server: kills during jobs, overhead over the bare recipe, whose turn it is, clients that stall.

    python -m benchmarks.serve [--model tiny.en] [--jobs 20] [--kills 10]
                               [--only kills|overhead|turns|stalled]

Writes `benchmarks/results/serve.md` from what this and earlier runs have put into `serve.json` beside it.
The recordings are cut from the sample. Ten minutes on two cores.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import random
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

import httpx2
import imageio_ffmpeg
import psutil

from benchmarks.machine import this_machine

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "benchmarks" / "results"
SAMPLE = ROOT / "samples" / "two-voices.flac"
PARTS = ("kills", "overhead", "turns", "stalled")
FORMATS = ("json", "srt")
PATIENCE_S = 600
IDLE_S = 60


class Server:
    """A running server and a client of it."""

    def __init__(self, folder: Path, model: str, *more: str) -> None:
        log = (folder / "log").open("a+b")
        before = (folder / "log").read_text("utf-8").count("serving ")
        command = [
            sys.executable,
            "-P",
            "-m",
            "transcribe",
            "serve",
            "--port",
            "0",
            "--data",
            "data",
            "-m",
            model,
            *more,
        ]
        environment = {name: value for name, value in os.environ.items() if name != "TRANSCRIBE_WORK_DIR"}
        self.process = subprocess.Popen(
            command, cwd=folder, env=environment, stderr=log, start_new_session=True
        )
        log.close()
        lines: list[str] = []
        while len(lines) <= before:
            time.sleep(0.05)
            assert self.process.poll() is None, (folder / "log").read_text("utf-8")
            told = (folder / "log").read_text("utf-8").splitlines()
            lines = [each for each in told if each.startswith("serving ")]
        self.url = lines[-1].partition(" on ")[2].partition("/v1")[0]
        self.client = httpx2.Client(base_url=self.url, timeout=PATIENCE_S)

    def ask(self, path: Path) -> float:
        """Seconds until the speech API answers."""
        started = time.perf_counter()
        with path.open("rb") as file:
            answer = self.client.post("/v1/audio/transcriptions", files={"file": (path.name, file)})
        answer.raise_for_status()
        return time.perf_counter() - started

    def submit(self, path: Path, key: str = "") -> str:
        with path.open("rb") as file:
            answer = self.client.post("/v1/jobs", files={"file": (path.name, file)}, headers=authorised(key))
        answer.raise_for_status()
        return str(answer.json()["id"])

    def states(self, key: str = "") -> dict[str, str]:
        """The states of a client's jobs."""
        answer = self.client.get("/v1/jobs", params={"limit": 200}, headers=authorised(key))
        return {each["id"]: each["state"] for each in answer.json()["data"]}

    def until(self, name: str, state: str, key: str = "") -> None:
        started = time.monotonic()
        while self.states(key)[name] != state:
            assert time.monotonic() < started + PATIENCE_S
            time.sleep(0.05)

    def end(self, number: int) -> None:
        self.client.close()
        self.process.send_signal(number)
        self.process.wait()


def authorised(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"} if key else {}


@contextmanager
def serving(folder: Path, model: str, *more: str) -> Iterator[Server]:
    server = Server(folder, model, *more)
    try:
        yield server
    finally:
        server.end(signal.SIGTERM)


def cut(path: Path, start: float, seconds: float, loops: int = 0, more: Sequence[str] = ()) -> Path:
    """A recording cut from the sample.

    Args:
        more: Of ffmpeg: what is done with it then.
    """
    command = [
        imageio_ffmpeg.get_ffmpeg_exe(),
        "-v",
        "error",
        "-y",
        "-stream_loop",
        str(loops),
        "-i",
        str(SAMPLE),
    ]
    subprocess.run([*command, "-ss", str(start), "-t", str(seconds), *more, str(path)], check=True)
    return path


def kills(folder: Path, model: str, jobs: int, times: int) -> dict[str, Any]:
    """Kill the server at random moments while jobs are done; compare with the command line's bytes."""
    paths = [cut(folder / f"{number:02}.wav", number, 8 + number % 10) for number in range(jobs)]
    command = [
        sys.executable,
        "-P",
        "-m",
        "transcribe",
        *map(str, paths),
        "-m",
        model,
        "-o",
        str(folder / "out"),
        "-q",
    ]
    command += [part for name in FORMATS for part in ("-f", name)]
    subprocess.run(command, check=True, env={**os.environ, "TRANSCRIBE_WORK_DIR": str(folder / "alone")})
    with ExitStack() as stack:
        return killing(stack, folder, model, paths, times)


def killing(stack: ExitStack, folder: Path, model: str, paths: list[Path], times: int) -> dict[str, Any]:
    """Kill servers, one after the other, and compare what the last one has."""
    server = Server(folder, model)
    stack.callback(lambda: server.end(signal.SIGTERM))
    names: dict[Path, str] = {}
    killed: list[int] = []
    submitted = iter(paths)
    while len(killed) < times:
        for path in islice(submitted, 4):
            names[path] = server.submit(path)
        time.sleep(random.uniform(0.5, 4))  # noqa: S311 - moments, no secrets
        states = [*server.states().values()]
        server.end(signal.SIGKILL)
        killed.append(states.count("done"))
        server = Server(folder, model)
    names |= {path: server.submit(path) for path in submitted}
    until = time.monotonic() + PATIENCE_S
    while True:
        listed = server.states()
        if set(listed.values()) == {"done"}:
            break
        assert time.monotonic() < until, listed
        time.sleep(0.2)
    same = 0
    for path, name in names.items():
        results = [server.client.get(f"/v1/jobs/{name}/results/{each}").content for each in FORMATS]
        same += results == [(folder / "out" / f"{path.stem}.{each}").read_bytes() for each in FORMATS]
    return {"jobs": len(paths), "kills": times, "done_at_kills": killed, "listed": len(listed), "same": same}


def overhead(folder: Path, model: str) -> dict[str, Any]:
    """One-minute recordings by the server, and in turn with it by the bare recipe with its model warm."""
    from transcribe.core.settings import Settings
    from transcribe.jobs.assemble.run import assemble
    from transcribe.jobs.plan import plan_jobs
    from transcribe.jobs.run_one import transcribe_one
    from transcribe.jobs.warm import kept_loaded
    from transcribe.pipeline.suspend import to_the_end

    paths = [cut(folder / f"{number}.wav", number, 60, loops=2) for number in range(8)]
    os.environ["TRANSCRIBE_WORK_DIR"] = str(folder / "alone")
    settings = Settings.of(model=model, output=str(folder / "bare"), formats=("json",))
    served, bare = [], []
    with serving(folder, model) as server, kept_loaded(assemble(settings, lambda _: None)) as run:
        process = psutil.Process(server.process.pid)
        for path, job in zip(paths, plan_jobs(list(map(str, paths)), settings), strict=True):
            served.append(server.ask(path))
            if len(served) == 1:
                children = process.children()
            started = time.perf_counter()
            to_the_end(transcribe_one(job, run))
            bare.append(time.perf_counter() - started)
        again = server.ask(paths[0])
        loads_once = children == process.children()
    pairs = [*zip(served, bare, strict=True)][2:]
    return {
        "first": served[0],
        "served": statistics.median(served[2:]),
        "bare": statistics.median(bare[2:]),
        "more": statistics.median(one - other for one, other in pairs),
        "percent": 100 * (statistics.median(one / other for one, other in pairs) - 1),
        "pairs": len(pairs),
        "again": again,
        "loads_once": loads_once,
    }


def turns(folder: Path, model: str, count: int = 20) -> dict[str, Any]:
    """One client's long jobs, then another's short one; then the one that is worked on is cancelled."""
    paths = [cut(folder / f"{number:02}.flac", number, 300, loops=20) for number in range(count)]
    short = cut(folder / "short.wav", 3, 20)
    keys = {name: new_key(folder, name) for name in "AB"}
    with serving(folder, model, "--key") as server:
        process = psutil.Process(server.process.pid)
        long = [server.submit(path, keys["A"]) for path in paths]
        until = time.monotonic() + PATIENCE_S
        while "working" not in server.states(keys["A"]).values():
            assert time.monotonic() < until
            time.sleep(0.05)
        started = time.perf_counter()
        server.until(server.submit(short, keys["B"]), "done", keys["B"])
        took = time.perf_counter() - started
        done = [*server.states(keys["A"]).values()].count("done")
        while "working" not in server.states(keys["A"]).values():
            assert time.monotonic() < until
            time.sleep(0.05)
        time.sleep(2)  # it is at work
        states = server.states(keys["A"])
        working = next(each for each in long if states[each] == "working")
        for each in long:
            if each != working:
                server.client.delete(f"/v1/jobs/{each}", headers=authorised(keys["A"]))
        started = time.perf_counter()
        server.client.post(f"/v1/jobs/{working}/cancel", headers=authorised(keys["A"])).raise_for_status()
        cancelled = time.perf_counter() - started
        assert not [each for each in process.children() if "spawn_main" in " ".join(each.cmdline())]
    return {"long": count, "short": took, "done": done, "cancelled": cancelled}


def new_key(folder: Path, name: str) -> str:
    """A key of the server's folder."""
    command = [sys.executable, "-P", "-m", "transcribe", "serve", "--data", "data", "--new-key", name]
    done = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout.split()[-1]


def stalled(folder: Path, model: str, count: int = 100) -> dict[str, Any]:
    """An idle server; then uploads that stall and clients that do not read, beside a healthy one."""
    paths = [cut(folder / f"{number}.wav", number, 20) for number in range(12)]
    done = cut(folder / "done.flac", 0, 300, loops=20)
    head = (
        b"POST /v1/jobs HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n"
        b"Content-Type: multipart/form-data; boundary=B\r\n\r\n"
    )
    body = b'--B\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n' + bytes(60_000)
    with serving(folder, model) as server:
        process = psutil.Process(server.process.pid)
        family = [process, *process.children(recursive=True)]
        idle_mb = sum(each.memory_info().rss for each in family) / 1e6
        before = process.cpu_times()
        time.sleep(IDLE_S)
        after = process.cpu_times()
        core = 100 * (after.user + after.system - before.user - before.system) / IDLE_S
        name = server.submit(done)
        server.until(name, "done")
        server.client.get(f"/v1/jobs/{name}/results/json").raise_for_status()
        server.ask(paths[0])
        alone = [server.ask(each) for each in paths[1:4]]
        memory = process.memory_info().rss
        address = ("127.0.0.1", int(server.url.rpartition(":")[2]))
        connections = [socket.create_connection(address) for _ in range(count)]
        for each in connections:
            each.sendall(head + b"%x\r\n" % len(body) + body + b"\r\n")
        uploads = statistics.median(server.ask(each) for each in paths[4:6])
        connections += [
            slow_reader(address, name, ("results/json", "events")[number % 2]) for number in range(count)
        ]
        readers = statistics.median(server.ask(each) for each in paths[6:9])
        more = (process.memory_info().rss - memory) / 1e6
        for each in connections:
            each.close()
        alone += [server.ask(each) for each in paths[9:12]]  # before and after: machines are not quiet
    return {
        "idle_mb": idle_mb,
        "core": core,
        "alone": statistics.median(alone),
        "uploads": uploads,
        "readers": readers,
        "more_mb": more,
        "count": count,
    }


def slow_reader(address: tuple[str, int], name: str, what: str) -> socket.socket:
    """A client that asks and reads nothing."""
    reader = socket.socket()
    reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    reader.connect(address)
    reader.sendall(f"GET /v1/jobs/{name}/{what} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    return reader


def main() -> None:
    """Measure what is asked for and write the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--model", default="tiny.en", help="name of an installed model")
    parser.add_argument("--jobs", type=int, default=20)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--only", action="append", choices=PARTS)
    asked = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # and no server is left behind
    kept = RESULTS / "serve.json"
    found: dict[str, Any] = json.loads(kept.read_text("utf-8")) if kept.exists() else {}
    for part in asked.only or PARTS:
        with tempfile.TemporaryDirectory(prefix="serve-", ignore_cleanup_errors=True) as name:
            folder = Path(name)
            if part == "kills":
                result = kills(folder, asked.model, asked.jobs, asked.kills)
            else:
                result = {"overhead": overhead, "turns": turns, "stalled": stalled}[part](folder, asked.model)
        found[part] = {"model": asked.model, "machine": dataclasses.asdict(this_machine()), **result}
        kept.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    page = "\n".join(lines_of(found)) + "\n"
    (RESULTS / "serve.md").write_text(page, encoding="utf-8")
    print(page)


def lines_of(found: dict[str, Any]) -> Iterator[str]:
    """The page."""
    yield "# The server\n\nMade by `python -m benchmarks.serve`; every recording is cut from the sample.\n"
    for part in PARTS:
        if part in found:
            machine = found[part]["machine"]
            where = f"{machine['cores']} cores, {machine['processor']}, {machine['system']}"
            yield f"Part `{part}`: model `{found[part]['model']}`; {where}.  "
    yield "\n| figure | measured |\n|---|---|"
    if each := found.get("kills"):
        what = f"{each['kills']} SIGKILLs during {each['jobs']} jobs"
        yield f"| {what}: results with the command line's bytes | {each['same']} |"
        yield f"| jobs listed afterwards | {each['listed']} |"
        yield f"| jobs done when it was killed | {', '.join(map(str, each['done_at_kills']))} |"
    if each := found.get("overhead"):
        yield f"| one minute, model warm: by the server, median of {each['pairs']} | {each['served']:.2f} s |"
        yield f"| the same without a server, in turn with it | {each['bare']:.2f} s |"
        yield f"| overhead, median of the pairs | {each['percent']:+.1f} %, {each['more']:+.2f} s |"
        yield f"| the first one, which loads the model | {each['first']:.2f} s |"
        yield f"| the same recording once more | {each['again']:.2f} s |"
        yield f"| the model is loaded once | {'yes' if each['loads_once'] else 'no'} |"
    if each := found.get("turns"):
        what = f"{each['long']} jobs of 5 minutes by A, then 20 s by B: B has its answer after"
        yield f"| {what} | {each['short']:.1f} s |"
        yield f"| jobs of A that were done by then | {each['done']} |"
        yield f"| a job that is worked on is cancelled, its process gone, after | {each['cancelled']:.2f} s |"
    if each := found.get("stalled"):
        yield f"| idle server, without a model: memory | {each['idle_mb']:.0f} MB |"
        yield f"| idle server: of a core, over {IDLE_S} s | {each['core']:.2f} % |"
        yield f"| 20 s of speech, alone | {each['alone']:.2f} s |"
        ratio = each["uploads"] / each["alone"]
        yield f"| the same beside {each['count']} stalled uploads | {each['uploads']:.2f} s, × {ratio:.2f} |"
        ratio = each["readers"] / each["alone"]
        what = f"the same beside these and {each['count']} clients that do not read"
        yield f"| {what} | {each['readers']:.2f} s, × {ratio:.2f} |"
        yield f"| memory of the server for all of them | {each['more_mb']:+.1f} MB |"


if __name__ == "__main__":
    main()
