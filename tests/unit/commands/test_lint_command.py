from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from transcribe.commands.lint import KINDS, PROFILES, lint
from transcribe.errors import GateError, InputError, UsageError
from transcribe.lint import RULES, kinds, limits

GOOD = "WEBVTT\n\n00:01.000 --> 00:03.000\nGood morning.\n"
BAD = GOOD.replace("Good", "<Good")
WARNED = GOOD.replace("Good", "Good " + "very " * 12)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in (("good", GOOD), ("bad", BAD), ("warned", WARNED)):
        (tmp_path / f"{name}.vtt").write_text(text, encoding="utf-8")
    return tmp_path


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(lint, [str(each) for each in arguments])


def test_a_good_file_is_told_in_one_line(folder: Path) -> None:
    result = run(folder / "good.vtt")
    assert (result.output, result.exit_code) == ("1 file: 0 errors, 0 warnings, 0 notes\n", 0)


def test_an_error_is_a_line_and_fails_the_gate(folder: Path) -> None:
    path = folder / "bad.vtt"
    result = run(path)
    first, last = result.output.splitlines()
    assert first.startswith(f"{path}:4:1: error vtt-escape ")
    assert last == "1 file: 1 error, 0 warnings, 0 notes"
    assert isinstance(result.exception, GateError)
    assert str(result.exception) == "1 of 1 file has errors"


def test_warnings_count_only_when_strict(folder: Path) -> None:
    assert run(folder / "warned.vtt").exit_code == 0
    assert isinstance(run("--strict", folder / "warned.vtt").exception, GateError)
    assert run("--strict", folder / "good.vtt").exit_code == 0


def test_an_unreadable_file_does_not_keep_others_from_being_checked(folder: Path) -> None:
    result = run(folder / "none.vtt", folder / "bad.vtt")
    assert [line.split(": ")[1].split()[1] for line in result.output.splitlines()[:2]] == [
        "file-unreadable",
        "vtt-escape",
    ]
    assert isinstance(result.exception, GateError)
    assert "1 of 2" not in str(result.exception)


def test_unreadable_files_alone_are_an_input_error(folder: Path) -> None:
    result = run(folder / "none.vtt", folder / "good.vtt")
    assert isinstance(result.exception, InputError)
    assert str(result.exception) == "1 file of 2 cannot be read"


def test_a_folder_stands_for_its_files(folder: Path) -> None:
    inner = folder / "inner"
    inner.mkdir()
    (inner / "a.VTT").write_text(GOOD, encoding="utf-8")
    (inner / "other.json").write_text('{"name": "package"}', encoding="utf-8")
    (inner / "notes.txt").write_text("nothing", encoding="utf-8")
    assert run(folder).output.splitlines()[-1] == "4 files: 1 error, 1 warning, 0 notes"


def test_programs_get_json(folder: Path) -> None:
    read = json.loads(run("--json", folder / "bad.vtt", folder / "good.vtt").output)
    bad, good = read["files"]
    assert (good["file"], good["findings"]) == (str(folder / "good.vtt"), [])
    (finding,) = bad["findings"]
    assert finding.pop("message")
    assert finding == {"rule": "vtt-escape", "severity": "error", "line": 4, "column": 1}
    assert read["summary"] == {"files": 2, "errors": 1, "warnings": 0, "notes": 0}


def test_what_is_asked_reaches_the_rules(folder: Path) -> None:
    path = folder / "good.vtt"
    assert "vtt-cue-past-end" in run("--duration", "0:02", path).output
    assert "srt-timing" in run("--as", "srt", path).output
    assert "vtt-line-length" in run("--profile", "subtitle", folder / "warned.vtt").output


def test_many_notes_of_a_kind_are_one_line(tmp_path: Path) -> None:
    cue = "{n}\n00:00:0{n},000 --> 00:00:0{n},900\n<i>Well</i>\n"
    path = tmp_path / "a.srt"
    path.write_text("\n".join(cue.replace("{n}", str(n)) for n in range(1, 10)), encoding="utf-8")
    assert len(run(path).output.splitlines()) == 10
    many = "\n".join(
        f"{n}\n00:0{n // 60}:{n % 60:02},000 --> 00:0{n // 60}:{n % 60:02},900\n<i>Well</i>\n"
        for n in range(1, 101)
    )
    path.write_text(many, encoding="utf-8")
    first, last = run(path).output.splitlines()
    assert first.startswith(f"{path}:3:1: note srt-markup ")
    assert first.endswith("(and 99 more such notes; --verbose lists them)")
    assert last == "1 file: 0 errors, 0 warnings, 100 notes"
    assert len(run("--verbose", path).output.splitlines()) == 101
    (file,) = json.loads(run("--json", path).output)["files"]
    assert (len(file["findings"]), file["counts"]) == (100, {"srt-markup": 100})


def test_names_cannot_forge_lines(tmp_path: Path) -> None:
    path = tmp_path / "a\x1b[2J\n.vtt"
    path.write_text(BAD, encoding="utf-8")
    result = run(path)
    assert "\x1b" not in result.output
    assert len(result.output.splitlines()) == 2


@pytest.mark.parametrize("arguments", [(), ("--duration", "soon", "a.vtt")])
def test_a_command_line_without_sense_is_refused(arguments: tuple[str, ...]) -> None:
    assert isinstance(run(*arguments).exception, UsageError)


def test_rules_are_listed() -> None:
    lines = run("--rules").output.splitlines()
    assert [line.split()[0] for line in lines] == list(RULES)
    listed = json.loads(run("--rules", "--json").output)
    assert listed[0] == {
        "id": "file-unreadable",
        "severity": "error",
        "meaning": "The file can be read",
        "source": "",
    }


def test_choices_are_those_of_the_package() -> None:
    assert KINDS == kinds.KINDS
    assert PROFILES == limits.PROFILES
