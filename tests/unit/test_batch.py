"""What a threshold does, and in which order recordings are done."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest
from season import Season

from transcribe.batch import transcribe_jobs
from transcribe.episode import Coverage, Spot
from transcribe.errors import EngineError, GateError, Interrupted
from transcribe.notes.writer import Writer
from transcribe.pipeline import open_workspace
from transcribe.progress import Covered, Event, FileFinished, StageStarted, Warned, silent
from transcribe.records import read_record
from transcribe.reporting import Reporter
from transcribe.stages.probe import probe
from transcribe.stages.publish import Target
from transcribe.stages.tagging import Editor
from transcribe.transcribing import judge

GAP = Coverage(10_000, 1_000, 0, 0, (Spot(0, 1_000, "missing", "no words were recognised"),))


def test_coverage_is_told_whether_it_is_enough_or_not() -> None:
    told: list[Event] = []
    judge("talk.mp3", GAP, 0, told.append)
    judge("talk.mp3", GAP, 90, told.append)
    summary = "90 % of speech covered, 1 spot to check"
    assert told == [Covered("talk.mp3", GAP.percent, 1, summary)] * 2
    with pytest.raises(
        GateError, match=r"less than 90\.1 % .* talk\.mp3 .* \(90 % of speech covered"
    ) as raised:
        judge("talk.mp3", GAP, 90.1, told.append)
    assert raised.value.exit_code == 12
    assert len(told) == 3


@pytest.fixture
def season(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Season:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TRANSCRIBE_WORK_DIR", str(tmp_path / "work"))
    monkeypatch.setenv("TRANSCRIBE_CONFIG", str(tmp_path / "no.toml"))
    return Season(tmp_path)


def test_what_another_run_works_on_holds_up_nobody_else(season: Season) -> None:
    season.record("a.wav", "b.wav", "c.wav")
    engines, settings = season.studio.engines(), season.settings()
    theirs = open_workspace(probe(Path("in/a.wav"), None, season.studio), settings, engines)
    assert theirs.lock()
    finished: list[str] = []

    def tell(event: Event) -> None:
        if isinstance(event, FileFinished):
            finished.append(event.name)
        if finished == ["in/b.wav", "in/c.wav"]:
            theirs.unlock()

    report = transcribe_jobs([each.job for each in season.plan().due], settings, engines, lambda _: tell)
    assert finished == ["in/b.wav", "in/c.wav", "in/a.wav"]
    assert report.exit_code == 0
    assert season.studio.loaded == 1


def test_what_is_over_before_its_turn_is_told_also_when_the_run_is_stopped(season: Season) -> None:
    season.record("a.wav", "b.wav")
    season.run()
    season.record("a.wav", content="another take")
    plan, engines = season.plan(redo=True), season.studio.engines()
    reporter = Reporter(plan, engines)

    def stop(event: Event) -> None:
        if isinstance(event, StageStarted) and event.stage == "stitch":
            raise Interrupted("interrupted")

    with pytest.raises(Interrupted):
        season.work_on(plan, engines, reporter, stop)
    assert season.statuses(reporter.report) == {"a.wav": "waiting", "b.wav": "done"}


def test_recordings_with_the_same_content_are_recognised_once(season: Season) -> None:
    season.record("a.wav", "b.wav", content="the same take")
    assert set(season.statuses(season.run()).values()) == {"done"}
    assert season.studio.decoded == ["a.wav"]
    assert Path("out/a.txt").read_bytes() == Path("out/b.txt").read_bytes()


def test_notes_whose_writer_failed_are_tried_again(season: Season) -> None:
    def fail() -> Writer:
        raise EngineError("the server is gone")

    season.record("a.wav")
    options: dict[str, Any] = {"notes": True, "writer": "ollama:x"}
    (decision,) = season.plan(**options).due
    engines, told = season.studio.engines(), list[Event]()
    report = transcribe_jobs([decision.job], season.settings(**options), engines, lambda _: told.append, fail)
    assert report.exit_code == 0
    assert any(isinstance(event, Warned) and "the server is gone" in event.message for event in told)
    assert season.reasons(**options) == {"a.wav": "missing or out of date: a.txt, a.json, a.review.md"}
    season.clean()
    assert season.statuses(season.run(**options)) == {"a.wav": "done"}, "they are ours to be replaced"


def test_a_sound_file_that_went_wrong_is_tried_again(season: Season, monkeypatch: pytest.MonkeyPatch) -> None:
    season.record("a.wav")
    target = Target("sound bite 1", Path("out/a.soundbite-1.mp3"))
    (decision,) = season.plan().due
    job = replace(decision.job, sound=((target,),))
    engines = replace(season.studio.engines(), editor=cast(Editor, object()))
    monkeypatch.setattr("transcribe.transcribing.sound_of", lambda *_: b"a clip")
    monkeypatch.setattr("transcribe.transcribing.publish_sound", lambda *_, **__: ())
    transcribe_jobs([job], season.settings(), engines, lambda _: silent)
    assert job.memory is not None
    record = read_record(job.memory.path)
    assert record is not None
    assert "a.txt" in record.files
    assert job.memory.missing(record, job.files) == ["a.soundbite-1.mp3"]
