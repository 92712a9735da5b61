"""Which recordings of a batch are done, and why; and that nothing of anybody's is lost by it."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from season import Season
from studio import BROKEN

from transcribe.core.errors import InputError, UsageError
from transcribe.core.events import Event, FileSkipped
from transcribe.jobs.due import plan_batch
from transcribe.jobs.find import find_recordings
from transcribe.jobs.reporter import Reporter
from transcribe.pipeline.stages import probe


@pytest.fixture
def season(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Season:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TRANSCRIBE_WORK_DIR", str(tmp_path / "work"))
    monkeypatch.setenv("TRANSCRIBE_CONFIG", str(tmp_path / "no.toml"))
    made = Season(tmp_path)
    made.record("a.wav", "s1/łąka.wav")
    return made


def test_what_was_done_is_not_done_again(season: Season) -> None:
    assert season.reasons() == {"a.wav": "new", "s1/łąka.wav": "new"}
    report = season.run()
    assert season.statuses(report) == {"a.wav": "done", "s1/łąka.wav": "done"}
    assert Path("out/s1/łąka.txt").read_text("utf-8").strip() == "Dzień dobry."
    assert season.studio.loaded == 1
    assert season.reasons() == {}
    assert {each.reason for each in season.plan().decisions} == {"up to date"}
    again = season.run()
    assert season.statuses(again) == {"a.wav": "current", "s1/łąka.wav": "current"}
    assert again.files[0].outputs == report.files[0].outputs
    assert again.files[0].coverage_percent == report.files[0].coverage_percent
    assert season.studio.decoded == ["a.wav", "łąka.wav"]


def test_a_cleaned_cache_forces_nothing(season: Season) -> None:
    season.run()
    season.clean()
    assert season.reasons() == {}


def test_results_that_were_moved_are_known(season: Season) -> None:
    season.run()
    season.clean()
    Path("out").rename("elsewhere")
    assert season.reasons(output="elsewhere") == {}
    assert season.statuses(season.run(output="elsewhere", model="better")) == {
        "a.wav": "done",
        "s1/łąka.wav": "done",
    }


def test_a_recording_that_changed_is_done_again_and_its_files_are_replaced(season: Season) -> None:
    season.run()
    before = Path("out/a.json").read_bytes()
    season.record("a.wav", content="another take")
    assert season.reasons() == {"a.wav": "the recording has changed"}
    assert season.statuses(season.run())["a.wav"] == "done"
    assert Path("out/a.json").read_bytes() != before
    assert season.reasons() == {}


def test_a_recording_is_read_again_only_if_its_size_or_time_changed(
    season: Season, monkeypatch: pytest.MonkeyPatch
) -> None:
    season.run()
    read: list[str] = []

    def digest_of(path: Path) -> str:
        read.append(path.name)
        return probe.digest_of(path)

    monkeypatch.setattr("transcribe.jobs.due.digest_of", digest_of)
    assert season.reasons() == {}
    assert read == []
    os.utime("in/a.wav", (1, 1))
    assert season.reasons() == {}
    assert season.reasons() == {}
    assert read == ["a.wav"], "once, because its new time is remembered"


@pytest.mark.parametrize(
    ("options", "names"),
    [
        ({"max_line_chars": 30}, "max_line_chars"),
        ({"model": "better"}, "model"),
        ({"language": "pl", "beam_size": 5}, "beam_size, language"),
        ({"show_title": "Poranek"}, "show_title"),
        ({"notes": True}, "notes"),
        ({"terms": ("Łódź",)}, "terms"),
    ],
)
def test_settings_that_have_a_say_do_it_all_again(
    season: Season, options: dict[str, Any], names: str
) -> None:
    season.run()
    season.clean()
    reasons = season.reasons(**options)
    assert set(reasons) == {"a.wav", "s1/łąka.wav"}
    assert all(reason.startswith(f"settings changed: {names}") for reason in reasons.values())
    assert set(season.statuses(season.run(**options)).values()) == {"done"}
    assert season.reasons(**options) == {}


@pytest.mark.parametrize(
    "options", [{"workers": 3}, {"progress": "plain"}, {"fail_under": 50}, {"writer": "ollama:x"}]
)
def test_settings_that_have_none_do_not(season: Season, options: dict[str, Any]) -> None:
    season.run()
    assert season.reasons(**options) == {}


def test_templates_and_prompts_have_a_say(season: Season) -> None:
    template = Path("mine.md.j2")
    template.write_text("{{ title }}")
    season.run(template=template)
    template.write_text("# {{ title }}")
    assert season.reasons(template=template)["a.wav"] == "settings changed: template"
    season.run(template=template)
    Path("templates").mkdir()
    Path("templates/notes.md.j2").write_text("x")
    Path("templates/unrelated.bin").write_text("x")
    assert season.reasons(template=template)["a.wav"] == "settings changed: templates"


def test_what_is_missing_is_made_and_nothing_is_recognised_for_it(season: Season) -> None:
    season.run()
    Path("out/a.txt").unlink()
    assert season.reasons() == {"a.wav": "missing or out of date: a.txt"}
    heard = season.studio.heard
    season.run()
    assert Path("out/a.txt").exists()
    assert season.reasons(formats=("txt", "srt"))["a.wav"] == "missing or out of date: a.srt"
    season.run(formats=("txt", "srt"))
    assert season.studio.heard == heard
    assert season.reasons() == season.reasons(formats=("srt",)) == {}


def test_a_file_changed_by_hand_is_never_replaced(season: Season) -> None:
    season.run()
    season.clean()
    Path("out/a.txt").write_text("corrected by a person")
    assert season.reasons() == {}
    report = season.run(max_line_chars=30)
    assert season.statuses(report) == {"a.wav": "failed", "s1/łąka.wav": "done"}
    assert "was changed since" in report.files[0].reason
    assert report.files[0].exit_code == 4
    assert Path("out/a.txt").read_text() == "corrected by a person"
    assert season.studio.decoded.count("a.wav") == 1, "refused before any work"
    assert report.exit_code == 10
    assert season.statuses(season.run(max_line_chars=30, force=True))["a.wav"] == "done"


def test_a_file_of_somebody_else_is_never_replaced(season: Season) -> None:
    Path("out").mkdir()
    Path("out/a.txt").write_text("mine")
    assert season.statuses(season.run())["a.wav"] == "failed"
    assert Path("out/a.txt").read_text() == "mine"


def test_failures_stop_nobody_and_are_tried_again(season: Season) -> None:
    season.record("b.wav", "c.wav", content=BROKEN)
    report = season.run()
    assert season.statuses(report) == {
        "a.wav": "done",
        "b.wav": "failed",
        "c.wav": "failed",
        "s1/łąka.wav": "done",
    }
    assert report.exit_code == 10
    assert "is not a sound file" in report.files[1].reason
    season.record("b.wav", "d.wav")
    again = season.run(only_failed=True)
    assert season.statuses(again) == {
        "a.wav": "current",
        "b.wav": "done",
        "c.wav": "failed",
        "d.wav": "waiting",
        "s1/łąka.wav": "current",
    }
    assert again.files[3].reason == "did not fail before"
    assert season.reasons(failed={str(Path("in/c.wav").absolute()): "it was broken"}) == {
        "c.wav": "failed before: it was broken",
        "d.wav": "new",
    }


def test_when_all_or_none_fail(season: Season) -> None:
    season.record("a.wav", "s1/łąka.wav", content=BROKEN)
    assert season.run().exit_code == 11
    season.record("a.wav", "s1/łąka.wav")
    assert season.run().exit_code == 0


def test_only_one_and_it_fails(season: Season) -> None:
    shutil.rmtree("in/s1")
    season.record("a.wav", content=BROKEN)
    assert season.run().exit_code == 11


def test_results_beside_the_recordings(season: Season) -> None:
    Path("out").mkdir()
    season.run(output="")
    assert Path("in/s1/łąka.txt").exists()
    assert season.reasons(output="") == {}


def test_two_recordings_that_would_write_one_file_are_refused_before_any_work(season: Season) -> None:
    season.record("a.mp3")
    with pytest.raises(UsageError, match=r"in/a\.mp3 and in/a\.wav would both write out/a\.txt"):
        season.run()
    assert season.studio.decoded == []
    assert not Path("out").exists()


def test_nothing_to_do_and_no_standard_output(season: Season) -> None:
    with pytest.raises(UsageError, match="batch writes files"):
        season.plan(output="-")
    shutil.rmtree("in")
    Path("in").mkdir()
    with pytest.raises(InputError, match="no recordings were found"):
        season.plan()


def test_redo_does_what_is_up_to_date(season: Season) -> None:
    season.run()
    heard = season.studio.heard
    os.utime("in/a.wav", (1, 1))
    assert season.reasons(redo=True) == {"a.wav": "asked for", "s1/łąka.wav": "asked for"}
    assert set(season.statuses(season.run(redo=True)).values()) == {"done"}
    assert season.studio.heard == heard, "what the cache has is not recognised again"


def test_the_length_is_known(season: Season) -> None:
    assert season.plan().audio_ms == 4000
    season.run()
    assert season.plan(max_line_chars=30).audio_ms == 4000


def test_what_another_run_did_meanwhile_is_not_done_again(season: Season) -> None:
    late = season.plan()
    season.run()
    season.clean()
    told: list[Event] = []
    reporter = Reporter(late, season.studio.engines())
    season.work_on(late, season.studio.engines(), reporter, told.append)
    assert [each.name for each in told if isinstance(each, FileSkipped)] == ["in/a.wav", "in/s1/łąka.wav"]
    assert {each.status for each in reporter.report.files} == {"current"}
    assert season.studio.decoded == ["a.wav", "łąka.wav"]


def test_a_recording_that_changes_while_it_is_read_is_done_again(season: Season) -> None:
    def grow(name: str) -> None:
        season.record(name, content="more and more")

    season.studio.before_decoding = lambda name: grow(name) if name == "a.wav" else None
    assert season.statuses(season.run())["a.wav"] == "failed"
    assert not Path("out/a.txt").exists()
    season.studio.before_decoding = lambda name: None
    assert season.statuses(season.run())["a.wav"] == "done"


def test_a_record_that_cannot_be_read_counts_as_not_there(season: Season) -> None:
    season.run()
    Path("out/.transcribe/a.wav.json").write_text("{")
    assert season.reasons() == {"a.wav": "new"}
    assert season.statuses(season.run())["a.wav"] == "done"


def test_names_at_the_limit_of_the_file_system(season: Season) -> None:
    long = "ż" * 125 + ".wav"
    season.record(long)
    season.run()
    assert season.reasons() == {}


def test_the_chapters_of_a_feed_are_those_of_its_recordings(season: Season) -> None:
    mark = "<psc:chapters><psc:chapter start='0' title='Z kanału' href='https://e.org/a'/></psc:chapters>"
    item = f"<item><enclosure url='a.wav'/>{mark}</item>"
    feed = f"<rss xmlns:psc='http://podlove.org/simple-chapters'><channel>{item}</channel></rss>"
    Path("in/feed.xml").write_text(feed, "utf-8")
    settings, engines = season.settings(formats=("chapters",)), season.studio.engines()
    plan = plan_batch(
        find_recordings(["in/feed.xml"], output=Path("out")), settings, engines,
        failed={}, only_failed=False, redo=False,
    )  # fmt: skip
    season.work_on(plan, engines, Reporter(plan, engines, None, None), formats=("chapters",))
    document = json.loads(Path("out/a.chapters.json").read_text("utf-8"))
    assert [(each["title"], each["url"]) for each in document["chapters"]] == [
        ("Z kanału", "https://e.org/a")
    ]
