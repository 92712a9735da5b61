"""The program that is forked instead of started: it cannot be told from one that was started."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
import warm
from desk import PATIENCE_SECONDS, Desk
from warm import COLD

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the program is started"),
]


def stub(desk: Desk, script: str) -> str:
    """An ffmpeg that writes down who started it, and then does this."""
    path = desk.folder / "stub"
    path.write_text(f"#!/bin/sh\ncd '{desk.folder}'\necho $PPID > pid.new\nmv pid.new pid\n{script}\n")
    path.chmod(0o755)
    return str(path)


@pytest.mark.parametrize(
    "arguments", [["gone.mp3"], ["config", "show", "--json"], ["--nonsense"], ["-", "-o", "-"]], ids=" ".join
)
def test_it_answers_alike(used_desk: Desk, arguments: list[str]) -> None:
    (used_desk.folder / "transcribe.toml").write_text('model = "tiny.en"\n')
    clip = used_desk.folder / "clip.wav"
    told = [used_desk.run(*arguments, stdin=clip, program=each) for each in (used_desk.program, COLD)]
    assert used_desk.program != COLD
    assert told[0] == told[1]
    assert told[0].stdout or told[0].code


def test_what_changes_its_start_starts_it(used_desk: Desk) -> None:
    assert used_desk.run("--version", environment={"PYTHONVERBOSE": "1"}).stderr.count("import ") > 10


def test_a_signal_ends_it(used_desk: Desk) -> None:
    outcome = used_desk.run("clip.wav", "--force", "--ffmpeg", stub(used_desk, "kill -9 $PPID"))
    assert outcome.code == -signal.SIGKILL


def test_it_ends_with_whoever_asked_for_it(used_desk: Desk) -> None:
    command = [*used_desk.program, "clip.wav", "--ffmpeg", stub(used_desk, "exec sleep 600")]
    marker = used_desk.folder / "pid"
    with subprocess.Popen(command, cwd=used_desk.folder, env=used_desk.environment) as client:
        program = psutil.Process(int(appeared(marker)))
        family = [program, *program.children(recursive=True)]
        client.kill()
    assert psutil.wait_procs([program], timeout=PATIENCE_SECONDS)[1] == []
    for each in family:
        if each.is_running():
            each.kill()


def appeared(path: Path) -> str:
    """What is in a file once it is there."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not path.exists():
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return path.read_text()


def test_it_leaves_nobody_behind(tmp_path: Path) -> None:
    """The suite was killed: nobody tells the process of all the forks to end."""
    suite = (
        "import os, sys; from pathlib import Path; from warm import warm_program\n"
        "with warm_program(Path(sys.argv[1])): os.kill(os.getpid(), 9)"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(warm.__file__).parent)}
    with subprocess.Popen([sys.executable, "-c", suite, str(tmp_path)], env=environment) as killed:
        killed.wait(PATIENCE_SECONDS)
    servers = [each for each in psutil.process_iter() if str(tmp_path / "warm") in command_of(each)]
    assert psutil.wait_procs(servers, timeout=PATIENCE_SECONDS)[1] == []


def command_of(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []
