"""The ledger: whole after any kill, with everything that happened."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from transcribe.core.errors import OutputError
from transcribe.watch.facts import Facts
from transcribe.watch.ledger import Ledger
from transcribe.watch.records import Output, Record, State

ROOT = Path(__file__).resolve().parents[3]


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def ledger(tmp_path: Path, clock: Clock) -> Ledger:
    return Ledger(tmp_path / "state" / "ledger.sqlite", clock)


FULL = Record(
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
    outputs=(Output("/out/a.txt", "12"),),
    begun=("x", "ab"),
    twin="inny.wav",
    moved_to="/done/a.wav",
)


def test_a_record_comes_back_as_it_was(ledger: Ledger) -> None:
    written = ledger.write(FULL)
    found = ledger.record(FULL.name)
    assert found is not None
    assert replace(found, reason="", since=0) == replace(written, reason="", since=0)
    assert found.reason == "nazwa \\xff"  # text for people is always text
    assert ledger.known() == {FULL.name: (State.DONE, FULL.facts)}


def test_every_state_is_in_the_history(ledger: Ledger, clock: Clock) -> None:
    for state in (State.WAITING, State.READY, State.WORKING, State.DONE):
        clock.now += 1
        ledger.write(Record("a.wav", state), f"now {state.value}")
    ledger.write(Record("b.wav", State.WAITING))
    told = [(each.at, each.state, each.detail) for each in ledger.history("a.wav")]
    assert told == [
        (1001, "waiting", "now waiting"),
        (1002, "ready", "now ready"),
        (1003, "working", "now working"),
        (1004, "done", "now done"),
    ]
    assert len(ledger.history()) == 5
    assert {state: count for state, count in ledger.counts().items() if count} == {
        State.DONE: 1,
        State.WAITING: 1,
    }


def test_whose_turn_it_is(ledger: Ledger, clock: Clock) -> None:
    def turn() -> str | None:
        record = ledger.next_ready()
        return record.name if record else None

    assert turn() is None
    ledger.write(Record("again.wav", State.RETRYING, not_before=1050))
    ledger.write(Record("waiting.wav", State.WAITING))
    assert turn() is None
    ledger.write(Record("first.wav", State.READY))
    clock.now = 1060
    ledger.write(Record("second.wav", State.READY))
    assert turn() == "first.wav"  # what has never been tried goes before what failed
    ledger.write(Record("first.wav", State.DONE))
    ledger.write(Record("second.wav", State.DONE))
    assert turn() == "again.wav"


def test_after_a_kill_what_was_worked_on_is_ready_behind_the_others(ledger: Ledger, clock: Clock) -> None:
    ledger.write(Record("killed.wav", State.WORKING, attempts=0))
    clock.now += 1
    ledger.write(Record("other.wav", State.READY))
    clock.now += 1
    assert [record.name for record in ledger.recover()] == ["killed.wav"]
    found = ledger.next_ready()
    assert found is not None
    assert found.name == "other.wav"
    assert ledger.counts()[State.WORKING] == 0


def test_twins_have_the_content_and_the_settings_and_are_done(ledger: Ledger) -> None:
    ledger.write(Record("done.wav", State.DONE, sha256="1", settings="s"))
    ledger.write(Record("failed.wav", State.FAILED, sha256="2", settings="s"))
    new = Record("new.wav", State.WORKING)
    assert ledger.twin(new, "1", "s") == "done.wav"
    assert ledger.twin(new, "1", "other") is None
    assert ledger.twin(new, "2", "s") is None
    assert ledger.twin(Record("done.wav", State.WORKING), "1", "s") is None


def test_a_place_has_one_owner(ledger: Ledger) -> None:
    assert ledger.claim("a", "a.wav")
    assert not ledger.claim("a", "a.mp3")
    assert not ledger.claim("a", "a.wav")


def test_a_transaction_is_there_whole_or_not_at_all(ledger: Ledger, tmp_path: Path) -> None:
    def fail() -> None:
        with ledger.transaction():
            ledger.write(Record("a.wav", State.DONE))
            ledger.announce("done", "a.wav", ["command"], {})
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert ledger.records() == []
    assert ledger.next_delivery(["command"]) is None


def test_a_kill_in_the_middle_of_writing_loses_nothing_that_was_committed(tmp_path: Path) -> None:
    """A process that writes without end is killed; what it had told of is there, with its history."""
    path = tmp_path / "ledger.sqlite"
    script = f"""
import sys
from pathlib import Path
from transcribe.watch.ledger import Ledger
from transcribe.watch.records import Record, State
ledger = Ledger(Path({str(path)!r}))
number = 0
while True:
    with ledger.transaction():
        ledger.write(Record(f"{{number}}.wav", State.DONE))
        ledger.announce("done", f"{{number}}.wav", ["webhook"], {{}})
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
        ledger = Ledger(path)
        names = {record.name for record in ledger.records(State.DONE)}
        assert {f"{number}.wav" for number in told} <= names
        assert {moment.name for moment in ledger.history()} == names
        with sqlite3.connect(path) as base:
            assert base.execute("pragma integrity_check").fetchone() == ("ok",)
            assert base.execute("select count(distinct name) from deliveries").fetchone() == (len(names),)
        base.close()
        ledger.close()


def test_another_process_that_writes_is_noticed(ledger: Ledger) -> None:
    before = ledger.changes()
    ledger.write(Record("a.wav", State.FAILED))
    assert ledger.changes() == before
    other = Ledger(ledger.path)
    other.write(Record("a.wav", State.WAITING))
    other.close()
    assert ledger.changes() != before


def test_a_newer_ledger_and_a_damaged_one_are_refused(tmp_path: Path) -> None:
    newer = tmp_path / "newer.sqlite"
    Ledger(newer).close()
    with sqlite3.connect(newer) as base:
        base.execute("pragma user_version = 99")
    base.close()
    with pytest.raises(OutputError, match="newer version"):
        Ledger(newer)
    damaged = tmp_path / "damaged.sqlite"
    damaged.write_bytes(b"this is no database" * 500)
    with pytest.raises(OutputError, match="cannot be used: file is not a database"):
        Ledger(damaged)


def test_messages_are_kept_until_they_are_delivered(ledger: Ledger, clock: Clock) -> None:
    ledger.announce("done", "a.wav", ["command", "webhook"], {"path": "/in/a.wav"})
    first = ledger.next_delivery(["command"])
    assert first is not None
    assert (first.event, first.name, first.tries) == ("done", "a.wav", 0)
    assert f'"id":"{first.id}"' in first.payload
    ledger.delivered(first, "it was not there", wait=60)
    assert ledger.next_delivery(["command"]) is None
    clock.now += 61
    again = ledger.next_delivery(["command"])
    assert again is not None
    assert (again.id, again.tries) == (first.id, 1)
    ledger.delivered(again)
    clock.now += 9999
    assert ledger.next_delivery(["command"]) is None
    assert ledger.deliveries() == {"delivered": 1, "pending": 1}
    hook = ledger.next_delivery(["webhook"])
    assert hook is not None
    ledger.delivered(hook, "it is gone")
    assert ledger.deliveries() == {"delivered": 1, "given up": 1}
    assert [each.state for each in ledger.history("a.wav")] == [
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
        ledger = Ledger(folder / "ledger.sqlite")
        with ledger.transaction():
            modes = {each.name: each.stat().st_mode & 0o777 for each in folder.iterdir()}
        ledger.close()
    finally:
        os.umask(mask)
    assert folder.stat().st_mode & 0o777 == 0o700
    assert "ledger.sqlite-wal" in modes
    assert set(modes.values()) == {0o600}


@pytest.mark.parametrize("back", [3600, 86_400 * 365])
def test_a_clock_that_was_set_back_parks_nothing(ledger: Ledger, clock: Clock, back: float) -> None:
    clock.now = 1e9
    ledger.write(Record("a.wav", State.RETRYING, not_before=clock.now + 1800))
    ledger.announce("done", "b.wav", ["webhook"], {})
    delivery = ledger.next_delivery(["webhook"])
    assert delivery is not None
    ledger.delivered(delivery, "not there", 1800)
    assert ledger.next_ready() is None
    assert ledger.next_delivery(["webhook"]) is None
    clock.now -= back
    ready = ledger.next_ready()
    assert ready is not None
    assert ready.name == "a.wav"
    assert ledger.next_delivery(["webhook"]) is not None


def test_a_place_has_one_keeper(ledger: Ledger) -> None:
    assert ledger.keeper("failed/a", "a.wav") == "a.wav"
    assert ledger.keeper("failed/a", "b.wav") == "a.wav"
    assert not ledger.claim("failed/a", "b.wav")
