"""SIGKILL at random moments: the same command goes on, and nobody can tell from the result."""

from __future__ import annotations

import json
import os
import random
import secrets
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from desk import SAMPLE, make_media

from transcribe.models.installed import InstalledModel

KILLS = 6


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A minute of the sample: several chunks."""
    path = tmp_path_factory.mktemp("recording") / "long.flac"
    make_media(path, "-i", str(SAMPLE), "-t", "60")
    return path


def start(recording: Path, folder: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "transcribe", str(recording), "-m", "tiny.en", "-o", str(folder / "out")]
    return subprocess.Popen(
        [*command, "--progress", "json"],
        env=os.environ | {"TRANSCRIBE_WORK_DIR": str(folder / "work")},
        stderr=subprocess.PIPE,
        text=True,
    )


def outputs(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (folder / "out").iterdir()}


def finish(process: subprocess.Popen[str]) -> list[dict[str, object]]:
    _, told = process.communicate()
    assert process.returncode == 0, told
    return [json.loads(line) for line in told.splitlines()]


def kill_after(process: subprocess.Popen[str], seconds: float) -> bool:
    """Kill the process and nothing else, as a crash would; whether it was still running."""
    workers = []
    try:
        process.wait(timeout=seconds)
    except subprocess.TimeoutExpired:
        workers = psutil.Process(process.pid).children(recursive=True)
        process.kill()
    process.communicate()
    _, alive = psutil.wait_procs(workers, timeout=30)
    assert not alive, "workers outlived the program"
    return process.returncode != 0


@pytest.mark.real
@pytest.mark.slow
def test_killed_at_random_moments(recording: Path, tiny_en_model: InstalledModel, tmp_path: Path) -> None:
    undisturbed = tmp_path / "undisturbed"
    disturbed = tmp_path / "disturbed"
    finish(start(recording, undisturbed))

    seed = secrets.randbelow(1 << 30)
    moments = random.Random(seed)  # noqa: S311 - no secret
    print("seed", seed)  # noqa: T201 - to repeat a failure
    killed = sum(kill_after(start(recording, disturbed), moments.uniform(0.2, 3.0)) for _ in range(KILLS))

    events = finish(start(recording, disturbed))
    assert killed > 0
    assert outputs(disturbed) == outputs(undisturbed)
    done = [event for event in events if event["event"] == "stage_advanced" and event["stage"] == "recognise"]
    assert done[0]["done_ms"] == done[0]["resumed_ms"]
    assert not list(disturbed.rglob("*.tmp"))


@pytest.mark.real
def test_a_finished_job_answers_without_the_model(
    tiny_en_model: InstalledModel, clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRANSCRIBE_ENGINE", "whisper.cpp")
    finish(start(clip, tmp_path))
    before = outputs(tmp_path)
    store = tmp_path / "models" / "tiny.en"
    store.mkdir(parents=True)
    (store / "model.json").write_bytes((tiny_en_model.path.parent / "model.json").read_bytes())
    (store / tiny_en_model.path.name).write_bytes(b"not a model: it must not be read")
    monkeypatch.setenv("TRANSCRIBE_MODELS_DIR", str(tmp_path / "models"))
    finish(start(clip, tmp_path))
    assert outputs(tmp_path) == before
