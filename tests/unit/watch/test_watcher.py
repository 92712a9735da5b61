"""The loop goes on when things fail that should not."""

from __future__ import annotations

from pathlib import Path

import pytest
from obedient import Studio

from transcribe.core.errors import OutputError
from transcribe.core.events import Warned
from transcribe.watch.heartbeat import last_beat
from transcribe.watch.records import State
from transcribe.watch.watcher import Rhythm, Watcher


@pytest.fixture
def studio(tmp_path: Path) -> Studio:
    return Studio(tmp_path)


def turns(studio: Studio, watcher: Watcher, seconds: float) -> None:
    until = studio.now + seconds
    while studio.now < until:
        studio.now += 0.5
        watcher.turn()


def watcher_of(studio: Studio, keep_loaded: float = 120) -> Watcher:
    studio.transcriber.handles = []  # type: ignore[attr-defined]
    rhythm = Rhythm(poll=1, keep_loaded=keep_loaded, min_free=0)
    return Watcher(studio.working, rhythm, studio.told.append, lambda: studio.now)


def test_from_a_drop_to_a_text_and_the_model_is_let_go(studio: Studio) -> None:
    watcher = watcher_of(studio, keep_loaded=30)
    studio.drop("a.wav")
    turns(studio, watcher, 9)
    assert studio.transcriber.running  # got ready while the file was waited for
    turns(studio, watcher, 4)
    assert studio.state("a.wav") is State.DONE
    turns(studio, watcher, 35)
    assert not studio.transcriber.running
    assert studio.transcriber.stops == 1
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
    write = studio.ledger.write

    def failing(*arguments: object) -> object:
        if left[0]:
            left[0] -= 1
            raise OutputError("the ledger cannot be used: database or disk is full")
        return write(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(studio.ledger, "write", failing)
    monkeypatch.setattr("transcribe.watch.watcher.wait", lambda handles, pause: None)

    def until_done() -> bool:
        studio.now += 0.5
        return studio.state("a.wav") is State.DONE or studio.now > 500

    watcher.run(until_done)
    assert studio.state("a.wav") is State.DONE
    assert any(isinstance(each, Warned) and "disk is full" in each.message for each in studio.told)


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
