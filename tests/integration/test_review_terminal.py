"""Transcripts reviewed in a terminal by single keys, and by scripts."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from desk import SAMPLE
from reviewed import POLICY, SPOT, spotted
from tty_session import TtySession
from warm import Command

from transcribe.core.digest import file_digest
from transcribe.core.errors import PersonNeeded, UsageError
from transcribe.core.processes import python
from transcribe.core.settings import SubtitleSettings
from transcribe.formats.known import render
from transcribe.jobs.approvals import approvals_of
from transcribe.jobs.decisions import decisions_of

PLAYS = """#!{python}
import sys, time, wave
with wave.open(sys.argv[-1]) as sound:
    time.sleep(sound.getnframes() / sound.getframerate())
"""
FAILS = """#!{python}
import sys
sys.exit("no sound card\\x1b[2J")
"""

EDITS = """#!{python}
import pathlib, sys
file = pathlib.Path(sys.argv[-1])
file.write_text(file.read_text("utf-8").replace("lamp", "camp"), "utf-8")
"""


class Place:
    """A folder with a transcript, its recording and a policy, and a player that takes its time."""

    def __init__(self, folder: Path, program: Command) -> None:
        self.folder, self._program = folder / "here", program
        self.programs = folder / "programs"
        for each in (self.folder, self.programs):
            each.mkdir()
        self.document = self.folder / "talk.json"
        episode = spotted()
        recording = self.folder / episode.source.name
        recording.write_bytes(SAMPLE.read_bytes())
        spots = (replace(SPOT, start_ms=15_000, end_ms=15_500),)
        episode = replace(
            episode,
            source=replace(episode.source, sha256=file_digest(recording)),
            coverage=replace(episode.coverage, spots=spots),
        )
        self.document.write_bytes(render(episode, "json", SubtitleSettings()) or b"")
        (self.folder / "talk.txt").write_bytes(render(episode, "txt", SubtitleSettings()) or b"")
        (self.folder / "p.toml").write_text(POLICY, "utf-8")
        self.player(PLAYS)
        kept = {name: value for name, value in os.environ.items() if not name.startswith("TRANSCRIBE_")}
        own = {"HOME": folder, "XDG_CONFIG_HOME": folder / "config", "XDG_CACHE_HOME": folder / "cache"}
        own |= {"XDG_DATA_HOME": folder / "data", "TRANSCRIBE_WORK_DIR": folder / "work"}
        self.environment = kept | {name: str(value) for name, value in own.items()}
        self.environment |= {"PYTHONUTF8": "1", "PATH": str(self.programs), "TERM": "xterm"}
        self.environment.pop("VISUAL", None)
        self.environment.pop("EDITOR", None)

    def player(self, script: str, name: str = "aplay") -> Path:
        path = self.programs / name
        path.write_text(script.format(python=sys.executable), "utf-8")
        path.chmod(0o755)
        return path

    def terminal(self, *arguments: str) -> TtySession:
        return TtySession([*self._program, "review", *arguments], self.folder, self.environment)

    def run(self, *arguments: str) -> tuple[int, str, str]:
        done = subprocess.run(
            [*self._program, "review", *arguments], cwd=self.folder, env=self.environment,
            stdin=subprocess.DEVNULL, capture_output=True, timeout=300, check=False,
        )  # fmt: skip
        return done.returncode, done.stdout.decode(), done.stderr.decode()

    def items(self) -> dict[str, Any]:
        _, said, _ = self.run("talk.json", "--policy", "p.toml", "--json")
        return {each["what"]: each for each in reversed(json.loads(said)[0]["items"])}


@pytest.fixture
def place(tmp_path: Path, program: Command) -> Place:
    return Place(tmp_path, program)


def test_a_review_by_keys_from_the_first_item_to_the_approval(place: Place) -> None:
    desk = place.terminal("talk.json")
    desk.expect("Your name: ")
    desk.type("Żaneta Łoś\n")
    desk.expect("1 of 3, open, not heard: 00:00:15–00:00:15 coverage uncertain")
    desk.type("p")
    desk.expect("any key stops it")
    desk.expect("1 of 3, open, heard")
    desk.type("c")
    desk.expect("A lamp that nobody tends goes out.")
    desk.type(b"\x01Ach! \n")  # to the beginning of the line
    desk.expect("open, not heard: 00:00:30")
    desk.type("r")
    desk.expect("Reason: ")
    desk.type("\n")
    desk.expect("needs a reason")
    desk.type("r")
    desk.expect("Reason: ")
    desk.type("nikt tego nie powiedział\n")
    desk.expect("3 of 3, open")
    desk.type("a")
    desk.expect("1 item is rejected; not approved")
    desk.type("a")
    desk.expect("this cannot be approved: 1 item is rejected")
    desk.type("bba")
    desk.expect("Reason: ")
    desk.type("sprawdzone w źródle\n")
    desk.expect("nothing is open; not approved")
    desk.type("a")
    desk.expect("why it may be published: ")
    desk.type("odsłuchane, źródła sprawdzone\n")
    desk.expect("approved by Żaneta Łoś")
    assert desk.end() == 0
    last = approvals_of(place.document).last
    assert last is not None
    assert (last.who, last.reason, last.changes) == ("Żaneta Łoś", "odsłuchane, źródła sprawdzone", 1)
    assert last.heard == ((13_500, 17_000),)
    assert [each.choice for each in decisions_of(place.document).records] == [
        "correct", "reject", "accept", "accept",
    ]  # fmt: skip
    assert "Ach! A lamp" in (place.folder / "talk.txt").read_text("utf-8")


def test_what_was_stopped_was_heard_in_part_and_a_player_that_fails_plays_nothing(place: Place) -> None:
    desk = place.terminal("talk.json", "--as", "Ala")
    desk.expect("not heard")
    desk.type("p")
    desk.expect("any key stops it")
    desk.type("x")
    desk.expect("1 of 3, open, not heard")
    desk.type("a")
    desk.expect("2 of 3")
    (record,) = decisions_of(place.document).records
    assert sum(end - start for start, end in record.heard) < 3000
    place.player(FAILS)
    desk.type("p")
    assert "\x1b[2J" not in desk.expect("aplay failed: no sound card")
    desk.expect("2 of 3, open, not heard")
    place.player("#!{python}\n")
    desk.type("p")
    desk.expect("nothing was heard")
    (place.programs / "aplay").unlink()
    desk.type("b")
    desk.expect("1 of 3")
    desk.type("q")
    assert desk.end() == PersonNeeded.exit_code


def test_without_a_player_or_with_another_recording_nothing_is_heard(place: Place) -> None:
    (place.programs / "aplay").unlink()
    desk = place.terminal("talk.json", "--as", "Ala")
    desk.expect("not heard")
    desk.type("p")
    desk.expect("there is no program that plays sound")
    place.player(PLAYS)
    (place.folder / "lighthouses.mp3").write_bytes(b"another")
    desk.type("p")
    desk.expect("is not the recording that was transcribed")
    desk.type("aq")
    assert desk.end() == PersonNeeded.exit_code
    assert decisions_of(place.document).records[0].heard == ()


def test_an_editor_corrects_lines(place: Place) -> None:
    place.environment["EDITOR"] = f"'{place.player(EDITS, 'my editor')}' --wait"
    desk = place.terminal("talk.json", "--as", "Ala", "--policy", "p.toml")
    desk.expect("coverage uncertain")
    desk.type("e")
    desk.expect("2 of")
    desk.type("q")
    desk.end()
    assert "A camp that nobody tends" in (place.folder / "talk.txt").read_text("utf-8")
    assert [each.choice for each in decisions_of(place.document).records] == ["correct"]


def test_a_window_that_is_closed_and_a_kill_lose_nothing(place: Place) -> None:
    desk = place.terminal("talk.json", "--as", "Ala")
    desk.expect("1 of 3")
    desk.type("a")
    desk.expect("2 of 3")
    desk.close()
    desk.child.wait(60)
    assert len(decisions_of(place.document).records) == 1
    again = place.terminal("talk.json", "--as", "Ala")
    again.expect("2 of 3, open")
    again.child.send_signal(signal.SIGKILL)
    again.child.wait(60)
    command = python("-m", "transcribe", "review", "talk.json", "--as", "Ala")
    third = TtySession(command, place.folder, place.environment)
    third.expect("2 of 3, open")
    third.type(b"\x03")
    assert third.end() == 130


def test_two_reviewers_at_once_are_told_of_each_other(place: Place) -> None:
    ala, ben = (place.terminal("talk.json", "--as", who) for who in ("Ala", "Ben"))
    ala.expect("1 of 3")
    ben.expect("1 of 3")
    ala.type("r")
    ala.expect("Reason: ")
    ala.type("it is wrong\n")
    ala.expect("2 of 3")
    ben.type("a")
    ben.expect("meanwhile Ala decided about this: reject: it is wrong")
    ben.expect("2 of 3")
    ben.type("b")
    ben.expect("open again: reviewers who did not know of each other decided differently")
    for each in (ala, ben):
        each.type("q")
        assert each.end() == PersonNeeded.exit_code


def test_scripts_decide_and_approve(place: Place) -> None:
    items = place.items()
    code, said, _ = place.run("talk.json", "--policy", "p.toml", "--list")
    assert code == PersonNeeded.exit_code
    assert "7 open, 0 accepted" in said
    assert ">lamp<" in said
    ids = [option for each in items.values() for option in ("--accept", each["id"])]
    policy = ("talk.json", "--policy", "p.toml", "--as", "Ala")
    code, _, error = place.run(*policy, *ids)
    assert (code, "needs a reason" in error) == (UsageError.exit_code, True)
    code, said, _ = place.run(*policy, *ids, "--reason", "w porządku")
    assert code == PersonNeeded.exit_code
    assert "open, 6 accepted" in said
    left = [
        each["id"]
        for each in json.loads(place.run(*policy, "--json")[1])[0]["items"]
        if each["state"] == "open"
    ]
    code, said, _ = place.run(*policy, "--accept", *left, "--reason", "tak", "--approve")
    assert (code, "approved by Ala" in said) == (0, True)
    code, said, _ = place.run(*policy, "--reject-all", "--reason", "źródło zmarło")
    assert (code, "rejected by Ala: źródło zmarło" in said) == (0, True)
    assert place.run("talk.json", "--policy", "p.toml", "--list")[0] == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "this is none"),
        (("--accept", "0" * 12, "--as", "Ala"), "there is no item '000000000000'"),
        (("--approve", "--reject-all", "--as", "A", "--reason", "b"), "contradict each other"),
        (("--approve", "--as", "A", "--reason", "b"), "cannot be approved: 3 items are open"),
        (("--reject-all", "--as", "A"), "needs a reason"),
        (("--reject-all", "--reason", "A"), "has the name of a person"),
        (("talk.json", "--approve"), "decisions are about one transcript"),
        (("--policy", "none.toml", "--list"), "none.toml"),
    ],
)
def test_what_makes_no_sense_is_refused(place: Place, arguments: tuple[str, ...], message: str) -> None:
    before = sorted(place.folder.iterdir())
    code, _, error = place.run("talk.json", *arguments)
    assert message in error
    assert code in (UsageError.exit_code, PersonNeeded.exit_code, 3)
    assert sorted(place.folder.iterdir()) == before
