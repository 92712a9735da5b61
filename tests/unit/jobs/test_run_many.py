"""What a threshold does, and in which order recordings are done."""

from __future__ import annotations

import errno
import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest
from season import Season

from transcribe.core.episode import Coverage, Spot
from transcribe.core.errors import EngineError, GateError, Interrupted, TranscribeError
from transcribe.core.events import (
    Covered,
    Event,
    FileFailed,
    FileFinished,
    MachineAdvanced,
    SegmentRecognised,
    StageStarted,
    Warned,
    silent,
)
from transcribe.core.media import Container
from transcribe.core.recording import Source
from transcribe.core.workspace import Workspace
from transcribe.jobs.memory import read_record
from transcribe.jobs.output import judge
from transcribe.jobs.publish.outputs import Target
from transcribe.jobs.reporter import Reporter
from transcribe.jobs.run_many import transcribe_all, transcribe_jobs
from transcribe.notes.writer import Writer
from transcribe.pipeline.identity import open_workspace
from transcribe.pipeline.ports import Editor, Run
from transcribe.pipeline.stages.probe import probe
from transcribe.pipeline.suspend import Pause, Pausing

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
    run = Run(season.settings(), season.studio.engines())
    theirs = open_workspace(run, probe(Path("in/a.wav"), None, season.studio))
    assert theirs.lock()
    finished: list[str] = []

    def tell(event: Event) -> None:
        if isinstance(event, FileFinished):
            finished.append(event.name)
        if finished == ["in/b.wav", "in/c.wav"]:
            theirs.unlock()

    report = transcribe_jobs([each.job for each in season.plan().due], run, lambda _: tell)
    assert finished == ["in/b.wav", "in/c.wav", "in/a.wav"]
    assert report.exit_code == 0
    assert season.studio.loaded == 1


def test_recordings_that_are_elsewhere_are_waited_for_side_by_side(season: Season) -> None:
    season.record("a.wav", "b.wav", "c.wav", "d.wav")
    away, counts, told = set[str](), list[int](), list[Event]()

    def elsewhere(run: Run, work: Workspace, source: Source, name: str) -> Pausing[None]:
        away.add(source.name)
        counts.append(len(away))
        run.progress(MachineAdvanced(name, "studio-2", "recognise", 1, 2))
        for _ in range(2 if source.name == "a.wav" else 1):
            yield Pause.LOCK
        away.remove(source.name)
        if source.name == "b.wav":
            raise EngineError("studio-2 is on fire")

    run = Run(season.settings(), season.studio.engines(), elsewhere=elsewhere)
    jobs = [each.job for each in season.plan().due]
    ended = transcribe_jobs(jobs, run, lambda _: told.append, lambda: 2)
    assert (sorted(ended.done), max(counts)) == (["in/a.wav", "in/c.wav", "in/d.wav"], 2)
    assert ended.failed == [("in/b.wav", "studio-2 is on fire")]
    first = next(number for number, each in enumerate(told) if isinstance(each, FileFinished | FileFailed))
    machines = [each.name for each in told[:first] if isinstance(each, MachineAdvanced)]
    assert machines[:2] == ["in/a.wav", "in/b.wav"]  # before anything of b.wav has its turn


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


def surprise_in(name: str, error: Exception) -> Callable[[str], None]:
    def surprise(decoded: str) -> None:
        if decoded == name:
            raise error.with_traceback(None)  # as if for the first time

    return surprise


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (
            ValueError("surprise"),
            1,
            "this is a bug in transcribe (ValueError: surprise). Run again with --debug",
        ),
        (MemoryError(), 6, "there is not enough memory"),
        (RecursionError(), 3, "nested too deeply"),
    ],
)
def test_what_nobody_foresaw_costs_one_recording(
    error: Exception, code: int, said: str, season: Season, capsys: pytest.CaptureFixture[str]
) -> None:
    season.record("a.wav", "b.wav", "c.wav")
    season.studio.before_decoding = surprise_in("b.wav", error)
    report = season.run()
    assert season.statuses(report) == {"a.wav": "done", "b.wav": "failed", "c.wav": "done"}
    assert report.exit_code == 10
    (failed,) = [each for each in report.files if each.status == "failed"]
    assert failed.exit_code == code
    assert said in failed.reason
    assert ("--debug" in failed.reason) == (code == 1)
    assert capsys.readouterr().err == ""
    assert season.statuses(season.run(debug=True))["b.wav"] == "failed"
    shown = capsys.readouterr().err
    assert (shown.count("Traceback"), shown.count("in surprise\n    raise error.")) == (1, 1)
    assert shown.splitlines()[-1].startswith(type(error).__name__)
    assert season.studio.decoded == ["a.wav", "c.wav"], "the others are not done again"


@pytest.mark.parametrize("error", [BrokenPipeError(), OSError(errno.ENOSPC, "full", "standard output")])
def test_that_nobody_takes_the_text_any_more_ends_the_run(error: Exception, season: Season) -> None:
    def tell(event: Event) -> None:
        if isinstance(event, SegmentRecognised):
            raise error

    season.record("a.wav", "b.wav")
    with pytest.raises(OSError) as raised:
        season.run(tell=tell)
    assert raised.value is error
    assert season.statuses(season.run()) == {"a.wav": "done", "b.wav": "done"}, "and the next one goes on"


def test_a_signal_that_became_an_error_ends_the_run(season: Season, monkeypatch: pytest.MonkeyPatch) -> None:
    season.record("a.wav", "b.wav")
    season.studio.before_decoding = surprise_in("a.wav", ImportError("numpy"))
    monkeypatch.setattr("transcribe.core.stopping._number", signal.SIGINT)
    with pytest.raises(ImportError, match="numpy"):
        season.run()
    assert season.studio.decoded == []


def test_what_nobody_foresaw_while_planning_costs_one_recording(
    season: Season, monkeypatch: pytest.MonkeyPatch
) -> None:
    season.record("a.wav", "b.wav")
    probe = season.studio.probe

    def surprise(path: Path) -> Container:
        if path.name == "a.wav":
            raise KeyError("surprise")
        return probe(path)

    monkeypatch.setattr(season.studio, "probe", surprise)
    assert season.statuses(season.run()) == {"a.wav": "failed", "b.wav": "done"}


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
    report = transcribe_jobs(
        [decision.job], Run(season.settings(**options), engines, open_writer=fail), lambda _: told.append
    )
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
    monkeypatch.setattr("transcribe.jobs.output.sound_of", lambda *_: b"a clip")
    monkeypatch.setattr("transcribe.jobs.output.publish_sound", lambda *_, **__: ())
    transcribe_jobs([job], Run(season.settings(), engines), lambda _: silent)
    assert job.memory is not None
    record = read_record(job.memory.path)
    assert record is not None
    assert "a.txt" in record.files
    assert job.memory.missing(record, job.files) == ["a.soundbite-1.mp3"]


def test_an_error_of_the_only_recording_is_raised_with_where_it_comes_from(
    season: Season, capsys: pytest.CaptureFixture[str]
) -> None:
    season.record("a.wav")
    season.studio.before_decoding = surprise_in("a.wav", ValueError("surprise"))
    with pytest.raises(TranscribeError, match="this is a bug") as raised:
        transcribe_all(["in/a.wav"], Run(season.settings(debug=True), season.studio.engines()))
    assert isinstance(raised.value.__cause__, ValueError)
    assert capsys.readouterr().err == "", "shown once, by whoever catches it"
