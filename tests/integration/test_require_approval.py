"""`--require-approval` as people start it: nothing is in the published folder before somebody approved."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from trace import trace, why_not

import pytest
from desk import PATIENCE_SECONDS, Desk
from test_watch import Place

from transcribe.control.verify import verify
from transcribe.jobs.approvals import approve
from transcribe.jobs.correct import opened
from transcribe.jobs.queue import State

pytestmark = pytest.mark.real

GATED = ("--require-approval", "--model", "tiny.en", "--language", "en")
PYTHON = (sys.executable, "-m", "transcribe")


def published(desk: Desk) -> set[str]:
    out = desk.folder / "out"
    found = {str(each.relative_to(out)) for each in out.rglob("*") if not each.is_dir()}
    return {each for each in found if not each.startswith(".watch")}


def waiting(desk: Desk) -> set[str]:
    names = {each.name for each in (desk.folder / "out-waiting").iterdir() if each.is_file()}
    return {each for each in names if each[0] != "."} - {"report.json"}


def approved(document: Path) -> None:
    approve(opened(document), "Ala", "heard it all")


@pytest.fixture
def season(desk: Desk, clip: Path) -> Desk:
    (desk.folder / "in").mkdir()
    shutil.copy(clip, desk.folder / "in" / "talk.wav")
    return desk


def test_a_batch_waits_says_so_and_publishes_what_is_approved(season: Desk) -> None:
    first = season.run("batch", "in", "-o", "out", *GATED)
    assert (first.code, (season.folder / "out").exists()) == (13, False)
    assert "waiting for approval" in first.stderr
    report = json.loads((season.folder / "out-waiting/report.json").read_bytes())
    assert (report["counts"], report["files"][0]["reason"]) == ({"unapproved": 1}, "nobody has approved it")
    plan = season.run("batch", "in", "-o", "out", *GATED, "--dry-run")
    assert plan.code == 0
    assert plan.stdout.decode().startswith("wait ")
    assert "waiting for approval: nobody has approved it" in plan.stdout.decode()
    shutil.rmtree(season.work)
    assert season.run("batch", "in", "-o", "out", *GATED).code == 13
    assert not list(season.work.glob("*/*"))  # nothing was begun

    approved(season.folder / "out-waiting/talk.json")
    assert season.run("batch", "in", "-o", "out", *GATED).code == 0
    assert {"talk.txt", "talk.srt", "talk.vtt", "talk.json", "talk.approvals.json"} <= published(season)
    assert waiting(season) == set()
    assert verify(season.folder / "out").good
    assert season.run("verify", "out").code == 0


def test_a_single_run_waits_too_and_everything_for_a_host_is_as_without_approval(season: Desk) -> None:
    gated = ("in/talk.wav", "-o", "out", "--publish", *GATED)
    first = season.run(*gated)
    assert (first.code, (season.folder / "out").exists()) == (13, False)
    assert "waits for approval" in first.error()
    assert season.run(*gated).code == 13
    approved(season.folder / "out-waiting/talk.json")
    assert season.run(*gated).code == 0
    assert season.run("in/talk.wav", "-o", "plain", "--publish", "--manifest", *GATED[1:]).code == 0
    plain = {each.name for each in (season.folder / "plain").iterdir() if each.is_file()}
    kept = {f".transcribe/{each}" for each in ("lock", "head", "waiting", "talk.wav.json")}
    assert published(season) == plain | {"talk.approvals.json"} | kept
    for each in plain:
        assert (season.folder / "out" / each).read_bytes() == (season.folder / "plain" / each).read_bytes()


@pytest.mark.skipif(bool(why_not()), reason=why_not())
def test_no_process_touches_the_published_folder_before(season: Desk, tmp_path: Path) -> None:
    (season.folder / "out").mkdir()
    command = [*PYTHON, "batch", "in", "-o", "out", *GATED]
    seen = trace(command, season.folder, season.environment, tmp_path / "logs", PATIENCE_SECONDS)
    assert seen.code == 13, seen.output
    out = season.folder / "out"
    assert [each for each in seen.written if each == out or each.is_relative_to(out)] == []
    assert [each for each in seen.written if each.is_relative_to(season.folder / "out-waiting")]


@pytest.mark.parametrize("files", [1, 2, 4, 6])
def test_a_kill_between_approval_and_the_last_file_is_mended(season: Desk, files: int) -> None:
    arguments = ("batch", "in", "-o", "out", *GATED)
    assert season.run(*arguments).code == 13
    approved(season.folder / "out-waiting/talk.json")
    out = season.folder / "out"
    child = subprocess.Popen(
        [*PYTHON, *arguments],
        cwd=season.folder,
        env=season.environment,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    while child.poll() is None and not (out.exists() and len(list(out.iterdir())) >= files):
        time.sleep(0.0005)
    if child.poll() is None:
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()
    assert season.run(*arguments).code == 0
    assert season.run(*arguments).code == 0
    assert {"talk.txt", "talk.srt", "talk.vtt", "talk.json", "talk.approvals.json"} <= published(season)
    assert waiting(season) == set()
    assert verify(out).good


def test_an_approval_that_holds_no_more_publishes_nothing(season: Desk) -> None:
    arguments = ("batch", "in", "-o", "out", *GATED)
    assert season.run(*arguments).code == 13
    document = season.folder / "out-waiting/talk.json"
    approved(document)
    exported = season.run("corrections", "export", "out-waiting/talk.json")
    (season.folder / "talk.txt").write_bytes(exported.stdout.replace(b"best of times", b"best of chimes"))
    assert season.run("corrections", "apply", "out-waiting/talk.json", "talk.txt", "--by", "Ola").code == 0
    shown = season.run(*arguments)
    assert (shown.code, (season.folder / "out").exists()) == (13, False)
    assert "it was changed since Ala approved it" in shown.stderr
    approved(document)
    assert season.run(*arguments).code == 0
    assert "best of chimes" in (season.folder / "out/talk.txt").read_text()
    assert "talk.corrections.json" in published(season)


def test_names_that_are_no_text_and_two_of_one_name(desk: Desk, clip: Path) -> None:
    odd = os.fsdecode(b"caf\xe9 \xff")
    for folder in (odd, "b"):
        (desk.folder / "in" / folder).mkdir(parents=True)
        shutil.copy(clip, desk.folder / "in" / folder / f"{odd}.wav")
    arguments = ("batch", "in", "-o", "out", *GATED)
    assert desk.run(*arguments).code == 13
    approved(desk.folder / "out-waiting" / odd / f"{odd}.json")
    assert desk.run(*arguments).code == 13
    assert f"{odd}/{odd}.txt" in published(desk)
    assert not (desk.folder / "out/b").exists()
    assert verify(desk.folder / "out" / odd).good


def test_a_watched_folder_waits_and_publishes_what_is_approved(desk: Desk, clip: Path) -> None:
    place = Place(desk)
    place.drop("take.wav", clip)
    place.drop("take.WAV", clip, 100)
    with place.watching("--require-approval"):
        place.until(lambda states: list(states.values()) == [State.UNAPPROVED] * 2)
        assert published(desk) == set()
        first, second = sorted((desk.folder / "out-waiting").glob("take*.json"))  # take.json, take.wav.json
        assert first.stem == "take"
        approved(second)
        place.until(lambda states: State.DONE in states.values())
        assert {f"{second.stem}.txt", second.name, f"{second.stem}.approvals.json"} <= published(desk)
        assert "take.txt" not in published(desk)
    status = desk.run("watch", "status", "--out", "out")
    assert "1  unapproved" in status.stdout.decode()


def test_what_makes_no_sense_is_refused(season: Desk) -> None:
    assert "needs a folder" in season.refuses(2, "in/talk.wav", *GATED)
    assert "lies in the other" in season.refuses(
        2, "batch", "in", "-o", "out", "--waiting", "out/waiting", *GATED
    )
    assert "Add --require-approval" in season.refuses(2, "in/talk.wav", "-o", "out", "--policy", "x.toml")
    (season.folder / "transcribe.toml").write_text("require_approval = false\n")
    shown = season.run("config", "show", environment={"TRANSCRIBE_REQUIRE_APPROVAL": "1"})
    assert "TRANSCRIBE_REQUIRE_APPROVAL" in shown.stdout.decode()
