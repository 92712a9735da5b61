"""What waits for approval in a watched folder: not done again, and published once it is approved."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from obedient import Studio

from transcribe.jobs.messages import Unapproved
from transcribe.jobs.notify import WEBHOOK, Delivery
from transcribe.jobs.queue import State
from transcribe.watch.approving import EVERY_S, Approving
from transcribe.watch.asking import retry
from transcribe.watch.status import read_status

NOBODY = "nobody has approved it"


class Gated(Studio):
    """A watch folder where approval is required.

    Attributes:
        reason: What is said of everything that waits.
        asked: How often it was asked.
    """

    reason = NOBODY
    asked = 0

    def open(self) -> None:
        super().open()
        self.waiting = self.folders.out.parent / "waiting"
        self.waiting.mkdir(exist_ok=True)
        self.working.approving = Approving(self.waiting, None, self.says, self.queue, lambda: self.now)

    def says(self, _document: Path) -> str:
        self.asked += 1
        return self.reason

    def hold(self, name: str, content: bytes = b"sound") -> Path:
        """Put a file into the folder, of which the results wait."""
        self.drop(name, content)
        document = (self.waiting / name).with_suffix(".json")
        document.parent.mkdir(parents=True, exist_ok=True)
        document.write_text("{}")
        self.worker.answers = [Unapproved(name, NOBODY)]
        self.run()
        return document

    def touch(self, document: Path) -> None:
        """Say something of a document."""
        document.with_suffix(".approvals.json").write_text("{}")
        self.now += EVERY_S


@pytest.fixture
def studio(tmp_path: Path) -> Gated:
    return Gated(tmp_path)


def test_what_waits_is_not_done_again_and_looked_at_when_somebody_said_something(studio: Gated) -> None:
    document = studio.hold("day/a.wav")
    assert studio.state("day/a.wav") is State.UNAPPROVED
    assert studio.job("day/a.wav").reason == NOBODY
    assert studio.worker.requests[0].waiting == str(studio.waiting / "day")
    studio.now += EVERY_S
    studio.run()
    asked = studio.asked
    studio.now += 100
    studio.run()
    assert (len(studio.worker.requests), studio.asked) == (1, asked)
    studio.reason = "Ola rejected it: a name is wrong"
    studio.touch(document)
    studio.run()
    assert (studio.state("day/a.wav"), studio.job("day/a.wav").reason) == (State.UNAPPROVED, studio.reason)
    studio.reason = ""
    document.with_suffix(".approvals.json").write_text("{ }")
    studio.now += EVERY_S
    studio.run()
    assert studio.state("day/a.wav") is State.DONE
    details = [each.detail for each in studio.queue.history("day/a.wav")]
    assert "approved" in details


def test_what_waits_outlives_a_kill_and_what_is_gone_is_made_anew(studio: Gated) -> None:
    document = studio.hold("a.wav")
    studio.kill()
    studio.run()
    assert studio.state("a.wav") is State.UNAPPROVED
    document.unlink()
    studio.now += EVERY_S
    studio.run()
    assert studio.state("a.wav") is State.DONE
    assert len(studio.worker.requests) == 1  # of the process after the kill


def test_a_double_of_what_is_done_is_published_if_it_waits(studio: Gated) -> None:
    document = studio.hold("a.wav", b"same")
    studio.drop("b.wav", b"same")
    studio.run()
    assert studio.state("b.wav") is State.DONE
    studio.reason = ""
    studio.touch(document)
    studio.run()
    assert studio.state("a.wav") is State.DONE


def test_another_version_and_whoever_asks_have_it_done_again(studio: Gated) -> None:
    studio.hold("a.wav")
    studio.drop("a.wav", b"another take")
    studio.run()
    assert studio.state("a.wav") is State.DONE
    studio.hold("b.wav")
    assert retry(studio.queue, ["b.wav"]) == ["b.wav"]
    assert studio.state("b.wav") is State.WAITING


def test_status_and_a_webhook_tell_of_it(tmp_path: Path) -> None:
    sent: list[dict[str, Any]] = []

    def post(message: Delivery, _values: Mapping[str, str], _stopped: object) -> str:
        sent.append(json.loads(message.payload))
        return ""

    studio = Gated(tmp_path, {(WEBHOOK, "unapproved"): post})
    studio.hold("a.wav")
    for _ in range(3):
        studio.courier.turn()
    studio.courier.close()
    studio.courier.turn()
    assert [(each["event"], each["name"], each["reason"]) for each in sent] == [
        ("unapproved", "a.wav", NOBODY)
    ]
    status = read_status(studio.folders.out, None)
    assert "  a.wav: nobody has approved it" in status.as_lines()
    assert [each["name"] for each in status.as_json()["unapproved"]] == ["a.wav"]
