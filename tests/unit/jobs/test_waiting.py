"""What waits for approval: where it lies, what it waits for, and that a kill or a change loses nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from season import Season

from transcribe.control.verify import verify
from transcribe.core.approval import Approval
from transcribe.core.corrections.change import changed
from transcribe.core.episode import Word
from transcribe.core.errors import UsageError
from transcribe.core.settings import Settings
from transcribe.jobs import waiting
from transcribe.jobs.approvals import add_approval, approve
from transcribe.jobs.correct import opened
from transcribe.jobs.due import APPROVED, PUBLISHED
from transcribe.jobs.memory import remember_people
from transcribe.jobs.plan import plan_jobs, plan_tracks, waiting_folder

NOBODY = "waiting for approval: nobody has approved it"
EVENING = (Word(100, 900, "Dobry", 0.9), Word(900, 1900, "wieczór.", 0.9))
GATED: dict[str, Any] = {"require_approval": True}


@pytest.fixture
def season(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Season:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TRANSCRIBE_WORK_DIR", str(tmp_path / "work"))
    monkeypatch.setenv("TRANSCRIBE_CONFIG", str(tmp_path / "no.toml"))
    made = Season(tmp_path)
    made.record("łąka.wav")
    return made


DOCUMENT = Path("out-waiting/łąka.json")


def published() -> set[str]:
    return {str(each.relative_to("out")) for each in Path("out").rglob("*") if each.is_file()}


def still_waiting() -> set[str]:
    return {each.name for each in Path("out-waiting").iterdir() if each.name[0] != "."}


def status(season: Season, **options: Any) -> tuple[str, str]:
    report = season.run(**GATED | options)
    return report.files[0].status, report.files[0].reason


def approved(document: Path = DOCUMENT) -> None:
    approve(opened(document), "Ala", "heard it all")


def test_what_is_not_approved_lies_apart(season: Season) -> None:
    assert status(season) == ("unapproved", "nobody has approved it")
    assert not Path("out").exists()
    assert still_waiting() - {"łąka.review.md"} == {"łąka.json", "łąka.html"}
    plan = season.plan(**GATED)
    assert [(each.due, each.current, each.reason) for each in plan.decisions] == [(False, False, NOBODY)]
    decoded = list(season.studio.decoded)
    report = season.run(**GATED)
    assert report.files[0].status == "unapproved"
    assert report.files[0].outputs[0] == str(DOCUMENT.absolute())
    assert (report.exit_code, season.studio.decoded) == (13, decoded)


def test_what_waits_is_counted_once(season: Season) -> None:
    report = season.run(**GATED)
    assert report.audio_seconds == report.files[0].audio_seconds


def test_what_is_approved_is_published_with_its_record_and_waits_no_more(season: Season) -> None:
    season.run(**GATED)
    approved()
    assert season.reasons(**GATED) == {"łąka.wav": APPROVED}
    season.clean()  # what was approved is published, whether the work directory is there or not
    decoded = list(season.studio.decoded)
    assert status(season) == ("done", "")
    assert season.studio.decoded == decoded
    assert {"łąka.json", "łąka.txt", "łąka.approvals.json", ".transcribe/łąka.wav.json"} <= published()
    assert still_waiting() == set()
    assert status(season) == ("current", "up to date")
    manifest = json.loads(Path("out/.transcribe/łąka.wav.json").read_bytes())
    materials = manifest["predicate"]["buildDefinition"]["resolvedDependencies"]
    assert "łąka.approvals.json" in [each["name"] for each in materials]
    assert verify(Path("out")).good
    assert verify(Path("out-waiting")).good


def test_the_files_are_those_that_a_run_without_approval_writes(season: Season) -> None:
    formats = ("txt", "json", "srt", "page", "md", "docx")
    season.run(**GATED, formats=formats)
    approved()
    season.run(**GATED, formats=formats)
    season.run(output="plain", formats=formats)
    names = {each.name for each in Path("plain").iterdir() if each.is_file()}
    assert names | {"łąka.approvals.json", "report.json"} == {each for each in published() if "/" not in each}
    assert all((Path("plain") / each).read_bytes() == (Path("out") / each).read_bytes() for each in names)


def test_a_new_format_needs_no_new_approval_and_other_words_do(season: Season) -> None:
    season.run(**GATED)
    approved()
    season.run(**GATED)
    assert status(season, formats=("txt", "json", "srt"))[0] == "done"
    assert "łąka.srt" in published()
    before = Path("out/łąka.txt").read_bytes()
    season.studio.words = EVENING  # as another model hears it
    assert status(season, model="better") == ("unapproved", "it was changed since Ala approved it")
    assert Path("out/łąka.txt").read_bytes() == before


def test_a_rejection_stays_out_and_is_said(season: Season) -> None:
    season.run(**GATED)
    approved()
    of = opened(DOCUMENT)
    add_approval(
        of, Approval("Ola", "2026-11-28T10:00:00Z", "a name is wrong", of.recognition, "", "rejected"), None
    )
    assert status(season) == ("unapproved", "Ola rejected it: a name is wrong")
    assert not Path("out").exists()


@pytest.mark.parametrize("ending", [".approvals.json", ".corrections.json", ".decisions.json"])
def test_what_cannot_be_read_is_waited_for(season: Season, ending: str) -> None:
    season.run(**GATED)
    approved()
    DOCUMENT.with_suffix(ending).write_bytes(b"{")
    kind, reason = status(season)
    assert (kind, Path("out").exists()) == ("unapproved", False)
    assert ending in reason


def test_a_document_that_is_damaged_is_waited_for(season: Season) -> None:
    season.run(**GATED)
    approved()
    DOCUMENT.write_bytes(b"{}")
    assert status(season)[0] == "unapproved"
    assert not Path("out").exists()


def test_a_policy_that_is_not_there_is_waited_for(season: Season) -> None:
    season.run(**GATED)
    approved()
    kind, reason = status(season, policy=Path("no-such.toml"))
    assert kind == "unapproved"
    assert "no-such.toml" in reason


def test_what_a_policy_flags_has_to_be_decided_whatever_is_approved(season: Season) -> None:
    policy = Path("rules.toml")
    policy.write_text(
        'version = 1\nname = "P"\n[[rules]]\nid = "day"\ntitle = "No day"\nwords = ["dzień"]\n', "utf-8"
    )
    assert status(season, policy=policy) == ("unapproved", "nobody has approved it; 1 item is open")
    approved()
    assert status(season, policy=policy) == ("unapproved", "1 item is open")
    policy.write_text(policy.read_text("utf-8").replace("dzień", "noc"), "utf-8")
    assert status(season, policy=policy)[0] == "done"


def test_without_somebody_who_can_tell_nothing_is_published(season: Season) -> None:
    season.run(**GATED)
    approved()
    found = waiting.Waiting.of(season.plan(**GATED).decisions[0].job)
    assert found
    assert found.waits_for(None) == waiting.NOBODY_ASKED


def test_a_change_after_the_approval_waits_for_another(season: Season) -> None:
    season.run(**GATED)
    approved()
    of = opened(DOCUMENT)
    text = DOCUMENT.with_suffix(".corrections.json")
    text.write_bytes(_correction(of))
    assert status(season) == ("unapproved", "it was changed since Ala approved it")
    approved()
    assert status(season)[0] == "done"
    assert "Dobra noc." in Path("out/łąka.txt").read_text("utf-8")
    assert "łąka.corrections.json" in published()
    assert verify(Path("out")).good
    assert status(season)[0] == "current"


def test_verify_tells_of_what_was_changed_after_it_was_published(season: Season) -> None:
    season.run(**GATED)
    approved()
    season.run(**GATED)
    document = Path("out/łąka.json")
    of = opened(document)
    document.with_suffix(".corrections.json").write_bytes(_correction(of))
    remember_people(document, "łąka.wav", None)
    found = verify(Path("out")).episodes[0].findings
    assert [(each.kind, each.what) for each in found] == [
        ("approval", "łąka.json: it was changed since Ala approved it")
    ]
    approved(document)
    assert verify(Path("out")).good


def _correction(of: Any) -> bytes:
    from transcribe.core.corrections.edit import edited
    from transcribe.formats.corrections import write_corrections
    from transcribe.formats.edit_text import read_edit_text
    from transcribe.jobs.correct import edit_text

    text = edit_text(of).decode().replace("Dzień dobry.", "Dobra noc.")
    records = edited(
        of.transcript, read_edit_text(text, "text").lines, who="Ala", when="2026-11-28T10:00:00Z"
    )
    made = changed(of.transcript, of.corrections, records, (), whole=True, prefer=None)
    return write_corrections(made.corrections)


class Killed(BaseException):
    """Nothing of ours catches it."""


@pytest.mark.parametrize(
    "where",
    [
        "transcribe.jobs.waiting.write_together",
        "transcribe.jobs.output.publish",
        "transcribe.jobs.output.publish_sound",
        "transcribe.jobs.memory.Memory.keep",
        "transcribe.jobs.waiting.Waiting.remove",
        "transcribe.jobs.memory.Memory.write",
    ],
)
@pytest.mark.parametrize("after", [False, True])
def test_a_kill_at_any_step_is_mended_by_the_next_run(
    season: Season, monkeypatch: pytest.MonkeyPatch, where: str, after: bool
) -> None:
    season.run(**GATED)
    approved()
    module, _, name = where.rpartition(".")
    owner = _owner(module)
    real = getattr(owner, name)

    def killed(*values: Any, **named: Any) -> Any:
        if after:
            real(*values, **named)
        raise Killed

    with monkeypatch.context() as patched, pytest.raises(Killed):
        patched.setattr(owner, name, killed)
        season.run(**GATED)
    status(season)
    assert status(season) == ("current", "up to date")
    assert {"łąka.json", "łąka.txt", "łąka.approvals.json"} <= published()
    assert still_waiting() == set()
    assert verify(Path("out")).good


def _owner(path: str) -> Any:
    from importlib import import_module

    try:
        return import_module(path)
    except ModuleNotFoundError:
        module, _, name = path.rpartition(".")
        return getattr(import_module(module), name)


@pytest.mark.parametrize("left", range(4))
def test_a_kill_while_it_is_removed_leaves_nothing_waiting(
    season: Season, monkeypatch: pytest.MonkeyPatch, left: int
) -> None:
    season.run(**GATED)
    approved()
    real, count = Path.unlink, 0

    def unlink(path: Path, missing_ok: bool = False) -> None:
        nonlocal count
        if path.parent.name == "out-waiting" and not path.name.startswith("."):
            count += 1
            if count > left:
                raise Killed
        real(path, missing_ok=missing_ok)

    with monkeypatch.context() as patched, pytest.raises(Killed):
        patched.setattr(Path, "unlink", unlink)
        season.run(**GATED)
    assert season.reasons(**GATED) == {"łąka.wav": PUBLISHED}
    season.run(**GATED)
    assert status(season) == ("current", "up to date")
    assert still_waiting() == set()


def test_what_was_said_of_the_published_transcript_meanwhile_is_not_lost(season: Season) -> None:
    season.run(**GATED)
    approved()
    season.run(**GATED)
    season.run(**GATED, model="better", redo=True)  # the same words: published at once
    season.studio.words = EVENING
    season.run(**GATED, model="third")
    approved()
    approve(opened(Path("out/łąka.json")), "Ola", "meanwhile")
    kind, reason = status(season, model="third")
    assert kind == "failed"
    assert "łąka.approvals.json has what" in reason
    assert "Ola" in Path("out/łąka.approvals.json").read_text("utf-8")


def test_two_recordings_of_one_name_wait_apart(season: Season) -> None:
    season.record("1/talk.wav", "2/talk.wav")
    season.run(**GATED)
    assert Path("out-waiting/1/talk.json").is_file()
    assert Path("out-waiting/2/talk.json").is_file()
    approved(Path("out-waiting/2/talk.json"))
    assert season.reasons(**GATED) == {"2/talk.wav": APPROVED}
    season.run(**GATED)
    assert [each for each in published() if each.startswith("1")] == []
    assert "2/talk.txt" in published()


def test_a_changed_recording_waits_anew(season: Season) -> None:
    season.run(**GATED)
    approved()
    season.record("łąka.wav", content="another take")
    assert season.reasons(**GATED) == {"łąka.wav": "new"}
    season.studio.words = EVENING
    assert status(season) == ("unapproved", "it was changed since Ala approved it")


def test_folders_lie_apart_or_nothing_is_done(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    gated = Settings.of(output="out", require_approval=True)
    assert waiting_folder(Path("out/day"), gated) == tmp_path / "out-waiting/day"
    for chosen in ("out/inside", "out", "."):
        with pytest.raises(UsageError, match="one lies in the other"):
            waiting_folder(Path("out"), gated.replace({"waiting": chosen}))
    Path("link").symlink_to("out")
    Path("out").mkdir()
    with pytest.raises(UsageError, match="one lies in the other"):
        waiting_folder(Path("out"), gated.replace({"waiting": "link/inside"}))
    for output in ("", "-"):
        with pytest.raises(UsageError, match="needs a folder"):
            plan_jobs(["a.wav"], gated.replace({"output": output}))
    with pytest.raises(UsageError, match="several tracks"):
        plan_tracks(["a.wav", "b.wav"], Path("out/talk"), gated)


def test_a_policy_in_a_config_has_no_effect_where_no_approval_is_required() -> None:
    with_policy, without = (
        plan_jobs(["a.wav"], Settings.of(output="out", policy=policy)) for policy in ("rules.toml", None)
    )
    assert with_policy == without
