"""A ledger that others read: beside a watcher, after one, damaged, foreign, on a disk that is read only."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from desk import read_only

from transcribe.core.errors import OutputError
from transcribe.jobs.ledger import CHARS, Ledger, LedgerError, Problem, read
from transcribe.jobs.publish.outputs import Published
from transcribe.jobs.queue import Queue, QueuedJob, State
from transcribe.jobs.queue_file import MIGRATIONS, QueueFile


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Of the ledger of a watcher that has ended."""
    path = tmp_path / "ledger.sqlite"
    queue = Queue(path)
    outputs = (Published("/out/dzień/a.txt", "0" * 64), Published("/out/dzień/a.srt", "0" * 64))
    queue.write(QueuedJob("dzień/a.wav", State.WORKING))
    queue.write(QueuedJob("dzień/a.wav", State.DONE, outputs=outputs))
    queue.write(QueuedJob("b\udcff.wav", State.FAILED, reason="it is no sound", hint="Check it", attempts=1))
    queue.write(QueuedJob("c.wav", State.READY))
    queue.close()
    return path


def names(path: Path, *states: State) -> list[str]:
    return [each.name for each in read(path, lambda ledger: ledger.newest(10, *states))]


def problem(path: Path) -> Problem:
    with pytest.raises(LedgerError) as caught:
        read(path, Ledger.counts)
    assert str(path) not in caught.value.why
    return caught.value.problem


def change(path: Path, statement: str) -> None:
    base = sqlite3.connect(path)
    base.executescript(statement)
    base.close()


def test_what_a_watcher_left_is_read_and_nothing_is_written(path: Path) -> None:
    before = {each: (each.read_bytes(), each.stat().st_mtime_ns) for each in path.parent.iterdir()}
    assert list(before) == [path]
    (done,) = read(path, lambda ledger: ledger.entries(State.DONE))
    assert (done.name, done.outputs) == ("dzień/a.wav", ("a.txt", "a.srt"))
    (failed,) = read(path, lambda ledger: ledger.newest(5, State.FAILED, State.REFUSED))
    assert (failed.name, failed.reason, failed.hint) == ("b\udcff.wav", "it is no sound", "Check it")
    assert read(path, Ledger.counts)[State.DONE] == 1
    assert {each: (each.read_bytes(), each.stat().st_mtime_ns) for each in path.parent.iterdir()} == before


def test_it_is_read_while_a_watcher_writes_and_the_watcher_waits_for_nobody(path: Path) -> None:
    queue = Queue(path)
    queue.write(QueuedJob("d.wav", State.DONE))

    def both(ledger: Ledger) -> tuple[int, int]:
        first = ledger.counts()[State.DONE]
        queue.write(QueuedJob("e.wav", State.DONE))
        return first, ledger.counts()[State.DONE]

    assert read(path, both) == (2, 2)  # what was there at one moment
    assert names(path, State.DONE) == ["e.wav", "d.wav", "dzień/a.wav"]
    queue.close()


def test_what_a_killed_watcher_left_in_its_log_is_read(path: Path) -> None:
    if (child := os.fork()) == 0:
        Queue(path).write(QueuedJob("d.wav", State.DONE))
        os._exit(0)
    os.waitpid(child, 0)
    assert path.with_name(f"{path.name}-wal").stat().st_size
    assert names(path, State.DONE) == ["d.wav", "dzień/a.wav"]


def test_a_file_that_changes_while_it_is_read_without_a_log_is_read_again(path: Path) -> None:
    tries: list[int] = []

    def begun(ledger: Ledger) -> int:
        tries.append(1)
        if len(tries) == 1:
            queue = Queue(path)
            queue.write(QueuedJob("d.wav", State.DONE))
            queue.close()
        return ledger.counts()[State.DONE]

    assert read(path, begun) == 2
    assert len(tries) == 2


def test_the_newest_come_first_each_once_and_as_it_is(path: Path) -> None:
    queue = Queue(path)
    queue.write(QueuedJob("d.wav", State.DONE))
    queue.write(QueuedJob("dzień/a.wav", State.WAITING))
    queue.write(QueuedJob("dzień/a.wav", State.DONE))
    queue.write(QueuedJob("d.wav", State.WAITING))
    queue.close()
    assert names(path, State.DONE) == ["dzień/a.wav"]
    assert names(path, State.WAITING, State.READY) == ["d.wav", "c.wav"]
    assert len(read(path, lambda ledger: ledger.newest(1, State.WAITING, State.READY))) == 1


def test_a_ledger_of_the_first_version_is_read_and_stays_one(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    QueueFile(path, MIGRATIONS[:1]).close()
    assert read(path, Ledger.counts)[State.DONE] == 0
    assert read(path, Ledger.messages) == {}
    base = sqlite3.connect(path)
    assert base.execute("pragma user_version").fetchone() == (1,)
    base.close()


def update(path: Path, row: str) -> None:
    """Put something into the row of what failed."""
    change(path, f"update files set {row} where state = 'failed'")  # noqa: S608


LOOPING = (
    "drop table files; create view files as with recursive a(n) as (select 1 union all select n from a) "
    "select n as name from a"
)


def replaced(make: Callable[[Path], None]) -> Callable[[Path], None]:
    """Puts something in the place of the ledger, which lies beside it then."""

    def replace(path: Path) -> None:
        path.rename(path.with_name("other"))
        make(path)

    return replace


DAMAGE: dict[str, Callable[[Path], object]] = {
    "no database": lambda path: path.write_text("no database, but long enough to be looked at" * 100),
    "empty": lambda path: path.write_bytes(b""),
    "another program's": lambda path: change(path, "drop table files; create table notes (a)"),
    "a view": lambda path: change(path, LOOPING),
    "a folder": replaced(Path.mkdir),
    "a pipe": replaced(os.mkfifo),
    "a link": replaced(lambda path: path.symlink_to("other")),
    "the log is a link": lambda path: path.with_name(f"{path.name}-wal").symlink_to("/etc/passwd"),
    "a state": lambda path: change(path, "update files set state = 'eaten'"),
}


@pytest.mark.parametrize("how", DAMAGE)
def test_what_is_damaged_or_foreign_is_said_to_be(path: Path, how: str) -> None:
    DAMAGE[how](path)
    assert problem(path) is Problem.DAMAGED


ROWS = (
    "name = 5",
    "state = 'eaten'",
    "state = x'ff'",
    "since = 1e300",
    "since = 'soon'",
    "since = -1",
    "not_before = x'00'",
    "reason = x'ff'",
    "reason = cast(x'ff' as text)",
    "outputs = 'x'",
    "outputs = '[1]'",
    "outputs = 7",
    "attempts = 'many'",
    "reason = zeroblob(2000000)",
)


@pytest.mark.parametrize("row", ROWS)
def test_a_damaged_row_is_told_by_whoever_reads_it(path: Path, row: str) -> None:
    update(path, row)
    with pytest.raises(LedgerError) as caught:
        read(path, lambda ledger: (ledger.counts(), ledger.entries(*State), ledger.newest(10, *State)))
    assert caught.value.problem is Problem.DAMAGED


@pytest.mark.parametrize("row", [each for each in ROWS if "zeroblob" not in each])
def test_a_damaged_row_is_no_bug_for_the_watcher_either(path: Path, row: str) -> None:
    update(path, row)
    queue = Queue(path)
    with pytest.raises(OutputError, match=r"ledger\.sqlite"):
        queue.jobs()
    queue.close()


def test_a_long_text_is_cut(path: Path) -> None:
    update(path, f"reason = '{'x' * 100_000}'")
    assert {len(each.reason) for each in read(path, lambda ledger: ledger.entries(State.FAILED))} == {CHARS}


def test_a_newer_one_is_not_guessed_at(path: Path) -> None:
    change(path, f"pragma user_version = {len(MIGRATIONS) + 1}")
    assert problem(path) is Problem.NEWER


def test_what_is_not_there_and_what_may_not_be_read(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert problem(path.parent / "nothing" / path.name) is Problem.MISSING
    assert problem(path.with_name("nothing")) is Problem.MISSING
    assert problem(path / "below") is Problem.DAMAGED
    monkeypatch.setattr("os.access", lambda *_: False)  # root may read everything
    assert problem(path) is Problem.DENIED


def test_one_that_takes_for_ever_is_given_up(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("transcribe.jobs.ledger.LONGEST_S", 0.0)
    change(
        path,
        "with recursive n(i) as (select 1 union all select i + 1 from n where i < 20000) "
        "insert into history (name, at, state, detail) select 'x', i, 'seen', '' from n",
    )
    with pytest.raises(LedgerError) as caught:
        read(path, lambda ledger: ledger.newest(10, State.REFUSED))
    assert caught.value.problem is Problem.SILENT


def test_a_disk_that_is_read_only(path: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    with read_only(path.parent, tmp_path_factory.mktemp("disk")) as place:
        assert names(place / path.name, State.DONE) == ["dzień/a.wav"]
        queue = Queue(path)
        queue.write(QueuedJob("d.wav", State.DONE))
        assert names(place / path.name, State.DONE) == ["d.wav", "dzień/a.wav"]
        queue.close()
        assert names(place / path.name, State.DONE) == ["d.wav", "dzień/a.wav"]


def test_a_log_on_a_disk_that_is_read_only(path: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    if (child := os.fork()) == 0:
        Queue(path).write(QueuedJob("d.wav", State.DONE))
        os._exit(0)
    os.waitpid(child, 0)
    with read_only(path.parent, tmp_path_factory.mktemp("disk")) as place:
        assert names(place / path.name, State.DONE) == ["d.wav", "dzień/a.wav"]
        path.with_name(f"{path.name}-shm").unlink()
        assert problem(place / path.name) is Problem.SILENT


def test_outputs_are_told_by_their_names(path: Path) -> None:
    outputs = json.dumps([{"path": "/out/../../etc/passwd", "sha256": ""}])
    update(path, f"outputs = '{outputs}'")
    assert {each.outputs for each in read(path, lambda ledger: ledger.entries(State.FAILED))} == {("passwd",)}
