"""`transcribe watch` as it runs: real processes, real signals, a real model."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
from desk import PATIENCE_SECONDS, Desk, heed_interrupts
from warm import COLD

from transcribe.jobs.queue import PENDING, Queue, State

pytestmark = pytest.mark.real
QUICK = ("--settle", "0.5", "--settle-unsure", "1.5", "--settle-open", "4", "--min-free", "0", "-f", "txt")


@dataclass
class Place:
    """A watched folder on a desk."""

    desk: Desk
    watcher: subprocess.Popen[str] | None = None

    def __post_init__(self) -> None:
        (self.desk.folder / "in").mkdir()

    @property
    def inbox(self) -> Path:
        return self.desk.folder / "in"

    @property
    def out(self) -> Path:
        return self.desk.folder / "out"

    def arguments(self, *more: str) -> list[str]:
        return ["watch", "in", "--out", "out", "--model", "tiny.en", *QUICK, *more]

    def drop(self, name: str, clip: Path, extra: int = 0) -> Path:
        """A copy of a recording; with another number, another content: its last samples are left out."""
        path = self.inbox / name
        path.parent.mkdir(parents=True, exist_ok=True)
        sound = clip.read_bytes()
        kept = len(sound) - 2 * extra
        header = bytearray(sound[:kept])
        data = header.index(b"data") + 4
        header[4:8] = (kept - 8).to_bytes(4, "little")
        header[data : data + 4] = (kept - data - 4).to_bytes(4, "little")
        path.write_bytes(header)
        return path

    def queue(self) -> Queue:
        return Queue(self.out / ".watch" / "ledger.sqlite")

    def states(self) -> dict[str, State]:
        if not (self.out / ".watch" / "ledger.sqlite").exists():
            return {}
        queue = self.queue()
        try:
            return {job.name: job.state for job in queue.jobs()}
        finally:
            queue.close()

    def times(self, name: str, state: str) -> int:
        queue = self.queue()
        try:
            return sum(moment.state == state for moment in queue.history(name))
        finally:
            queue.close()

    @contextmanager
    def watching(self, *more: str) -> Iterator[subprocess.Popen[str]]:
        with subprocess.Popen(
            [*COLD, *self.arguments(*more)],
            cwd=self.desk.folder,
            env=self.desk.environment,
            stdin=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            preexec_fn=heed_interrupts,  # noqa: PLW1509 - this process has no threads
        ) as child:
            self.watcher = child
            try:
                yield child
            finally:
                if child.poll() is None:
                    os.killpg(child.pid, signal.SIGKILL)

    def until(self, wanted: Callable[[dict[str, State]], bool]) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not wanted(self.states()):
            assert time.monotonic() < deadline, self.states()
            assert self.watcher is not None
            assert self.watcher.poll() is None, self.watcher.stderr and self.watcher.stderr.read()
            time.sleep(0.05)


@pytest.fixture
def place(desk: Desk) -> Place:
    return Place(desk)


def all_done(count: int) -> Callable[[dict[str, State]], bool]:
    return lambda states: len(states) == count and not any(state in PENDING for state in states.values())


def test_a_folder_once_through(place: Place, clip: Path) -> None:
    place.drop("dzień 1/gość.wav", clip)
    place.drop("double.wav", clip)
    (place.inbox / "broken.wav").write_bytes(b"no sound" * 100)
    (place.inbox / "take.wav.part").write_bytes(b"half")
    (place.inbox / "link.wav").symlink_to(clip)
    hook = place.desk.folder / "told"
    command = f"sh -c 'cat >> {hook}'"
    outcome = place.desk.run(*place.arguments("--once", "--on-done", command, "--on-failed", command))
    assert outcome.code == 0, outcome.stderr
    states = place.states()
    assert {states["dzień 1/gość.wav"], states["double.wav"]} == {State.DONE, State.DUPLICATE}
    assert (states["broken.wav"], states["link.wav"]) == (State.FAILED, State.REFUSED)
    (text,) = [path for path in place.out.rglob("*.txt") if "failed" not in path.parts]
    assert "best of times" in text.read_text()
    assert "not a sound or video file" in (place.out / "failed" / "broken.wav.error.txt").read_text()
    told = [json.loads(line) for line in hook.read_text().splitlines()]
    assert {(each["event"], each["name"]) for each in told} >= {("failed", "broken.wav")}
    assert len(told) == 2
    status = json.loads(place.desk.run("watch", "status", "--out", "out", "--json").stdout)
    assert (status["running"], status["counts"]["done"]) == (False, 1)
    assert place.inbox.joinpath("take.wav.part").read_bytes() == b"half"


def test_what_makes_no_sense_ends_at_once_with_its_exit_code(place: Place) -> None:
    assert "lies inside" in place.desk.refuses(2, "watch", "in", "--out", "in/out", "--model", "tiny.en")
    outcome = place.desk.run("watch", "in", "--out", "out", "--model", "no-such-model")
    assert (outcome.code, "no-such-model" in outcome.error()) == (5, True)
    outcome = place.desk.run("watch", "nothing", "--out", "out")
    assert outcome.code == 3
    outcome = place.desk.run("watch", "in", "--out", "out", "--webhook", "http://example.com/")
    assert (outcome.code, "--webhook-host" in outcome.error()) == (2, True)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_is_graceful_and_only_one_watcher_has_the_ledger(
    place: Place, clip: Path, number: signal.Signals
) -> None:
    with place.watching() as child:
        place.drop("a.wav", clip)
        place.until(lambda states: states.get("a.wav") is State.WORKING)
        other = place.desk.run(*place.arguments(), busy=True)
        assert (other.code, "another watcher" in other.error()) == (2, True)
        family = psutil.Process(child.pid).children(recursive=True)
        child.send_signal(number)
        _, said = child.communicate(timeout=PATIENCE_SECONDS)
    assert child.returncode == 128 + number
    assert "stopped; the next start goes on here" in said
    assert psutil.wait_procs(family, timeout=30)[1] == []
    assert "Traceback" not in said
    # The transcriber is killed, perhaps while it writes: the next run sweeps that, and is checked for it.
    assert place.states() in ({"a.wav": State.READY}, {"a.wav": State.DONE})
    place.desk.run(*place.arguments("--once"))
    assert place.states() == {"a.wav": State.DONE}


def test_a_recorder_that_keeps_its_file_open_and_one_that_renames(place: Place, clip: Path) -> None:
    whole = clip.read_bytes()
    with place.watching("--settle-open", "600"):
        with (place.inbox / "held.wav").open("wb", buffering=0) as recorder:
            recorder.write(whole[: len(whole) // 2])
            place.drop("other.wav.part", clip, 1).rename(place.inbox / "other.wav")
            place.until(lambda states: states.get("other.wav") is State.DONE)
            assert place.states()["held.wav"] is State.WAITING
            recorder.write(whole[len(whole) // 2 :])
        place.until(lambda states: states.get("held.wav") is State.DONE)
    assert place.times("held.wav", "done") == 1
    assert "worst of times" in (place.out / "held.txt").read_text()


def test_retry_while_the_watcher_runs_and_a_file_that_comes_back_longer(place: Place, clip: Path) -> None:
    whole = clip.read_bytes()
    with place.watching():
        (place.inbox / "a.wav").write_bytes(whole[:30])
        place.until(lambda states: states.get("a.wav") is State.FAILED)
        assert (place.out / "failed" / "a.wav.error.txt").exists()
        assert place.desk.run("watch", "retry", "--out", "out").code == 0
        place.until(lambda states: place.times("a.wav", "failed") == 2)
        (place.inbox / "a.wav").write_bytes(whole)
        place.until(lambda states: states.get("a.wav") is State.DONE)
    assert not (place.out / "failed" / "a.wav.error.txt").exists()


def test_the_process_that_transcribes_is_killed_over_several_files(place: Place, clip: Path) -> None:
    for number in range(4):
        place.drop(f"{number}.wav", clip, number)
    with place.watching() as child:
        place.until(lambda states: list(states.values()).count(State.WORKING) > 1)
        (process,) = [
            each for each in psutil.Process(child.pid).children() if "spawn_main" in " ".join(each.cmdline())
        ]
        process.kill()
        place.until(all_done(4))
        child.send_signal(signal.SIGTERM)
        _, said = child.communicate(timeout=PATIENCE_SECONDS)
    assert "died (SIGKILL); each of these is tried again, alone" in said
    assert set(place.states().values()) == {State.DONE}
    assert {place.times(f"{number}.wav", "done") for number in range(4)} == {1}
    assert {place.times(f"{number}.wav", "retrying") for number in range(4)} == {0}


@pytest.mark.slow
def test_killed_again_and_again_each_file_is_done_once(place: Place, clip: Path) -> None:
    good = [place.drop(f"day {number % 3}/take {number:02}.wav", clip, number) for number in range(16)]
    doubles = [place.drop(f"double {number}.wav", clip, number) for number in range(2)]
    for number in range(2):
        (place.inbox / f"broken {number}.wav").write_bytes(bytes([number + 1]) * 5000)
    before = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in [*good, *doubles]}
    for kill in range(3):
        with place.watching() as child:
            place.until(lambda states, kill=kill: list(states.values()).count(State.DONE) >= 4 * kill + 1)  # type: ignore[misc]
            family = psutil.Process(child.pid).children(recursive=True)
            child.kill()
            child.communicate()
            assert psutil.wait_procs(family, timeout=30)[1] == []
    with place.watching():
        place.until(all_done(20))
    states = place.states()
    assert [list(states.values()).count(each) for each in (State.DONE, State.DUPLICATE, State.FAILED)] == [
        16,
        2,
        2,
    ]
    done = [name for name, state in states.items() if state is State.DONE]
    assert {place.times(name, "done") for name in done} == {1}
    assert {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in before} == before
    texts = [path for path in place.out.rglob("*.txt") if "failed" not in path.parts]
    assert len(texts) == 16
    assert place.desk.temporary_files() == []
