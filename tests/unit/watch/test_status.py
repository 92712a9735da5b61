"""What is told about a watcher, to people and to programs."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest
from click.testing import CliRunner
from desk import read_only

from transcribe.cli.root import root
from transcribe.core.errors import OutputError, UsageError
from transcribe.core.settings import Settings
from transcribe.jobs.fingerprint import fingerprint_of
from transcribe.jobs.notify import Outbox
from transcribe.jobs.queue import Queue, QueuedJob, State
from transcribe.watch.asking import retry
from transcribe.watch.heartbeat import Heartbeat, beat
from transcribe.watch.status import lock_for, read_status


@pytest.fixture
def out(tmp_path: Path) -> Path:
    queue = Queue(tmp_path / ".watch" / "ledger.sqlite")
    queue.write(QueuedJob("a.wav", State.DONE))
    queue.write(QueuedJob("dzień/b.wav", State.FAILED, reason="it is no sound", hint="Check it", attempts=1))
    queue.write(
        QueuedJob("c.wav", State.RETRYING, reason="the worker was killed", attempts=2, not_before=5.0)
    )
    queue.write(QueuedJob("link.wav", State.REFUSED, reason="it is a symbolic link"))
    Outbox(queue).add("failed", "dzień/b.wav", ["webhook"], {})
    queue.close()
    return tmp_path


def invoke(*arguments: str) -> str:
    done = CliRunner().invoke(root, ["watch", *arguments], catch_exceptions=False)
    assert done.exit_code == 0
    return done.output


def test_as_json(out: Path) -> None:
    said = json.loads(invoke("status", "--out", str(out), "--json"))
    assert (said["running"], said["status"]) == (False, "stopped")
    assert (said["counts"]["done"], said["counts"]["failed"], said["messages"]) == (1, 1, {"pending": 1})
    assert [(each["name"], each["reason"]) for each in said["failed"]] == [("dzień/b.wav", "it is no sound")]
    assert said["retrying"][0]["not_before"] == 5.0


def test_as_text(out: Path) -> None:
    said = invoke("status", "--out", str(out))
    assert said.startswith("stopped\n")
    assert "  dzień/b.wav: it is no sound" in said
    assert "messages that wait to be delivered: 1" in said


def test_a_running_watcher_is_told_by_its_lock_and_its_heartbeat(out: Path) -> None:
    folder = out / ".watch"
    beat(folder, Heartbeat(77, 1e9, 1e9, "working", "a.wav", "recognise", {}, "/in", False, True))
    assert not read_status(out, None).running
    with lock_for(folder):
        found = read_status(out, None)
        assert (found.running, found.as_json()["pid"]) == (True, 77)
        assert found.as_lines()[0].startswith("working (process 77): a.wav, recognise")
        with pytest.raises(UsageError, match=r"another watcher \(process 77\)"):
            lock_for(folder)


def test_retry_and_history(out: Path) -> None:
    assert invoke("retry", "--out", str(out)) == "dzień/b.wav\n1 to be done again\n"
    assert invoke("retry", "--out", str(out)) == "nothing has failed\n"
    assert "to be done again, as the user asked" in invoke("history", "--out", str(out), "dzień/b.wav")


def test_retry_of_what_cannot_be(out: Path) -> None:
    queue = Queue(out / ".watch" / "ledger.sqlite")
    queue.write(QueuedJob("x/b.wav", State.FAILED))
    for name, match in (
        ("nothing.wav", "has no file"),
        ("b.wav", "several files"),
        ("link.wav", "is refused"),
    ):
        with pytest.raises(UsageError, match=match):
            retry(queue, [name])
    assert retry(queue, ["a.wav"]) == ["a.wav"]


def test_settings_that_have_a_say_in_what_is_written() -> None:
    same = Settings.of(workers=3, output="elsewhere", force=True, quiet=True)
    assert fingerprint_of(same) == fingerprint_of(Settings())
    assert fingerprint_of(Settings.of(max_line_chars=30)) != fingerprint_of(Settings())
    assert fingerprint_of(Settings.of(model="base")) != fingerprint_of(Settings())


def test_a_damaged_line_is_an_error_and_no_bug(out: Path) -> None:
    ledger = out / ".watch" / "ledger.sqlite"
    base = sqlite3.connect(ledger)
    base.execute("update files set since = 1e300, state = 'eaten' where state = 'failed'")
    base.execute("update history set at = 1e300")
    base.commit()
    base.close()
    for name, *rest in (["status"], ["history", "a.wav"], ["retry", "b.wav"]):
        done = CliRunner().invoke(root, ["watch", name, "--out", str(out), *rest])
        assert isinstance(done.exception, OutputError), done.output
        assert str(ledger) in done.exception.what


def test_looking_writes_nothing_and_works_where_nothing_can_be_written(
    out: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with read_only(out, tmp_path_factory.mktemp("disk")) as place:
        with lock_for(out / ".watch"):
            assert read_status(place, None).running
        found = read_status(place, None)
        assert (found.running, found.counts[State.FAILED]) == (False, 1)
    before = sorted(out.rglob("*"))
    assert not read_status(out, None).running
    assert sorted(out.rglob("*")) == before


def test_a_link_in_the_place_of_the_lock_or_the_heartbeat_is_not_followed(out: Path) -> None:
    folder = out / ".watch"
    other = out / "other"
    other.mkdir()
    beat(other, Heartbeat(77, 1e9, 1e9, "working", "a.wav", "recognise", {}, "/in", False, True))
    with lock_for(other):
        for each in other.iterdir():
            (folder / each.name).symlink_to(each)
        found = read_status(out, None)
    assert (found.running, found.heartbeat) == (False, None)
