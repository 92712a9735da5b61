"""What others are shown of a watched folder."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from transcribe.jobs.ledger import Problem
from transcribe.jobs.queue import Queue, QueuedJob, State
from transcribe.watch.glance import SHOWN, glance
from transcribe.watch.heartbeat import Heartbeat, beat
from transcribe.watch.status import lock_for

BEAT = Heartbeat(7, 0.0, 0.0, "working", "d.wav", "recognise, 125 s of it", {}, "/studio/in", False, True)


@pytest.fixture
def out(tmp_path: Path) -> Path:
    queue = Queue(tmp_path / ".watch" / "ledger.sqlite")
    for name, state in (
        ("a.wav", State.DONE),
        ("b.wav", State.FAILED),
        ("c.wav", State.REFUSED),
        ("d.wav", State.WORKING),
        ("e.wav", State.RETRYING),
        ("f.wav", State.WAITING),
        ("g.wav", State.GONE),
    ):
        queue.write(QueuedJob(name, state))
    queue.close()
    return tmp_path


def test_everything_stands_where_it_belongs_the_newest_first(out: Path) -> None:
    beat(out / ".watch", BEAT)
    with lock_for(out / ".watch"):
        seen = glance(out)
    assert (seen.inbox, seen.running, seen.problem) == ("/studio/in", True, None)
    assert (seen.working, seen.stage, seen.heard_ms, seen.paused) == ("d.wav", "recognise", 125_000, "")
    assert seen.beat_s is not None
    assert seen.beat_s > 1e9
    listed = [[each.name for each in group] for group in (seen.pressing, seen.under_way, seen.coming)]
    assert listed == [["c.wav", "b.wav"], ["d.wav"], ["f.wav", "e.wav"]]
    assert [each.name for each in seen.latest] == ["g.wav", "a.wav"]
    assert seen.count(State.DONE, State.FAILED) == 2


def test_a_watcher_that_has_ended_works_on_nothing(out: Path) -> None:
    assert (glance(out).running, glance(out).inbox, glance(out).beat_s) == (False, "", None)
    beat(out / ".watch", BEAT)
    seen = glance(out)
    assert (seen.running, seen.inbox, seen.working, seen.stage) == (False, "/studio/in", "", "")


@pytest.mark.parametrize(
    ("status", "progress", "paused", "stage", "heard_ms"),
    [
        ("paused: less than 1 MB are free on /out", "", "less than 1 MB are free on /out", "", None),
        ("idle", "", "", "", None),
        ("working", "diarise", "", "diarise", None),
        ("working", "something else entirely", "", "", None),
    ],
)
def test_what_the_heartbeat_tells(
    out: Path, status: str, progress: str, paused: str, stage: str, heard_ms: int | None
) -> None:
    beat(out / ".watch", Heartbeat(7, 0.0, 0.0, status, "", progress, {}, "/in", False, True))
    with lock_for(out / ".watch"):
        seen = glance(out)
    assert (seen.paused, seen.stage, seen.heard_ms) == (paused, stage, heard_ms)


def test_the_folder_of_the_ledger_may_be_named_itself(out: Path) -> None:
    assert glance(out / ".watch").count(State.DONE) == 1


def test_no_link_inside_is_followed(out: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    place = tmp_path_factory.mktemp("place")
    (place / ".watch").symlink_to(out / ".watch")
    assert glance(place).problem is Problem.DAMAGED
    (place / "link").symlink_to(out)
    assert glance(place / "link").count(State.DONE) == 1  # that one the operator has named


def test_a_folder_without_a_watcher(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for place, problem in ((tmp_path, Problem.MISSING), (tmp_path / "nothing", Problem.MISSING)):
        assert glance(place).problem is problem
    assert glance(tmp_path / "file").problem is Problem.DAMAGED
    assert glance(tmp_path / ("x" * 300)).problem is Problem.SILENT


def test_of_many_so_many_are_told(tmp_path: Path) -> None:
    queue = Queue(tmp_path / ".watch" / "ledger.sqlite")
    with queue.transaction():
        for number in range(3 * SHOWN):
            queue.write(QueuedJob(os.fsdecode(b"%d\xff.wav" % number), State.WAITING))
    queue.close()
    seen = glance(tmp_path)
    assert (len(seen.coming), seen.count(State.WAITING)) == (SHOWN, 3 * SHOWN)
    assert seen.coming[0].name == f"{3 * SHOWN - 1}\udcff.wav"
