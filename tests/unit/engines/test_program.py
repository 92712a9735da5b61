from __future__ import annotations

import errno
import os
import sys
from pathlib import Path

import pytest

from transcribe.core.errors import DependencyError, EngineError
from transcribe.engines.program import HEAD_BYTES, MAX_OUTPUT_BYTES, TAIL_BYTES, Program


def python(stall_seconds: float = 30) -> Program:
    return Program(sys.executable, "Install it", stall_seconds)


def test_output_log_and_code_are_collected() -> None:
    finished = python().run(
        ["-c", "import sys; print('out'); print('lög', file=sys.stderr); sys.exit(3)"],
    )
    assert (finished.output, finished.log, finished.code) == ("out\n", "lög\n", 3)


def test_arguments_reach_the_program_as_they_are() -> None:
    hostile = ["$(id)", "a b", "'", '"', "\n", "-x", "*", "żółć 🎙"]
    finished = python().run(["-c", "import sys; print(ascii(sys.argv[1:]))", *hostile])
    assert finished.output.strip() == ascii(hostile)


def test_there_is_nothing_to_read_from_standard_input() -> None:
    assert python().run(["-c", "import sys; print(repr(sys.stdin.read()))"]).output == "''\n"


def test_a_long_log_keeps_its_beginning_and_its_end() -> None:
    finished = python().run(
        ["-c", "import sys; e = sys.stderr; e.write('first'); e.write('x' * 3_000_000); e.write('last')"]
    )
    assert finished.log.startswith("first")
    assert finished.log.endswith("last")
    assert len(finished.log) == HEAD_BYTES + TAIL_BYTES


def test_an_endless_answer_is_stopped() -> None:
    with pytest.raises(EngineError, match="more than any answer"):
        python().run(["-c", f"while True: print('x' * {MAX_OUTPUT_BYTES})"])


def test_a_program_that_does_not_exist_is_a_dependency_error() -> None:
    with pytest.raises(DependencyError, match="no-such-program cannot be started") as caught:
        Program("/no-such-program", "Install it", 1).run([])
    assert caught.value.hint == "Install it"


def test_a_program_that_is_not_executable_is_a_dependency_error(tmp_path: Path) -> None:
    path = tmp_path / "data"
    path.write_text("no program")
    path.chmod(0o755)
    with pytest.raises(DependencyError, match="cannot be started"):
        Program(str(path), "", 1).run([])


def test_a_silent_program_is_killed() -> None:
    with pytest.raises(EngineError, match="has not answered"):
        python(stall_seconds=0.01).run(["-c", "import time; time.sleep(600)"])


def test_a_program_that_only_complains_is_killed() -> None:
    with pytest.raises(EngineError, match="has not answered"):
        python(stall_seconds=0.05).run(["-c", "import sys\nwhile True: sys.stderr.write('x')"])


def test_a_program_that_closes_its_output_and_stays_is_killed() -> None:
    script = "import os, time; os.close(1); os.close(2); time.sleep(600)"
    with pytest.raises(EngineError, match="has not answered"):
        python(stall_seconds=0.5).run(["-c", script])


def test_children_of_the_program_are_killed_too(tmp_path: Path) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    survivor = (
        f"import time; f = open({str(fifo)!r}, 'w'); print('ready', flush=True)\n"
        "time.sleep(20); f.write('alive')"
    )
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {survivor!r}])"

    def stop(block: bytes) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        python().stream(["-c", parent], stop)
    os.set_blocking(reader, True)
    assert os.read(reader, 10) == b""  # its end of the pipe is closed, and nothing was written before
    os.close(reader)


def test_an_error_of_the_sink_ends_the_program_and_is_passed_on() -> None:
    def full(block: bytes) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(OSError, match="No space left"):
        python().stream(["-c", "while True: print('x' * 1000)"], full)


def test_a_crash_is_told_from_a_refusal() -> None:
    assert python().run(["-c", "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)"]).crashed
    assert not python().run(["-c", "raise SystemExit(1)"]).crashed
