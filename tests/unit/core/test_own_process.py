"""A function in a process of its own answers, fails, crashes, hangs, and is called again."""

from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import perilous
import psutil
import pytest

from transcribe.core import own_process
from transcribe.core.errors import EngineError, InputError
from transcribe.core.own_process import Died, OwnProcess, how_it_ended

DOUBLES = Path(perilous.__file__).parent
LONG = 60.0


@pytest.fixture
def process(monkeypatch: pytest.MonkeyPatch) -> Iterator[OwnProcess]:
    monkeypatch.setenv("PYTHONPATH", str(DOUBLES))
    own = OwnProcess("the engine", "Try another model", "Give it longer")
    yield own
    own.close()


def whoami(process: OwnProcess) -> int:
    return process.call(partial(perilous.whoami), int, LONG, "asked")


def test_it_answers_from_another_process_that_stays(process: OwnProcess) -> None:
    assert process.call(partial(perilous.add, 2, 3), int, LONG, "adding") == 5
    assert whoami(process) == whoami(process) != os.getpid()


@pytest.mark.parametrize(
    ("number", "told"),
    [
        (signal.SIGSEGV, r"the engine crashed \(SIGSEGV\) while adding\. Try another model"),
        (signal.SIGILL, r"the engine crashed \(SIGILL\) while adding"),
        (signal.SIGABRT, r"the engine crashed \(SIGABRT\) while adding"),
        (signal.SIGKILL, r"was killed \(SIGKILL\), as the system does when memory runs out, while adding"),
    ],
)
def test_a_crash_is_an_error_and_the_next_call_is_answered(
    process: OwnProcess, number: int, told: str
) -> None:
    with pytest.raises(Died, match=told):
        process.call(partial(perilous.end, number), int, LONG, "adding")
    assert process.call(partial(perilous.add, 2, 3), int, LONG, "adding") == 5


def test_a_process_that_leaves_is_an_error(process: OwnProcess) -> None:
    with pytest.raises(Died, match=r"the engine ended \(exit code 3\) while adding"):
        process.call(partial(perilous.leave, 3), int, LONG, "adding")


def test_what_died_once_is_tried_again(process: OwnProcess, tmp_path: Path) -> None:
    work = partial(perilous.end_once, tmp_path / "crashed")
    assert process.call(work, int, LONG, "listening", tries=2) == whoami(process)


def test_what_dies_every_time_is_given_up(process: OwnProcess) -> None:
    with pytest.raises(Died):
        process.call(partial(perilous.end, signal.SIGSEGV), int, LONG, "listening", tries=2)


def test_a_process_that_hangs_is_ended_at_its_limit(process: OwnProcess) -> None:
    pid = whoami(process)
    with pytest.raises(Died, match=r"within 0\.1 s and was stopped while adding\. Give it longer"):
        process.call(partial(perilous.hang), int, 0.1, "adding")
    assert not psutil.pid_exists(pid)
    assert whoami(process) != pid


def test_signs_of_life_arrive_in_order(process: OwnProcess) -> None:
    far: list[int] = []
    assert process.call(partial(perilous.count_to, 5), str, LONG, "counting", tell=far.append) == "done"
    assert far == [0, 1, 2, 3, 4]


def test_a_process_that_hangs_after_a_sign_of_life(process: OwnProcess) -> None:
    far: list[int] = []
    whoami(process)  # it has started, so that the limit is that of the work
    with pytest.raises(Died, match="was stopped"):
        process.call(partial(perilous.say_and_hang), int, 0.5, "counting", tell=far.append)
    assert far == [1]


def test_an_error_arrives_with_its_class_and_its_advice(process: OwnProcess) -> None:
    pid = whoami(process)
    with pytest.raises(InputError, match=r"^the file is odd\. Take another$"):
        process.call(partial(perilous.refuse, "the file is odd", "Take another"), int, LONG, "reading")
    assert whoami(process) == pid


def test_any_other_error_says_what_failed(process: OwnProcess) -> None:
    with pytest.raises(EngineError, match=r"^the engine failed: KeyError: 'oops'"):
        process.call(partial(perilous.stumble), int, LONG, "reading")


def test_an_answer_of_another_type_is_nonsense(process: OwnProcess) -> None:
    with pytest.raises(Died, match="the engine answered with nonsense while adding"):
        process.call(partial(perilous.add, 2, 3), str, LONG, "adding")  # type: ignore[arg-type]
    assert process.call(partial(perilous.add, 2, 3), int, LONG, "adding") == 5


def test_what_native_code_prints_is_no_answer(process: OwnProcess, capfd: pytest.CaptureFixture[str]) -> None:
    assert process.call(partial(perilous.chatter), int, LONG, "printing") == 1
    assert capfd.readouterr() == ("", "")


def test_large_blocks_go_both_ways(process: OwnProcess) -> None:
    block = bytes(20_000_000)
    assert process.call(partial(perilous.length, block), int, LONG, "measuring") == len(block)
    assert process.call(partial(perilous.repeat, b"x" * 1000, 20_000), bytes, LONG, "x") == b"x" * 20_000_000


def test_nothing_is_imported_from_the_current_folder(
    process: OwnProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("msgspec", "multiprocessing", "numpy", "transcribe", "signal"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('a stranger was imported')")
    monkeypatch.chdir(tmp_path)
    assert process.call(partial(perilous.add, 2, 3), int, LONG, "adding") == 5
    assert not {"", str(tmp_path)} & set(process.call(partial(perilous.search_path), list[str], LONG, "x"))


def test_nothing_heavy_is_loaded_that_is_not_asked_for(process: OwnProcess) -> None:
    loaded = set(process.call(partial(perilous.modules), list[str], LONG, "looking"))
    assert not loaded & {"numpy", "onnxruntime", "_pywhispercpp", "llama_cpp", "multiprocessing"}


@pytest.mark.skipif(sys.platform != "linux", reason="the system has no /proc")
def test_it_is_killed_before_this_program_when_memory_runs_out(process: OwnProcess) -> None:
    assert process.call(partial(perilous.badness), str, LONG, "looking").strip() == "500"


def test_it_ends_with_its_owner(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(DOUBLES))
    process = OwnProcess("the engine", "Try another model")
    pid = whoami(process)
    del process
    gc.collect()
    assert not psutil.pid_exists(pid)


def test_it_ends_when_this_program_is_killed_while_it_works(tmp_path: Path) -> None:
    marker = tmp_path / "begun"
    program = (
        "import os, perilous, signal, threading, time\n"
        "from functools import partial\n"
        "from pathlib import Path\n"
        "from transcribe.core.own_process import OwnProcess\n"
        f"marker = Path({str(marker)!r})\n"
        "def die():\n"
        "    while not marker.exists() or not marker.read_text(): time.sleep(0.01)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
        "threading.Thread(target=die).start()\n"
        "OwnProcess('it', 'x').call(partial(perilous.work_on, marker), int, 60, 'working')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], check=False, env={**os.environ, "PYTHONPATH": str(DOUBLES)}
    )
    assert done.returncode == -signal.SIGKILL
    psutil.wait_procs([psutil.Process(pid) for pid in [int(marker.read_text())] if psutil.pid_exists(pid)])
    assert not psutil.pid_exists(int(marker.read_text()))


def test_ctrl_c_in_the_middle_of_a_call_ends_the_process(process: OwnProcess) -> None:
    pid = whoami(process)

    def interrupt(far: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        process.call(partial(perilous.count_to, 3), str, LONG, "counting", tell=interrupt)
    assert whoami(process) != pid


def test_a_program_that_cannot_be_started(process: OwnProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own_process, "COMMAND", ["/no/such/python"])
    with pytest.raises(EngineError, match="cannot be started in a process of its own: No such file"):
        process.call(partial(perilous.add, 2, 3), int, LONG, "adding")


@pytest.mark.parametrize(
    ("code", "told"),
    [
        (0, "ended (exit code 0)"),
        (-11, "crashed (SIGSEGV)"),
        (-34, "crashed (SIGRTMIN)"),
        (-99, "crashed (signal 99)"),
    ],
)
def test_how_a_process_ended_is_said_for_people(code: int, told: str) -> None:
    assert how_it_ended(code) == told
