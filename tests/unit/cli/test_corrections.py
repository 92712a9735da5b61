"""`transcribe corrections`, as people call it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from transcribe.cli.root import root
from transcribe.core.errors import InputError, OutputError, UsageError
from transcribe.core.settings import SubtitleSettings
from transcribe.formats.corrections import read_corrections
from transcribe.formats.example import example_episode
from transcribe.formats.known import render


def run(*arguments: str) -> Result:
    return CliRunner().invoke(root, ["corrections", *arguments])


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "ep.json").write_bytes(render(example_episode(), "json", SubtitleSettings()))
    return tmp_path


def edit(**words: str) -> None:
    text = run("export", "ep.json").stdout
    for old, new in words.items():
        text = text.replace(old, new)
    Path("edit.txt").write_text(text, "utf-8")


def test_from_export_to_undo() -> None:
    assert run("export", "ep.json", "-o", "edit.txt").output == ""
    assert Path("edit.txt").read_text("utf-8") == run("export", "ep.json").stdout
    edit(lamp="lantern")
    done = run("apply", "ep.json", "edit.txt", "--by", "Zażółć")
    assert done.stderr.endswith("them anew\n1 new, 0 undone or replaced, 1 in all\n")
    assert done.stdout == "ep.corrections.json\n"
    again = run("apply", "ep.json", "edit.txt")
    assert (again.stdout, again.stderr) == ("", "0 new, 0 undone or replaced, 1 in all\nnothing to change\n")
    listed = run("list", "ep.json").stdout
    name = listed.split()[0]
    assert listed == f"{name} 00:00:15.400 “lamp” → “lantern” (Zażółć)\n"
    kept = run("list", "ep.json", "--json").stdout_bytes
    assert kept == Path("ep.corrections.json").read_bytes()
    (record,) = read_corrections(kept).records
    assert (record.id, record.who, record.when[:2], record.when[-1:]) == (name, "Zażółć", "20", "Z")
    assert run("undo", "ep.json", name).stderr.startswith(f"undone: {name}")
    assert run("list", "ep.json").stderr == "there are no corrections\n"


def test_by_default_the_user_s_name_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGNAME", "ala")
    edit(lamp="lantern")
    assert run("apply", "ep.json", "edit.txt", "-q").output == ""
    assert "(ala)" in run("list", "ep.json").stdout


def test_what_does_not_fit_is_listed_with_its_reason() -> None:
    edit(lamp="lantern")
    run("apply", "ep.json", "edit.txt")
    Path("ep.json").write_text(Path("ep.json").read_text("utf-8").replace('"lamp"', '"lamb"'), "utf-8")
    assert run("list", "ep.json").stdout.endswith("“lamp” was recognised, and “lamb” stands there\n")
    assert run("list", "ep.json").stdout.startswith("does not fit: ")


def test_merging_what_two_people_say_at_once_is_told(here: Path) -> None:
    value = json.loads((here / "ep.json").read_bytes())
    first, second, *_ = value["segments"]
    for each in (first, second):
        each["start_ms"], each["end_ms"] = 0, 90
        each["words"] = each["words"][:1]
        each["words"][0] |= {"start_ms": 0, "end_ms": 90}
    value["segments"] = [first, second]
    (here / "ep.json").write_text(json.dumps(value))
    Path("edit.txt").write_text("[] Anna\nWelcome A\n")
    assert "they speak at the same time" in run("apply", "ep.json", "edit.txt").stderr


def test_names_that_recur_are_offered_for_the_vocabulary(here: Path) -> None:
    (here / "two.json").write_bytes((here / "ep.json").read_bytes())
    edit(Porthleven="Porthlewen")
    for name in ("ep.json", "two.json"):
        assert run("apply", name, "edit.txt").exit_code == 0
    offered = run("vocabulary", "ep.json", "two.json")
    assert offered.stdout == "Porthlewen\n"
    assert offered.stderr == "Porthlewen: 2 times, recognised as Porthleven.\n"
    assert run("vocabulary", "ep.json").output == ""


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (["export", "gone.json"], InputError, r"gone\.json cannot be read"),
        (["export", "edit.txt"], InputError, r"edit\.txt is not a transcript document"),
        (["export", "ep.json", "-o", "edit.txt"], OutputError, r"edit\.txt is there already"),
        (["apply", "ep.json", "gone.txt"], InputError, r"gone\.txt cannot be read"),
        (["apply", "ep.json", "ep.json"], InputError, r"ep\.json, line 1: no text is expected here"),
        (["apply", "ep.json", "latin.txt"], InputError, r"latin\.txt, line 1: this is not UTF-8 text"),
        (["apply", "ep.json", "edit.txt", "--mine", "--theirs"], UsageError, "contradict each other"),
        (["apply", "ep.json", "edit.txt", "--by", "x" * 129], UsageError, "at most 128 characters"),
        (["undo", "ep.json", "abc"], UsageError, r"no correction 'abc' in ep\.corrections\.json"),
        (["vocabulary", "gone.json"], InputError, r"gone\.json is not there"),
    ],
    ids=lambda each: " ".join(each)[:40] if isinstance(each, list) else "",
)
def test_what_cannot_be_done_is_told(arguments: list[str], error: type[Exception], message: str) -> None:
    edit()
    Path("latin.txt").write_bytes("[] Zażółć".encode("iso-8859-2"))
    result = run(*arguments)
    assert isinstance(result.exception, error), result.output
    with pytest.raises(error, match=message):
        raise result.exception
