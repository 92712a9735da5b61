"""`transcribe redact` killed, or without room: originals untouched, and the next run ends well."""

from __future__ import annotations

import os
import random
import secrets
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from desk import SAMPLE, Desk, mounted
from warm import COLD

from transcribe.core.errors import OutputError

pytestmark = pytest.mark.real

KILLS = 15
COMMAND = ("redact", "talk.json", "--words", "wisdom")


@pytest.fixture
def ready(desk: Desk) -> Iterator[Desk]:
    """A recording and its transcript, which are the same in the end."""
    desk.media("talk.wav", "-i", str(SAMPLE), "-t", "12.123", "-ar", "48000", "-ac", "2")
    desk.transcribe("talk.wav", "-q", "-f", "json")
    before = originals(desk)
    yield desk
    assert originals(desk) == before


def originals(desk: Desk) -> list[tuple[bytes, int]]:
    paths = [desk.folder / name for name in ("talk.wav", "talk.json")]
    return [(path.read_bytes(), path.stat().st_mtime_ns) for path in paths]


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()} if folder.is_dir() else {}


@pytest.mark.slow
def test_killed_at_random_moments(ready: Desk) -> None:
    begun = time.monotonic()
    assert ready.run(*COMMAND, "-o", "undisturbed").code == 0
    seconds = time.monotonic() - begun
    whole = files(ready.folder / "undisturbed")
    before = sorted(ready.work.iterdir())
    seed = secrets.randbelow(1 << 30)
    moments = random.Random(seed)  # noqa: S311 - no secret
    print("seed", seed, "seconds", seconds)  # noqa: T201 - to repeat a failure
    killed = sum(kill_after(ready, moments.uniform(0.1, seconds)) for _ in range(KILLS))
    assert killed > KILLS // 2
    done = ready.run(*COMMAND, "-o", "out", "--force")
    assert done.code == 0, done.stderr
    assert files(ready.folder / "out") == whole
    assert sorted(ready.work.iterdir()) == before


def kill_after(desk: Desk, seconds: float) -> bool:
    """Kill a run and nothing else, as a crash would, and see that files are whole; whether it still ran."""
    process = subprocess.Popen(
        [*COLD, *COMMAND, "-o", "out", "--force"],
        cwd=desk.folder,
        env=desk.environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    family = []
    try:
        process.wait(timeout=seconds)
    except subprocess.TimeoutExpired:
        family = psutil.Process(process.pid).children(recursive=True)
        process.kill()
    process.communicate()
    _, alive = psutil.wait_procs(family, timeout=60)
    assert not alive, "children outlived the program"
    whole = files(desk.folder / "undisturbed")
    for name, content in files(desk.folder / "out").items():
        assert name.endswith(".tmp") or content == whole[name]
    return process.returncode != 0


def test_a_full_disk_for_the_results(ready: Desk) -> None:
    assert ready.run(*COMMAND, "-o", "whole").code == 0
    pages = -(-(ready.folder / "whole" / "talk.wav").stat().st_size // 4096)
    with mounted(ready.folder / "disk", "size=1m") as remount:
        said = ready.refuses(OutputError.exit_code, *COMMAND, "-o", "disk")
        assert "the disk is full" in said
        assert os.listdir(ready.folder / "disk") == []  # noqa: PTH208
        remount(f"size={4 * (pages + 2)}k")  # the copy, and not all texts
        said = ready.refuses(OutputError.exit_code, *COMMAND, "-o", "disk")
        assert "the disk is full" in said
        remount("size=8m")
        assert ready.run(*COMMAND, "-o", "disk").code == 0
        assert files(ready.folder / "disk") == files(ready.folder / "whole")


def test_a_full_disk_for_the_proof(ready: Desk) -> None:
    with mounted(ready.folder / "small", "size=128k") as remount:
        ready.environment["TRANSCRIBE_WORK_DIR"] = str(ready.folder / "small")
        said = ready.refuses(OutputError.exit_code, *COMMAND, "-o", "out")
        assert "the disk is full" in said
        assert not (ready.folder / "out").exists()
        remount("size=8m")
        assert ready.run(*COMMAND, "-o", "out").code == 0
        assert os.listdir(ready.folder / "small") == []  # noqa: PTH208


@pytest.mark.skipif(os.name != "posix", reason="only POSIX limits the size of a file")
def test_a_copy_larger_than_files_may_be(ready: Desk) -> None:
    limited = ("prlimit", f"--fsize={1 << 20}")
    said = ready.refuses(OutputError.exit_code, *COMMAND, "-o", "out", prefix=limited)
    assert "writing into out failed: File too large" in said
