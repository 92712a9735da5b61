"""The loop goes on when things fail that should not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from obedient import Studio

from transcribe.core.errors import OutputError, TranscribeError
from transcribe.core.events import Warned
from transcribe.jobs.queue import State
from transcribe.watch.heartbeat import last_beat
from transcribe.watch.watcher import ROUNDS, Rhythm, Watcher
from transcribe.watch.working import Take


@pytest.fixture
def studio(tmp_path: Path) -> Studio:
    return Studio(tmp_path)


def turns(studio: Studio, watcher: Watcher, seconds: float) -> None:
    until = studio.now + seconds
    while studio.now < until:
        studio.now += 0.5
        watcher.turn()


def watcher_of(studio: Studio, keep_loaded: float = 120) -> Watcher:
    studio.worker.handles = []  # type: ignore[attr-defined]
    rhythm = Rhythm(poll=1, keep_loaded=keep_loaded, min_free=0)
    return Watcher(studio.working, rhythm, studio.told.append, lambda: studio.now)


def test_from_a_drop_to_a_text_and_the_model_is_let_go(studio: Studio) -> None:
    watcher = watcher_of(studio, keep_loaded=30)
    studio.drop("a.wav")
    turns(studio, watcher, 9)
    assert studio.worker.running  # got ready while the file was waited for
    turns(studio, watcher, 4)
    assert studio.state("a.wav") is State.DONE
    turns(studio, watcher, 35)
    assert not studio.worker.running
    assert studio.worker.stops == 1
    beat = last_beat(studio.folders.state)
    assert beat is not None
    assert (beat.status, beat.counts["done"], beat.polling) == ("idle", 1, True)


def test_a_file_starts_in_the_turn_that_finds_it_complete(studio: Studio) -> None:
    watcher = watcher_of(studio)
    studio.drop("a.wav")
    turns(studio, watcher, 10)
    studio.now += 0.5
    watcher.turn()
    assert studio.state("a.wav") is State.WORKING


def test_a_disk_that_is_full_pauses_and_says_so_once(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    watcher = watcher_of(studio)
    problem = ["less than 500 MB are free"]
    monkeypatch.setattr("transcribe.watch.watcher.too_full", lambda folders, least: "".join(problem))
    studio.drop("a.wav")
    turns(studio, watcher, 60)
    assert studio.state("a.wav") is State.READY
    paused = [each for each in studio.told if isinstance(each, Warned)]
    assert [each.message for each in paused] == ["paused: less than 500 MB are free"]
    problem.clear()
    turns(studio, watcher, 15)
    assert studio.state("a.wav") is State.DONE


def test_a_ledger_that_cannot_be_written_is_tried_again(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    watcher = watcher_of(studio)
    studio.drop("a.wav")
    turns(studio, watcher, 5)
    left = [3]
    write = studio.queue.write

    def failing(*arguments: object) -> object:
        if left[0]:
            left[0] -= 1
            raise OutputError("the ledger cannot be used: database or disk is full")
        return write(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(studio.queue, "write", failing)
    run_until_done(studio, watcher, monkeypatch)
    assert studio.state("a.wav") is State.DONE
    assert any(isinstance(each, Warned) and "disk is full" in each.message for each in studio.told)


def run_until_done(studio: Studio, watcher: Watcher, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run it while time passes, at most for an hour."""

    def passes(_handles: object, seconds: float) -> list[object]:
        studio.now += max(seconds, 0.1)
        return []

    monkeypatch.setattr("transcribe.watch.watcher.wait", passes)
    watcher.run(lambda: studio.now > 3600 or watcher.through)


def bugs(count: int) -> Callable[..., None]:
    """Something that an error ends so many times."""
    left = [count]

    def something(*_arguments: object) -> None:
        if left[0]:
            left[0] -= 1
            raise KeyError("a bug")

    return something


def test_an_unexpected_error_in_a_turn_is_told_and_tried_again_after_a_growing_wait(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    watcher = watcher_of(studio)
    studio.drop("a.wav")
    turns(studio, watcher, 11)
    assert studio.state("a.wav") is State.WORKING
    monkeypatch.setattr(studio.courier, "turn", bugs(ROUNDS - 1))
    run_until_done(studio, watcher, monkeypatch)
    assert studio.state("a.wav") is State.DONE
    told = [each.message for each in studio.told if isinstance(each, Warned)]
    waits = [
        float(each.removeprefix("goes on in ").partition(" s: this is a bug in transcribe")[0])
        for each in told
    ]
    assert waits == [10, 20, 40, 80, 160, 320, 640]


def test_the_watcher_ends_after_too_many_in_a_row_and_loses_nothing(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    watcher = watcher_of(studio)
    studio.drop("a.wav")
    turns(studio, watcher, 11)
    monkeypatch.setattr(studio.intake, "there", bugs(ROUNDS))
    with pytest.raises(TranscribeError, match="8 times in a row") as ended:
        run_until_done(studio, watcher, monkeypatch)
    assert ended.value.exit_code == 1
    assert "The next start goes on here" in ended.value.hint
    beat = last_beat(studio.folders.state)
    assert beat is not None
    assert beat.status == "stopped"
    studio.kill()
    studio.run()
    assert studio.state("a.wav") is State.DONE


def test_a_pause_after_an_error_ends_when_the_watcher_is_stopped(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    watcher = watcher_of(studio)
    monkeypatch.setattr(studio.courier, "turn", bugs(1))
    asked = iter([False, False, True, True])
    monkeypatch.setattr("transcribe.watch.watcher.wait", lambda handles, seconds: [])
    watcher.run(lambda: next(asked))  # time stands still: only a stop ends the pause


def test_an_unexpected_error_that_is_a_recordings_fails_it_and_no_other(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    watcher = watcher_of(studio)
    answer = studio.working._answer

    def fails(under: Take) -> None:
        if under.job.name == "b.wav":
            raise KeyError("a bug")
        answer(under)

    monkeypatch.setattr(studio.working, "_answer", fails)
    for name in ("b.wav", "a.wav"):
        studio.drop(name, name.encode())
    run_until_done(studio, watcher, monkeypatch)
    assert (studio.state("a.wav"), studio.state("b.wav")) == (State.DONE, State.FAILED)
    assert "this is a bug in transcribe" in studio.job("b.wav").reason


def test_a_folder_that_goes_away_is_waited_for(studio: Studio) -> None:
    watcher = watcher_of(studio)
    studio.drop("a.wav")
    turns(studio, watcher, 3)
    away = studio.folders.inbox.with_name("away")
    studio.folders.inbox.rename(away)
    turns(studio, watcher, 60)
    assert studio.state("a.wav") is State.WAITING
    away.rename(studio.folders.inbox)
    turns(studio, watcher, 15)
    assert studio.state("a.wav") is State.DONE
