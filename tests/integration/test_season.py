"""`transcribe batch` as people start it: twice, stopped, at the same time, over what is broken."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest
from desk import Desk, make_media
from warm import COLD

pytestmark = pytest.mark.real

MODEL = ("--model", "tiny.en", "--language", "en")
FRESH = {"event": "stage_finished", "stage": "normalise", "resumed": False}
"""What is told once of every recording that is transcribed from its beginning."""


@pytest.fixture
def season(desk: Desk, clip: Path) -> Desk:
    """A desk with a folder `in` of three short recordings, which differ."""
    for number, name in enumerate(("a.wav", "s1/Zażółć 1.wav", "s1/it's.flac")):
        path = desk.folder / "in" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        make_media(path, "-i", str(clip), "-t", str(2 + number))
    return desk


def batch(desk: Desk, *arguments: str, code: int = 0) -> str:
    outcome = desk.run("batch", "in", "-o", "out", *MODEL, *arguments)
    assert outcome.code == code, outcome.stderr
    return outcome.stdout.decode() + outcome.stderr


def report(desk: Desk, path: str = "out/report.json") -> dict[str, Any]:
    read: dict[str, Any] = json.loads((desk.folder / path).read_bytes())
    return read


def events(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines() if line.startswith("{")]


def test_a_season_done_twice(season: Desk) -> None:
    broken = season.folder / "in" / "broken.mp3"
    broken.write_text("this is no sound")
    shown = batch(season, "--dry-run")
    assert "run           2 s  in/a.wav" in shown
    assert "4 recordings, 4 to do, 9 s of audio and 1 of unknown length, time not known" in shown
    assert not (season.folder / "out").exists()
    planned = season.run("batch", "in", "-o", "out", *MODEL, "--dry-run", "--progress", "json")
    told = [json.loads(line) for line in planned.stderr.splitlines()]
    assert (planned.stdout, [each["event"] for each in told]) == (b"", ["file_planned"] * 4 + ["noticed"] * 2)
    assert told[0] == {
        "event": "file_planned", "name": "in/a.wav", "action": "run", "reason": "new", "audio_ms": 2000,
    }  # fmt: skip

    shown = batch(season, code=10)
    assert "[2/4] in/broken.mp3" in shown
    assert "3 transcribed, 1 failed" in shown
    assert "best of times" in (season.folder / "out/s1/it's.txt").read_text()
    first = report(season)
    assert first["counts"] == {"done": 3, "failed": 1}
    assert (first["interrupted"], first["ended"] is not None) == (False, True)
    assert first["files"][0]["coverage_percent"] == 100
    assert first["audio_seconds"] == pytest.approx(9, abs=0.1)
    assert "not a sound or video file" in first["files"][1]["reason"]

    before = season.files()
    assert "4 recordings, 1 to do" in batch(season, "--dry-run")
    assert "failed before: " in batch(season, "--dry-run")
    shown = batch(season, code=10)
    assert "1 failed" in shown
    assert report(season)["counts"] == {"current": 3, "failed": 1}
    changed = {name for name, content in season.files().items() if before.get(name) != content}
    assert {Path(name).name for name in changed} == {"report.json"}

    make_media(broken, "-i", str(season.folder / "in/a.wav"))
    shutil.rmtree(season.work)
    told = events(batch(season, "--retry-failed", "--progress", "json"))
    assert [each["name"] for each in told if each["event"] == "file_started"] == ["in/broken.mp3"]
    assert report(season)["counts"] == {"current": 3, "done": 1}
    assert "nothing to do" in batch(season)


def test_stopped_and_gone_on_with(season: Desk) -> None:
    command = ("batch", "in", "-o", "out", *MODEL)

    def second_begins(event: dict[str, Any]) -> bool:
        return (event["event"], event.get("number")) == ("file_started", 2)

    outcome = season.stop(second_begins, signal.SIGINT, *command)
    assert outcome.code == 130, outcome.stderr
    assert "Run the same command again to continue" in outcome.stderr
    stopped = report(season)
    assert stopped["interrupted"]
    assert stopped["counts"] == {"done": 1, "waiting": 2}
    batch(season)
    again = report(season)
    assert not again["interrupted"]
    assert again["counts"] == {"current": 1, "done": 2}


def test_two_at_once_share_the_work(season: Desk) -> None:
    command = [*COLD, "batch", "in", "-o", "out", *MODEL, "--progress", "json"]
    runs = [
        subprocess.Popen(
            command, cwd=season.folder, env=season.environment, stderr=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    told = [run.communicate(timeout=300)[1] for run in runs]
    assert [run.returncode for run in runs] == [0, 0], told
    fresh = [each for text in told for each in events(text) if each == FRESH]
    assert len(fresh) == 3, told
    final = report(season)
    assert set(final["counts"]) <= {"done", "current"}
    assert sum(final["counts"].values()) == 3
    assert all(each["outputs"] for each in final["files"] if each["status"] == "done")
    season.check("")


def test_lists_feeds_and_places(season: Desk) -> None:
    item = "<item><enclosure url='{}'/></item>"
    items = "".join(
        map(item.format, ("in/a.wav", "in/s1/Za%C5%BC%C3%B3%C5%82%C4%87%201.wav", "https://h/x.mp3"))
    )
    (season.folder / "feed.xml").write_text(f"<rss><channel>{items}</channel></rss>")
    (season.folder / "list.m3u").write_text("in/s1/it's.flac\n")
    outcome = season.run(
        "batch", "feed.xml", "list.m3u", "-o", "out", *MODEL, "-f", "txt", "--report", "r.json"
    )
    assert outcome.code == 0, outcome.stderr
    assert "left out: https://h/x.mp3: " in outcome.stderr
    out = season.folder / "out" / "in"
    assert {path.relative_to(out).as_posix() for path in out.rglob("*.txt")} == {
        "a.txt",
        "s1/Zażółć 1.txt",
        "s1/it's.txt",
    }
    assert report(season, "r.json")["counts"] == {"done": 3, "left_out": 1}


def test_what_is_refused(season: Desk) -> None:
    command = ("batch", "in", "-o", "out", *MODEL)
    twin = season.folder / "in" / "a.mp3"
    make_media(twin, "-i", str(season.folder / "in/a.wav"))
    assert "in/a.mp3 and in/a.wav would both write out/a.txt" in season.refuses(2, *command)
    twin.rename(season.folder / "in" / "report.mp3")
    assert "out/report.json would be the report and belong to in/report.mp3" in season.refuses(2, *command)
    (season.folder / "report.json").write_text("my own report")
    assert "is no report of a batch" in season.refuses(2, "batch", "in", "-o", ".", *MODEL)
    assert "nothing matches" in season.refuses(3, "batch", "in/*.ogg", *MODEL)
    assert "no report that says what failed" in season.refuses(2, *command, "--retry-failed")
    assert "not on this machine" in season.refuses(2, "batch", "https://host.example/a.mp3", *MODEL)


def test_a_disk_that_cannot_be_written(season: Desk) -> None:
    (season.folder / "out").write_text("a file where the folder should be")
    outcome = season.run("batch", "in", "-o", "out", *MODEL)
    assert outcome.code == 4
    assert "out" in outcome.error()


def test_two_machines_share_a_season(season: Desk) -> None:
    shares = [f"{number}/2" for number in (1, 2)]
    done = [_sources(batch(season, "--shard", share, "--dry-run", "--json")) for share in shares]
    assert sorted(name for share in done for name in share) == ["Zażółć 1.wav", "a.wav", "it's.flac"]
    for share in shares:
        batch(season, "--shard", share)
    assert {"a.txt", "it's.txt", "Zażółć 1.txt"} <= {Path(name).name for name in season.files()}
    counts = [
        report(season, f"out/report-{number}-of-2.json")["counts"] for number in (1, 2) if done[number - 1]
    ]
    assert sum(each["done"] for each in counts) == 3
    assert "3 recordings, nothing to do" in batch(season, "--dry-run")


def _sources(planned: str) -> list[str]:
    if "{" not in planned:
        return []  # a share without recordings
    found, _ = json.JSONDecoder().raw_decode(planned, planned.index("{"))
    return [Path(each["source"]).name for each in found["files"]]
