"""`transcribe policy`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from scripted_model import ScriptedModel
from spoken import episode, segment

from transcribe.cli.root import root
from transcribe.core import chat
from transcribe.core.corrections.edit import Line, edited
from transcribe.core.corrections.record import Corrections
from transcribe.core.errors import InputError, OutputError, PersonNeeded, UsageError
from transcribe.core.settings import SubtitleSettings
from transcribe.formats import document
from transcribe.formats.corrections import write_corrections
from transcribe.jobs.assemble import writer as assembled

HEAD = 'version = 1\nname = "Bees"\ndecides = "Ala"\n'
POLICY = HEAD + '[[rules]]\nid = "bees"\ntitle = "No bees"\nwords = ["bee"]\n'


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("policy.toml").write_text(POLICY)
    for name, text in {"clear": "The wasp flies.", "flag": "The bees fly."}.items():
        Path(f"{name}.json").write_bytes(document.write(episode(segment(text)), SubtitleSettings()))
    return tmp_path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(root, ["policy", *arguments])


def run_review(*arguments: str) -> Result:
    return CliRunner().invoke(root, ["review", *arguments])


def check(*arguments: str) -> Result:
    return run("check", *arguments, "--policy", "policy.toml")


def test_a_clear_pass_needs_nobody() -> None:
    result = check("clear.json")
    assert (result.exit_code, result.output) == (0, "clear.json: 1 clear\n")


def test_a_flag_goes_to_a_person() -> None:
    result = check("clear.json", "flag.json")
    assert isinstance(result.exception, PersonNeeded)
    assert (result.exception.exit_code, str(result.exception)) == (13, "1 episode of 2 must go to a person")
    assert result.output.splitlines()[1:] == [
        "flag.json: 0 clear",
        "  flag (warn) bees: No bees: said once",
        "    00:00:00–00:00:00 The >bees< fly.",
    ]


ASKS = HEAD + '[[questions]]\nid = "q"\ntitle = "No flying"\nask = "Does anything fly?"\n'


def test_a_question_is_answered_by_the_model_that_is_named(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (here / "policy.toml").write_text(ASKS)
    model = ScriptedModel(lambda _: '{"cues": [1], "quote": "The bees fly.", "verdict": "yes"}')
    monkeypatch.setattr(assembled, "choose_chat", lambda _: lambda: model)
    result = check(
        "flag.json", "--writer", "llama.cpp", "--report", "r.html", "--report", "r.md", "--report", "r.json"
    )
    assert result.stdout.splitlines() == [
        "flag.json: 0 clear",
        "  flag (warn) q: No flying: yes",
        "    00:00:00–00:00:00 >The bees fly.<",
    ]
    assert isinstance(result.exception, PersonNeeded)
    read = json.loads((here / "r.json").read_text())
    assert (read["model"], read["model_sha256"]) == ("llama.cpp:scripted", "ab" * 32)
    assert read["episodes"][0]["verdicts"][0]["answer"] == "yes"
    for name in ("r.html", "r.md"):
        assert "It decides nothing" in (here / name).read_text()
    assert model.closed
    (item,) = json.loads(run_review("flag.json", "--policy", "policy.toml", "--json").stdout)[0]["items"]
    assert (item["reason"], item["quote"]["words"]) == ("yes; answered by scripted", "The bees fly.")


def test_no_model_is_asked_where_its_answers_could_not_be_kept(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (here / "policy.toml").write_text(ASKS)
    (here / "flag.answers.json").write_text("{}")
    model = ScriptedModel(lambda _: "no idea")
    monkeypatch.setattr(assembled, "choose_chat", lambda _: lambda: model)
    result = check("flag.json", "--writer", "llama.cpp")
    assert isinstance(result.exception, InputError)
    assert "move it away" in result.exception.hint
    assert not model.asked
    assert (here / "flag.answers.json").read_text() == "{}"


def test_ctrl_c_leaves_a_report(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (here / "policy.toml").write_text(ASKS)

    def say(_: chat.Question) -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr(assembled, "choose_chat", lambda _: lambda: ScriptedModel(say))
    check("flag.json", "--report", "r.json")
    (found,) = json.loads((here / "r.json").read_text())["episodes"][0]["verdicts"]
    assert (found["answer"], found["reason"], found["person"]) == ("not asked", "interrupted", True)


def test_a_writer_that_there_is_not_is_refused_before_any_work(here: Path) -> None:
    (here / "policy.toml").write_text(ASKS)
    result = check("flag.json", "--writer", "quill", "--report", "r.json")
    assert isinstance(result.exception, UsageError)
    assert not (here / "r.json").exists()


def test_the_corrected_text_is_checked(here: Path) -> None:
    heard = episode(segment("The bees fly.")).transcript
    made = Corrections(edited(heard, [Line("The wasps fly.", None)]))
    (here / "flag.corrections.json").write_bytes(write_corrections(made))
    result = check("flag.json", "--json")
    assert result.exit_code == 0, result.exception
    assert json.loads(result.output)["episodes"][0]["corrected"] is True


def test_reports_are_written(here: Path) -> None:
    check("flag.json", "--report", "new/r.html", "--report", "r.md", "--report", "r.json")
    assert "<strong>bees</strong>" in (here / "new" / "r.html").read_text()
    assert "**bees**" in (here / "r.md").read_text()
    assert json.loads((here / "r.json").read_text())["schema"] == "transcribe.policy"


def test_a_report_of_no_kind_is_refused_before_any_work() -> None:
    assert isinstance(check("none.json", "--report", "r.pdf").exception, UsageError)


def test_a_transcript_that_cannot_be_read_stops_no_other(here: Path) -> None:
    (here / "bad.json").write_text("{}")
    result = check("bad.json", "clear.json", "--report", "r.json")
    assert result.exit_code == 10
    assert "transcribe: error: bad.json" in result.stderr
    read = json.loads((here / "r.json").read_text())
    assert [each["person"] for each in read["episodes"]] == [True, False]
    assert read["episodes"][0]["failure"]
    assert isinstance(check("bad.json").exception, InputError)


def test_show_lists_what_is_asked() -> None:
    lines = run("show", "policy.toml").output.splitlines()
    assert lines[0].startswith("Bees: 1 rules, 0 questions, SHA-256 ")
    assert lines[1:] == ["bees: No bees (rule, absent, warn, Ala)"]


def test_policies_to_begin_with_are_copied_and_replace_nothing(here: Path) -> None:
    names = run("copy").output.split()
    assert names == ["bank-call.en", "bank-call.pl", "podcast-sponsor.en", "podcast-sponsor.pl"]
    assert run("copy", "bank-call.pl", "mine").output == "mine/bank-call.pl.toml\n"
    assert run("show", "mine/bank-call.pl.toml").exit_code == 0
    assert isinstance(run("copy", "bank-call.pl", "mine").exception, OutputError)
    assert isinstance(run("copy", "bank").exception, UsageError)
