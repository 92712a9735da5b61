"""The queue: whole after any kill, with everything that happened."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from transcribe.core.errors import OutputError
from transcribe.jobs.ledger import Ledger, read
from transcribe.jobs.notify import Outbox
from transcribe.jobs.publish.outputs import Published
from transcribe.jobs.queue import Facts, Queue, QueuedJob, State
from transcribe.jobs.queue_file import MIGRATIONS, QueueFile

ROOT = Path(__file__).resolve().parents[3]


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def queue(tmp_path: Path, clock: Clock) -> Queue:
    return Queue(tmp_path / "state" / "ledger.sqlite", clock)


FULL = QueuedJob(
    name=os.fsdecode(b"dzie\xc5\x84/nie-tekst-\xff.wav"),
    state=State.DONE,
    facts=Facts(5_000_000_000, 1_700_000_000_123_456_789),
    sha256="ab",
    settings="cd",
    version=2,
    attempts=1,
    not_before=7.5,
    reason=f"nazwa {os.fsdecode(bytes([255]))}",
    hint="hint",
    place=os.fsdecode(b"dzie\xc5\x84/nie-tekst-\xff"),
    outputs=(Published("/out/a.txt", "12"),),
    begun=("x", "ab"),
    twin="inny.wav",
    moved_to="/done/a.wav",
    alone=True,
)


def test_a_job_comes_back_as_it_was(queue: Queue) -> None:
    written = queue.write(FULL)
    found = queue.job(FULL.name)
    assert found is not None
    assert replace(found, reason="", since=0) == replace(written, reason="", since=0)
    assert found.reason == "nazwa \\xff"  # text for people is always text
    assert queue.known() == {FULL.name: (State.DONE, FULL.facts)}


def test_every_state_is_in_the_history(queue: Queue, clock: Clock) -> None:
    for state in (State.WAITING, State.READY, State.WORKING, State.DONE):
        clock.now += 1
        queue.write(QueuedJob("a.wav", state), f"now {state.value}")
    queue.write(QueuedJob("b.wav", State.WAITING))
    told = [(each.at, each.state, each.detail) for each in queue.history("a.wav")]
    assert told == [
        (1001, "waiting", "now waiting"),
        (1002, "ready", "now ready"),
        (1003, "working", "now working"),
        (1004, "done", "now done"),
    ]
    assert len(queue.history()) == 5
    assert {state: count for state, count in queue.counts().items() if count} == {
        State.DONE: 1,
        State.WAITING: 1,
    }


def test_whose_turn_it_is(queue: Queue, clock: Clock) -> None:
    def turn() -> str | None:
        job = queue.next_ready()
        return job.name if job else None

    assert turn() is None
    queue.write(QueuedJob("again.wav", State.RETRYING, not_before=1050))
    queue.write(QueuedJob("waiting.wav", State.WAITING))
    assert turn() is None
    queue.write(QueuedJob("first.wav", State.READY))
    clock.now = 1060
    queue.write(QueuedJob("second.wav", State.READY))
    assert turn() == "first.wav"  # what has never been tried goes before what failed
    queue.write(QueuedJob("first.wav", State.DONE))
    queue.write(QueuedJob("second.wav", State.DONE))
    assert turn() == "again.wav"


def test_after_a_kill_what_was_worked_on_is_ready_behind_the_others(queue: Queue, clock: Clock) -> None:
    queue.write(QueuedJob("killed.wav", State.WORKING, attempts=0))
    clock.now += 1
    queue.write(QueuedJob("other.wav", State.READY))
    clock.now += 1
    assert [job.name for job in queue.recover("killed")] == ["killed.wav"]
    found = queue.next_ready()
    assert found is not None
    assert (found.name, found.alone) == ("other.wav", False)
    killed = queue.job("killed.wav")
    assert killed is not None
    assert killed.alone  # it may be what killed the process
    assert queue.counts()[State.WORKING] == 0


def test_twins_have_the_content_and_the_settings_and_are_done(queue: Queue) -> None:
    queue.write(QueuedJob("done.wav", State.DONE, sha256="1", settings="s"))
    queue.write(QueuedJob("failed.wav", State.FAILED, sha256="2", settings="s"))
    new = QueuedJob("new.wav", State.WORKING)
    assert queue.twin(new, "1", "s") == "done.wav"
    assert queue.twin(new, "1", "other") is None
    assert queue.twin(new, "2", "s") is None
    assert queue.twin(QueuedJob("done.wav", State.WORKING), "1", "s") is None


def test_a_place_has_one_owner(queue: Queue) -> None:
    assert queue.claim("a", "a.wav")
    assert not queue.claim("a", "a.mp3")
    assert not queue.claim("a", "a.wav")


def test_a_transaction_is_there_whole_or_not_at_all(queue: Queue, tmp_path: Path) -> None:
    def fail() -> None:
        with queue.transaction():
            queue.write(QueuedJob("a.wav", State.DONE))
            Outbox(queue).add("done", "a.wav", ["command"], {})
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert queue.jobs() == []
    assert Outbox(queue).next(["command"]) is None


def test_a_kill_in_the_middle_of_writing_loses_nothing_that_was_committed(tmp_path: Path) -> None:
    """A process that writes without end is killed; what it had told of is there, with its history."""
    path = tmp_path / "ledger.sqlite"
    script = f"""
import sys
from pathlib import Path
from transcribe.jobs.notify import Outbox
from transcribe.jobs.queue import Queue, QueuedJob, State
queue = Queue(Path({str(path)!r}))
number = 0
while True:
    with queue.transaction():
        queue.write(QueuedJob(f"{{number}}.wav", State.DONE))
        Outbox(queue).add("done", f"{{number}}.wav", ["webhook"], {{}})
    print(number, flush=True)
    number += 1
"""
    for kills in range(3):
        with subprocess.Popen(
            [sys.executable, "-c", script], stdout=subprocess.PIPE, env={"PYTHONPATH": str(ROOT)}
        ) as child:
            assert child.stdout is not None
            told = [int(child.stdout.readline()) for _ in range(20 + 7 * kills)]
            child.send_signal(signal.SIGKILL)
            told += map(int, child.stdout.read().split())
        queue = Queue(path)
        names = {job.name for job in queue.jobs(State.DONE)}
        assert {f"{number}.wav" for number in told} <= names
        assert {moment.name for moment in queue.history()} == names
        with sqlite3.connect(path) as base:
            assert base.execute("pragma integrity_check").fetchone() == ("ok",)
            assert base.execute("select count(distinct name) from deliveries").fetchone() == (len(names),)
        base.close()
        queue.close()


def test_another_process_that_writes_is_noticed(queue: Queue) -> None:
    before = queue.changes()
    queue.write(QueuedJob("a.wav", State.FAILED))
    assert queue.changes() == before
    other = Queue(queue.file.path)
    other.write(QueuedJob("a.wav", State.WAITING))
    other.close()
    assert queue.changes() != before


def test_a_newer_ledger_and_a_damaged_one_are_refused(tmp_path: Path) -> None:
    newer = tmp_path / "newer.sqlite"
    Queue(newer).close()
    with sqlite3.connect(newer) as base:
        base.execute("pragma user_version = 99")
    base.close()
    with pytest.raises(OutputError, match="newer version"):
        Queue(newer)
    damaged = tmp_path / "damaged.sqlite"
    damaged.write_bytes(b"this is no database" * 500)
    with pytest.raises(OutputError, match="cannot be used: file is not a database"):
        Queue(damaged)


class Killed(str):
    """A migration in which the process is killed."""

    def split(self, *_: object) -> list[str]:
        os.kill(os.getpid(), signal.SIGKILL)
        return []


def version_and_columns(path: Path) -> tuple[int, list[str]]:
    with closing(sqlite3.connect(path)) as base:
        version: int = base.execute("pragma user_version").fetchone()[0]
        return version, [row[1] for row in base.execute("pragma table_info(files)")]


MORE = ("alter table files add column more text", "alter table files add column most text")


def test_what_is_missing_of_the_tables_is_added_once(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    Queue(path).close()
    version, columns = version_and_columns(path)
    for _ in range(2):
        QueueFile(path, (*MIGRATIONS, *MORE)).close()
        assert version_and_columns(path) == (version + 2, [*columns, "more", "most"])


def test_a_migration_that_is_killed_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    queue = Queue(path)
    queue.write(FULL)
    queue.close()
    before = version_and_columns(path)
    migrating = multiprocessing.get_context("fork").Process(
        target=QueueFile, args=(path, (*MIGRATIONS, MORE[0], Killed()))
    )
    migrating.start()
    migrating.join()
    assert migrating.exitcode == -signal.SIGKILL
    assert version_and_columns(path) == before
    queue = Queue(path)
    assert [job.name for job in queue.jobs()] == [FULL.name]
    queue.close()


def test_messages_are_kept_until_they_are_delivered(queue: Queue, clock: Clock) -> None:
    Outbox(queue).add("done", "a.wav", ["command", "webhook"], {"path": "/in/a.wav"})
    first = Outbox(queue).next(["command"])
    assert first is not None
    assert (first.event, first.name, first.tries) == ("done", "a.wav", 0)
    assert f'"id":"{first.id}"' in first.payload
    Outbox(queue).tried(first, "it was not there", wait=60)
    assert Outbox(queue).next(["command"]) is None
    clock.now += 61
    again = Outbox(queue).next(["command"])
    assert again is not None
    assert (again.id, again.tries) == (first.id, 1)
    Outbox(queue).tried(again)
    clock.now += 9999
    assert Outbox(queue).next(["command"]) is None
    assert read(queue.file.path, Ledger.messages) == {"delivered": 1, "pending": 1}
    hook = Outbox(queue).next(["webhook"])
    assert hook is not None
    Outbox(queue).tried(hook, "it is gone")
    assert read(queue.file.path, Ledger.messages) == {"delivered": 1, "given up": 1}
    assert [each.state for each in queue.history("a.wav")] == [
        "message pending",
        "message delivered",
        "message given up",
    ]


@pytest.mark.parametrize("before", [None, 0o755])
def test_only_the_owner_may_read_it(tmp_path: Path, before: int | None) -> None:
    folder, mask = tmp_path / "state", os.umask(0)
    try:
        if before:
            folder.mkdir(before)
            (folder / "ledger.sqlite").touch(0o644)
        queue = Queue(folder / "ledger.sqlite")
        with queue.transaction():
            modes = {each.name: each.stat().st_mode & 0o777 for each in folder.iterdir()}
        queue.close()
    finally:
        os.umask(mask)
    assert folder.stat().st_mode & 0o777 == 0o700
    assert "ledger.sqlite-wal" in modes
    assert set(modes.values()) == {0o600}


@pytest.mark.parametrize("back", [3600, 86_400 * 365])
def test_a_clock_that_was_set_back_parks_nothing(queue: Queue, clock: Clock, back: float) -> None:
    clock.now = 1e9
    queue.write(QueuedJob("a.wav", State.RETRYING, not_before=clock.now + 1800))
    Outbox(queue).add("done", "b.wav", ["webhook"], {})
    delivery = Outbox(queue).next(["webhook"])
    assert delivery is not None
    Outbox(queue).tried(delivery, "not there", 1800)
    assert queue.next_ready() is None
    assert Outbox(queue).next(["webhook"]) is None
    clock.now -= back
    ready = queue.next_ready()
    assert ready is not None
    assert ready.name == "a.wav"
    assert Outbox(queue).next(["webhook"]) is not None


def test_a_place_has_one_keeper(queue: Queue) -> None:
    assert queue.keeper("failed/a", "a.wav") == "a.wav"
    assert queue.keeper("failed/a", "b.wav") == "a.wav"
    assert not queue.claim("failed/a", "b.wav")


def test_what_a_kill_stopped_comes_before_others_with_its_content(queue: Queue, clock: Clock) -> None:
    """Else the other one is done meanwhile, and files of both are published."""
    queue.write(QueuedJob("begun.wav", State.READY, begun=("ab",)))
    other = queue.write(QueuedJob("other.wav", State.WORKING))
    assert queue.begun_before(other, "ab") == "begun.wav"
    assert queue.begun_before(other, "cd") is None
    clock.now += 1
    queue.write(replace(other, state=State.READY))
    found = queue.next_ready()
    assert found is not None
    assert found.name == "begun.wav"
    queue.write(replace(found, state=State.RETRYING, not_before=clock.now + 60))
    assert queue.begun_before(other, "ab") is None, "nobody waits for one that waits itself"
