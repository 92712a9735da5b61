"""Workers answer, fail, die and are replaced."""

from __future__ import annotations

import contextlib
import faulthandler
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TypeVar

import psutil
import pytest

from transcribe.core.errors import EngineError, InputError, ModelError, TranscribeError
from transcribe.core.hearing import Chunk
from transcribe.core.recording import SpeechSpan
from transcribe.engines import pool as pool_module
from transcribe.engines.pool import Answers, Crew, Substitute, WorkerPool
from transcribe.engines.whisper_cpp import WhisperCpp

T = TypeVar("T")


def load() -> str:
    return "model"


def double(model: str, item: int) -> tuple[str, int]:
    return model, 2 * item


def refuse(model: str, item: int) -> int:
    raise InputError("item refused", "try another")


def stumble(model: str, item: int) -> int:
    raise KeyError(item)


def die(model: str, item: int) -> int:
    os.kill(os.getpid(), signal.SIGKILL)
    return item


def die_once(model: str, item: tuple[Path, int]) -> int:
    marker, number = item
    if number == 2 and not marker.exists():
        marker.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def whoami(model: str, item: int) -> int:
    return os.getpid()


def where(loaded_in: int, item: int) -> tuple[int, int]:
    return loaded_in, os.getpid()


def pool_of(
    load: Callable[[], T], workers: int, *, share: bool = True, name: str = "the recogniser"
) -> WorkerPool[T]:
    return WorkerPool(Crew((load,) * workers, share, name))


def test_every_item_is_answered_by_the_loaded_model() -> None:
    with pool_of(load, 2) as pool:
        assert sorted(pool.map(double, range(9))) == [("model", 2 * item) for item in range(9)]


def test_whoever_waits_gets_everybodys_work_done() -> None:
    with pool_of(load, 2) as pool:
        first, second = pool.map(double, [1, 2]), pool.map(double, [3, 4])
        assert sorted(second) == [("model", 6), ("model", 8)]
        assert len(first.arrived) == 2
        assert sorted(first) == [("model", 2), ("model", 4)]


def test_a_failure_belongs_to_whoever_ordered_it() -> None:
    with pool_of(load, 2) as pool:
        bad, good = pool.map(refuse, [1]), pool.map(double, [2])
        assert list(good) == [("model", 4)]
        with pytest.raises(InputError):
            next(bad)


def test_what_nobody_waits_for_is_dropped(tmp_path: Path) -> None:
    with pool_of(load, 1) as pool:
        with contextlib.closing(pool.map(leave_a_trace, [(tmp_path, 0)] * 5)) as dropped:
            next(dropped)
        assert list(pool.map(double, [1])) == [("model", 2)]
        assert list(dropped) == []
    assert len(list(tmp_path.iterdir())) == 1


def test_more_is_ordered_while_a_worker_is_idle() -> None:
    with pool_of(load, 2) as pool:
        later: list[Answers[tuple[str, int]]] = []

        def order_more() -> bool:
            if len(later) == 3:
                return False
            later.append(pool.map(double, [len(later)]))
            list(pool.map(double, [9]))  # whoever is asked may wait, and is not asked again meanwhile
            return True

        pool.on_idle = order_more
        assert list(pool.map(double, [7])) == [("model", 14)]
        assert [list(answers) for answers in later] == [[("model", 2 * i)] for i in range(len(later))]
        assert later


def die_over_a_chunk(model: str, item: tuple[Chunk, ...]) -> int:
    faulthandler.disable()  # of pytest, which would show where
    os.kill(os.getpid(), signal.SIGSEGV)
    return 0


def test_a_crash_says_where_in_the_recording_and_shows_no_internals() -> None:
    chunks = tuple(Chunk(at, (SpeechSpan(723_400 + at, 745_100),)) for at in range(4))
    with (
        pool_of(load, 1, name="whisper.cpp with base-q8_0") as pool,
        pytest.raises(EngineError) as crash,
    ):
        list(pool.map(die_over_a_chunk, [chunks[:1]]))
    assert crash.value.what == ("whisper.cpp with base-q8_0 crashed (SIGSEGV) 2 times over 00:12:03–00:12:25")
    assert "--model" in crash.value.hint
    with pool_of(load, 1) as pool, pytest.raises(EngineError, match="00:12:25 and 1 more"):
        list(pool.map(die_over_a_chunk, [chunks]))


def end_by(number: int) -> str:
    faulthandler.disable()
    os.kill(os.getpid(), number)
    return "model"


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere each worker loads the model")
@pytest.mark.parametrize(
    ("load", "kind", "told"),
    [
        (partial(end_by, signal.SIGSEGV), ModelError, r"crashed \(SIGSEGV\) while loading the model"),
        (partial(end_by, signal.SIGILL), ModelError, r"crashed \(SIGILL\) while loading the model"),
        (partial(end_by, signal.SIGKILL), EngineError, r"was killed \(SIGKILL\).* while loading the model"),
        (partial(os._exit, 3), ModelError, r"ended \(exit code 3\) while loading the model"),
    ],
)
def test_a_model_that_the_engine_does_not_survive_is_an_error(
    load: Callable[[], str], kind: type[TranscribeError], told: str
) -> None:
    pool = pool_of(load, 1, name="whisper.cpp with odd.bin")
    with pytest.raises(kind, match=rf"^whisper\.cpp with odd\.bin {told}"), pool:
        pass
    assert not multiprocessing.active_children()


def load_quietly(engine: WhisperCpp) -> WhisperCpp:
    faulthandler.disable()
    return engine.load()


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere each worker loads the model")
def test_weights_that_whisper_cpp_cannot_load_are_an_error_before_anything_is_heard(
    tmp_path: Path,
) -> None:
    engine = WhisperCpp(str(tmp_path / "none.bin"), "", 1)
    crew = Crew((partial(load_quietly, engine),), name="whisper.cpp with none")
    with (
        pytest.raises(ModelError, match=r"none crashed \(SIGSEGV\) while loading the model"),
        WorkerPool(crew),
    ):
        pass


def test_a_model_that_is_refused_is_refused_with_the_engines_own_words() -> None:
    with pytest.raises(InputError, match="item refused"), pool_of(partial(refuse, "", 1), 1):
        pass


def fail_to_load() -> str:
    raise EngineError("the model cannot be loaded", "try another")


def run_out_of_memory() -> str:
    raise MemoryError


@pytest.mark.parametrize(("fails", "kind"), [(fail_to_load, EngineError), (run_out_of_memory, MemoryError)])
@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_a_worker_that_cannot_load_its_own_model_says_why_and_shows_no_internals(
    fails: Callable[[], str],
    kind: type[Exception],
    method: str,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(pool_module, "process_context", lambda: multiprocessing.get_context(method))
    with pool_of(fails, 2, share=False) as pool:
        for _ in range(2):  # the next recording of a batch
            with pytest.raises(kind) as caught:
                list(pool.map(whoami, range(4)))
            assert str(caught.value) in ("the model cannot be loaded. try another", "")
    assert capfd.readouterr().err == ""


def test_a_worker_that_is_stopped_while_it_loads_shows_no_internals(
    capfd: pytest.CaptureFixture[str],
) -> None:
    load = partial(end_by, signal.SIGTERM)
    with (
        pool_of(load, 1, share=False) as pool,
        pytest.raises(EngineError, match=r"^the recogniser crashed \(SIGTERM\) 2 times over"),
    ):
        list(pool.map(whoami, [1]))
    assert capfd.readouterr().err == ""


def nothing(model: str, item: int) -> None:
    return None


def test_no_answer_is_an_answer() -> None:
    with pool_of(load, 2) as pool:
        assert list(pool.map(nothing, range(3))) == [None] * 3


def count_calls(model: list[int], item: int) -> int:
    model.append(item)
    return len(model)


def load_list() -> list[int]:
    return []


def siblings(model: str, item: int) -> int:
    parent = psutil.Process().parent()
    assert parent is not None
    return len(parent.children())


def test_no_more_workers_than_there_may_be_or_items() -> None:
    others = len(psutil.Process().children())  # such as the tracker that spawned processes leave
    with pool_of(load, 3) as pool:
        assert max(pool.map(siblings, range(9))) <= 3 + others
    with pool_of(load, 8) as pool:
        assert max(pool.map(siblings, [1, 2])) <= 2 + others


def test_a_model_that_may_not_be_shared_is_loaded_in_the_worker() -> None:
    with pool_of(os.getpid, 2, share=False) as pool:
        assert all(loaded_in == pid for loaded_in, pid in pool.map(where, range(4)))


@pytest.mark.skipif(sys.platform != "linux", reason="workers are forked on Linux only")
def test_a_forked_worker_starts_from_the_model_as_it_was_loaded() -> None:
    with pool_of(load_list, 2) as pool:
        assert list(pool.map(count_calls, range(6))) == [1] * 6


def test_the_pool_can_be_used_again_and_leaves_no_process() -> None:
    with pool_of(load, 2) as pool:
        workers = {*pool.map(whoami, range(4)), *pool.map(whoami, range(4))}
    assert not any(psutil.pid_exists(pid) for pid in workers)


def test_an_error_with_advice_reaches_the_caller_whole() -> None:
    with pool_of(load, 1) as pool, pytest.raises(InputError, match=r"item refused\. try another"):
        list(pool.map(refuse, [1]))


def test_a_foreign_error_becomes_an_engine_error() -> None:
    with pool_of(load, 1) as pool, pytest.raises(EngineError, match="KeyError"):
        list(pool.map(stumble, [1]))


def test_a_worker_that_dies_is_replaced_and_its_item_tried_again(tmp_path: Path) -> None:
    marker = tmp_path / "died"
    with pool_of(load, 2) as pool:
        assert sorted(pool.map(die_once, [(marker, number) for number in range(5)])) == list(range(5))
    assert marker.exists()


def leave_a_trace(model: str, item: tuple[Path, int]) -> int:
    folder, number = item
    if number:
        wait_for((folder / "first is told").exists)
    (folder / f"{number}.{os.getpid()}").touch()
    return number


def wait_for(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_worker_that_answers_and_ends_while_another_answer_is_looked_at_is_not_taken_for_dead(
    tmp_path: Path,
) -> None:
    with pool_of(load, 2) as pool:
        answers = pool.map(leave_a_trace, [(tmp_path, 0), (tmp_path, 1)])
        assert next(answers) == 0
        (tmp_path / "first is told").touch()
        wait_for(lambda: not multiprocessing.active_children())  # the second answers and ends
        assert list(answers) == [1]
    assert len(list(tmp_path.glob("1.*"))) == 1


def test_an_item_that_kills_twice_is_given_up() -> None:
    with (
        pool_of(load, 2) as pool,
        pytest.raises(EngineError, match=r"recogniser was killed \(SIGKILL\).* 2 times over the same work"),
    ):
        list(pool.map(die, [1]))


def test_workers_end_when_their_parent_is_killed() -> None:
    script = """
import os, sys, time
sys.path.insert(0, {here!r})
from test_pool import load, pool_of, whoami
with pool_of(load, 2) as pool:
    print(*set(pool.map(whoami, range(8))), flush=True)
    os.kill(os.getpid(), 9)
"""
    run = subprocess.run(
        [sys.executable, "-c", script.format(here=str(Path(__file__).parent))],
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == -signal.SIGKILL
    workers = [psutil.Process(int(pid)) for pid in run.stdout.split() if psutil.pid_exists(int(pid))]
    _, alive = psutil.wait_procs(workers, timeout=20)
    assert not alive


def load_on_card(place: int) -> str:
    return f"card {place}"


def load_badly() -> str:
    raise EngineError("libcublas.so.12 is missing")


def out_of_memory(model: str, item: tuple[Path, int]) -> str:
    """The card's memory ends with item 3; every item that was heard leaves a trace."""
    folder, number = item
    if model != "model" and number >= 3:
        raise EngineError("CUDA failed with error out of memory")
    (folder / f"{number} {model}").touch()
    return f"{number} {model}"


def crash_on_card(model: str, item: int) -> str:
    if model != "model" and item == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    return f"{item} {model}"


def with_substitute(
    loads: list[Callable[[], str]], told: list[str], *, from_the_start: bool = True
) -> WorkerPool[str]:
    crew = Crew((load, load), share=True, name="engine")
    substitute = Substitute(crew, from_the_start, "the processor hears what is left")
    cards = Crew(tuple(loads), share=False, name="engine on cuda")
    pool = WorkerPool(cards, substitute=substitute)
    pool.on_warning = told.append
    return pool


def test_what_a_card_has_no_memory_for_is_heard_by_the_processor(tmp_path: Path) -> None:
    told: list[str] = []
    with with_substitute([partial(load_on_card, 0)], told, from_the_start=False) as pool:
        assert pool.count == 1
        heard = list(pool.map(out_of_memory, [(tmp_path, number) for number in range(6)]))
        assert pool.count == 2
        assert list(pool.map(double, [1])) == [("model", 2)]
    assert sorted(heard) == [*(f"{n} card 0" for n in range(3)), *(f"{n} model" for n in range(3, 6))]
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(heard)
    told_once = "engine on cuda: CUDA failed with error out of memory; the processor hears what is left"
    assert told == [told_once]


def test_when_one_card_of_two_fails_nothing_is_lost() -> None:
    told: list[str] = []
    with with_substitute([partial(load_on_card, 0), partial(load_on_card, 1)], told) as pool:
        heard = sorted(pool.map(crash_on_card, range(8)))
    assert [int(each.split()[0]) for each in heard] == list(range(8))
    assert "2 model" in heard
    assert len(told) == 1
    assert "was killed (SIGKILL)" in told[0]


def test_a_card_that_does_not_start_is_replaced_unless_it_was_asked_for() -> None:
    told: list[str] = []
    with with_substitute([load_badly], told) as pool:
        assert sorted(pool.map(double, range(3))) == [("model", 2 * item) for item in range(3)]
    assert [line.partition(";")[0] for line in told] == ["engine on cuda: libcublas.so.12 is missing"]
    with (
        with_substitute([load_badly], told, from_the_start=False) as pool,
        pytest.raises(EngineError, match="libcublas"),
    ):
        list(pool.map(double, [1]))
    assert len(told) == 1


def test_every_card_has_its_worker() -> None:
    with with_substitute([partial(load_on_card, 0), partial(load_on_card, 1)], []) as pool:
        assert {model for model, _ in pool.map(double, range(40))} == {"card 0", "card 1"}


def test_a_warning_is_told_once_with_the_first_order() -> None:
    told: list[str] = []
    with WorkerPool(Crew((load,)), warning="no card") as pool:
        pool.on_warning = told.append
        list(pool.map(double, [1]))
        list(pool.map(double, [2]))
    assert told == ["no card"]
