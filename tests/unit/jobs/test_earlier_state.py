"""What an earlier version wrote is used, never redone or lost.

`tests/earlier` was written by commit b3136b0: a finished batch (`in`, `out`, `work`), a job that was stopped
after recognition, a ledger with a file in every state, a registered voice.
"""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from season import Season

from transcribe.core.diarisation import Voice
from transcribe.jobs.queue import Queue, State
from transcribe.jobs.queue_file import MIGRATIONS
from transcribe.pipeline.speakers.register import Register

EARLIER = Path(__file__).resolve().parents[2] / "earlier"
NOTES: dict[str, Any] = {"notes": True, "formats": ("txt", "json", "srt")}


@pytest.fixture
def season(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Season:
    shutil.copytree(EARLIER, tmp_path, dirs_exist_ok=True)
    monkeypatch.setenv("TRANSCRIBE_WORK_DIR", str(tmp_path / "work"))
    monkeypatch.chdir(tmp_path)
    return Season(tmp_path)


def test_what_was_published_is_up_to_date(season: Season) -> None:
    assert season.reasons(**NOTES) == {"stopped.wav": "new"}


def test_a_stopped_job_goes_on_with_what_was_recognised(season: Season) -> None:
    report = season.run(formats=("txt",), output="elsewhere")
    assert season.statuses(report)["stopped.wav"] == "done"
    assert season.studio.heard == 0
    assert (season.folder / "elsewhere" / "stopped.txt").read_text("utf-8") == "Dzień dobry.\n"


def test_finished_episodes_and_notes_are_rendered_and_not_made_again(season: Season) -> None:
    before = {path.name: path.read_bytes() for path in (season.folder / "out").glob("[ab].*")}
    report = season.run(**NOTES, redo=True)
    assert set(season.statuses(report).values()) == {"done"}
    assert (season.studio.heard, season.studio.loaded) == (0, 0)
    assert {path.name: path.read_bytes() for path in (season.folder / "out").glob("[ab].*")} == before


def test_a_ledger_keeps_every_file_in_its_state(season: Season) -> None:
    queue = Queue(season.folder / "ledger.sqlite")
    known = queue.known()
    states = set(State) - {State.CANCELLED, State.UNAPPROVED}  # which it did not know
    assert len(known) == len(states)
    assert {state for state, _ in known.values()} == states
    name = next(name for name, (state, _) in known.items() if state is State.DONE)
    job = queue.job(name)
    assert job is not None
    assert os.fsencode(name).endswith(b"-\xff.wav")
    assert [output.path for output in job.outputs] == ["/out/a.txt"]
    assert not any(each.alone for each in queue.jobs())
    assert queue.file.query("pragma user_version") == [(len(MIGRATIONS),)]
    assert queue.write(replace(job, alone=True)) == queue.job(name)
    assert len(queue.history()) == len(known) + 1
    queue.close()


def test_a_registered_voice_is_known(season: Season) -> None:
    assert Register(season.folder / "voices").voices("diariser 1") == (Voice("Ala Łódź", (1.0, 0.0)),)
