"""The report of a batch: right at every moment, and never somebody else's file."""

from __future__ import annotations

import json
import runpy
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from season import Season
from studio import BROKEN

from transcribe.core.errors import Interrupted, OutputError, UsageError
from transcribe.core.events import Event, FileFinished, Warned
from transcribe.jobs.report import encoded, failures_of, read_report, schema, summary
from transcribe.jobs.reporter import Reporter, check_report_path

REPORT = Path("out/report.json")
DOCS = Path(__file__).resolve().parents[3] / "docs"


class Clock:
    """Goes on by a second each time somebody looks."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        self.now += 1.0
        return self.now


@pytest.fixture
def season(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Season:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TRANSCRIBE_WORK_DIR", str(tmp_path / "work"))
    monkeypatch.setenv("TRANSCRIBE_CONFIG", str(tmp_path / "no.toml"))
    made = Season(tmp_path)
    made.record("a.wav", "b.wav", "c.wav")
    return made


def on_disk() -> Any:
    return json.loads(REPORT.read_bytes())


def test_it_is_there_at_every_moment_and_after_an_interruption(season: Season) -> None:
    plan, engines = season.plan(), season.studio.engines()
    reporter = Reporter(plan, engines, REPORT, None, Clock())
    reporter.save()
    assert on_disk()["counts"] == {"waiting": 3}
    seen: list[dict[str, int]] = []

    def stop_in_the_third(event: Event) -> None:
        if isinstance(event, FileFinished):
            seen.append(on_disk()["counts"])
            if event.name == "in/c.wav":
                raise Interrupted("interrupted")

    with pytest.raises(Interrupted):
        season.work_on(plan, engines, reporter, stop_in_the_third)
    reporter.end(interrupted=True)
    assert seen == [{"waiting": 3}, {"done": 1, "waiting": 2}, {"done": 2, "waiting": 1}]
    final = on_disk()
    assert (final["interrupted"], final["counts"]) == (True, {"done": 2, "waiting": 1})
    assert final["audio_seconds"] == 4
    assert all(each["wall_seconds"] > 0 for each in final["files"][:2])
    assert list(REPORT.parent.glob(".*.tmp")) == []


def test_it_keeps_to_the_schema(season: Season) -> None:
    season.record("b.wav", content=BROKEN)
    season.run()
    jsonschema.Draft202012Validator.check_schema(schema())
    jsonschema.validate(on_disk(), schema())
    generator = runpy.run_path(str(DOCS / "schema.py"))
    page = (DOCS / "batch.md").read_text("utf-8")
    assert (DOCS / "report.schema.json").read_text("utf-8") == generator["report_text"](), "run make docs"
    assert page == generator["report_page_text"](page), "run make docs"


def test_warnings_stay_with_their_recording_and_are_kept(season: Season) -> None:
    def warn(event: Event) -> None:
        pass

    plan, engines = season.plan(), season.studio.engines()
    reporter = Reporter(plan, engines, REPORT)
    tell = reporter.progress_of(warn)
    for decision in plan.due:
        tell(decision.job)(Warned(f"{decision.job.name} is noisy"))
    assert [each.warnings for each in reporter.report.files] == [
        ["in/a.wav is noisy"],
        ["in/b.wav is noisy"],
        ["in/c.wav is noisy"],
    ]


def test_less_than_was_asked_for_is_a_failure_that_is_published(season: Season) -> None:
    season.studio.words = ()
    report = season.run(fail_under=100)
    assert [each.exit_code for each in report.files] == [12, 12, 12]
    assert {each.status for each in report.files} == {"failed"}
    assert all(Path(each.outputs[0]).exists() for each in report.files)
    assert report.exit_code == 11
    again = season.run(fail_under=100)
    assert [each.reason for each in again.files] == [
        "up to date, but less than 100 % of the speech has words"
    ] * 3
    assert [each.exit_code for each in again.files] == [12, 12, 12]
    assert again.exit_code == 11
    assert season.studio.decoded == ["a.wav", "b.wav", "c.wav"]
    assert season.run().exit_code == 0


def test_what_failed_is_remembered_by_its_path(season: Season) -> None:
    season.record("b.wav", content=BROKEN)
    season.run()
    (path,) = failures_of(read_report(REPORT))
    assert path == str(Path("in/b.wav").absolute())
    assert failures_of(None) == {}


def test_a_report_of_somebody_else_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    assert read_report(path) is None
    for content in ("{}", "mine", '{"schema": "other"}', "[1]"):
        path.write_text(content)
        with pytest.raises(UsageError, match="is no report of a batch"):
            read_report(path)
    path.write_text('{"schema": "transcribe.report", "version": 99}')
    assert read_report(path) is None


def test_a_report_that_would_be_a_result(season: Season) -> None:
    season.record("report.wav")
    with pytest.raises(UsageError, match=r"belong to in/report\.wav, too"):
        check_report_path(REPORT, season.plan())
    with pytest.raises(UsageError, match=r"belong to in/a\.wav, too"):
        check_report_path(Path("in/a.wav"), season.plan())


def test_a_report_that_cannot_be_written_costs_no_transcript(season: Season) -> None:
    plan, engines = season.plan(), season.studio.engines()
    Path("file").write_text("")
    reporter = Reporter(plan, engines, Path("file/report.json"))
    season.work_on(plan, engines, reporter)
    assert {each.status for each in reporter.report.files} == {"done"}
    with pytest.raises(OutputError):
        reporter.end(interrupted=False)
    reporter.end(interrupted=True)


def test_the_summary_is_for_people(season: Season) -> None:
    season.record("b.wav", content=BROKEN)
    report = season.run()
    report.wall_seconds = 0.2
    lines = summary(report, REPORT).splitlines()
    assert lines[0] == "2 transcribed, 1 failed, 4 s of audio in 0 s"
    assert lines[1] == "  failed: in/b.wav is not a sound file. Check that it plays elsewhere"
    assert lines[-1] == "report: out/report.json"
    assert encoded(report).endswith(b"}\n")


def test_only_what_was_recognised_from_the_beginning_says_how_fast_this_machine_is(season: Season) -> None:
    plan, engines = season.plan(), season.studio.engines()
    first = Reporter(plan, engines, None, None, Clock())
    season.work_on(plan, engines, first)
    assert first.measured[0] == 6000
    again = Reporter(season.plan(redo=True), engines, None, None, Clock())
    season.work_on(season.plan(redo=True), engines, again)
    assert again.measured == (0, 0.0)
