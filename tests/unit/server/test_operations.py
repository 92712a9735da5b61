"""For whoever runs the server: numbers, room, a folder that is copied, a clock that is set back."""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path

import httpx2
import pytest
from counter import Counter, Servant, eventually

from transcribe.core.errors import OutputError
from transcribe.jobs.queue import QueuedJob, State
from transcribe.server.errors import Refused
from transcribe.server.intake.room import Quota, folder_bytes
from transcribe.server.intake.uploads import Limits, _Parts

JOBS = "/v1/jobs"
Samples = dict[str, float]


def submit(client: httpx2.Client, content: bytes) -> httpx2.Response:
    return client.post(JOBS, files={"file": ("a.wav", content)})


def code(response: httpx2.Response) -> tuple[int, str]:
    return response.status_code, response.json()["error"]["code"]


def metrics(client: httpx2.Client) -> Samples:
    parser = pytest.importorskip("prometheus_client.parser", reason="it is in the group dev")
    families = list(parser.text_string_to_metric_families(client.get("/metrics").text))
    assert all(each.documentation and each.type != "unknown" for each in families)
    found: Samples = {}
    for family in families:
        for sample in family.samples:
            name = "".join([sample.name, *sample.labels.values()])
            assert name not in found
            found[name] = sample.value
    return found


def test_the_numbers_are_read_by_prometheus(counter: Counter) -> None:
    counter.limits = Limits(quota=Quota(counter.folder, 10**9))
    with counter.serving() as client:
        empty = metrics(client)
        submit(client, b"60 a")
        eventually(lambda: metrics(client)["transcribe_jobsdone"])
        full = metrics(client)
    assert set(empty) == set(full) == {
        *(f"transcribe_jobs{each}" for each in ("queued", "working", "done", "failed", "cancelled")),
        "transcribe_uploads", "transcribe_paused", "transcribe_heard_seconds_total",
        "transcribe_wait_seconds_sum", "transcribe_wait_seconds_count",
        "transcribe_free_bytes", "transcribe_quota_bytes", "transcribe_data_bytes",
    }  # fmt: skip
    assert (empty["transcribe_heard_seconds_total"], full["transcribe_heard_seconds_total"]) == (0, 60)
    assert full["transcribe_wait_seconds_count"] == 1
    assert full["transcribe_quota_bytes"] == 10**9
    assert full["transcribe_data_bytes"] > 4


def test_a_folder_with_a_quota_takes_no_more_than_that_and_loses_nothing(counter: Counter) -> None:
    with counter.serving() as client:
        first = submit(client, b"2 a").json()["id"]
        eventually(lambda: client.get(f"{JOBS}/{first}").json()["state"] == "done")
    used = folder_bytes(counter.folder)  # the database folds its journal in as it closes
    counter.limits = Limits(quota=Quota(counter.folder, used + 100_000))
    with counter.serving() as client:
        too_much = submit(client, b"2 b".ljust(200_000))
        assert code(too_much) == (507, "quota_full")
        assert "delete jobs" in too_much.json()["error"]["message"]
        assert [*(counter.folder / "incoming").iterdir()] == []
        assert submit(client, b"2 c").status_code == 202
        assert client.get(f"{JOBS}/{first}/results/json").status_code == 200
        assert metrics(client)["transcribe_data_bytes"] >= used


def test_what_comes_in_counts_at_once_and_what_is_removed_when_it_is_looked_again(tmp_path: Path) -> None:
    now = 0.0
    quota = Quota(tmp_path, 1000, lambda: now)
    quota.take(600)
    with pytest.raises(Refused):
        quota.take(600)
    now += 11
    quota.take(600)  # nothing was written
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "a").write_bytes(bytes(900))
    (tmp_path / "link").symlink_to(tmp_path / "folder")
    now += 11
    assert quota.used() == 900 + (tmp_path / "link").lstat().st_size


def test_a_disk_that_is_full_in_mid_upload_is_told_and_the_next_upload_is_taken(
    counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: _Parts, block: bytes) -> None:
        self.handle.write(block[:10])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with counter.serving() as client:
        with monkeypatch.context() as patch:
            patch.setattr(_Parts, "write", full)
            answer = submit(client, b"2 a")
        assert code(answer) == (507, "disk_full")
        assert [*(counter.folder / "incoming").iterdir()] == []
        assert submit(client, b"2 a").status_code == 202


def test_a_queue_that_cannot_be_written_is_told_and_nothing_is_half_there(
    counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> QueuedJob:
        raise OutputError("the disk is full") from OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with counter.serving() as client:
        with monkeypatch.context() as patch:
            patch.setattr("transcribe.jobs.queue.Queue.write", full)
            answer = submit(client, b"2 a")
        assert code(answer) == (507, "disk_full")
        assert client.get(JOBS).json()["data"] == []
        name = submit(client, b"2 a").json()["id"]
        eventually(lambda: client.get(f"{JOBS}/{name}").json()["state"] == "done")


def test_a_nearly_full_disk_starts_nothing_until_there_is_room(
    counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    counter.open()
    name = counter.submit("60 a")
    with monkeypatch.context() as patch:
        patch.setattr("transcribe.server.turns.dispatcher.LEAST_FREE", 10**20)
        counter.turn()
        assert "MB are free" in counter.dispatcher.blocked
        assert counter.job(name).state is State.READY
        counter.now += 11
        counter.turn()
        told = [getattr(each, "message", "") for each in counter.told]
        assert len([each for each in told if each.startswith("paused")]) == 1, "it is told once"
    counter.now += 11
    counter.turn()
    assert (counter.job(name).state, counter.dispatcher.blocked) == (State.DONE, "")
    counter.close()


def test_a_copy_of_the_folder_is_a_server_with_the_same_answers(counter: Counter, tmp_path: Path) -> None:
    with counter.serving() as client:
        name = submit(client, b"2 a").json()["id"]
        eventually(lambda: client.get(f"{JOBS}/{name}").json()["state"] == "done")
        before = client.get(f"{JOBS}/{name}/results/srt").content, client.get(JOBS).json()
    shutil.copytree(counter.folder, tmp_path / "backup")
    counter.folder = tmp_path / "backup"
    with counter.serving() as client:
        assert (client.get(f"{JOBS}/{name}/results/srt").content, client.get(JOBS).json()) == before
        assert submit(client, b"2 a").status_code == 200, "it is known already"


def test_times_do_not_run_backwards_when_the_clock_is_set_back(counter: Counter) -> None:
    counter.open()
    at = 1_000_000.0
    counter.store.queue._clock = lambda: at
    name = counter.submit("60 a")
    at -= 86_400
    counter.turn()
    assert counter.job(name).state is State.DONE
    assert counter.dispatcher.waited.seconds == 0
    counter.close()


def test_a_process_that_cannot_be_started_once_is_started_later(
    counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none(_: Servant) -> None:
        raise OSError(errno.EAGAIN, os.strerror(errno.EAGAIN))

    counter.open()
    name = counter.submit("60 a")
    with monkeypatch.context() as patch:
        patch.setattr(Servant, "start", none)
        assert counter.dispatcher._safe_turn() > 1
    for _ in range(3):
        counter.dispatcher._safe_turn()
    assert counter.job(name).state is State.DONE
    counter.close()
