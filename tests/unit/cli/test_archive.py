"""`transcribe archive` and `transcribe search`."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from spoken import episode, segment

from transcribe.cli.root import root
from transcribe.core.errors import AllFailed, InputError, OutputError, SomeFailed, UsageError
from transcribe.core.settings import SubtitleSettings
from transcribe.formats import document


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TRANSCRIBE_ARCHIVE", str(tmp_path / "archive"))
    Path("out").mkdir()
    for name, day, text in (("a", "2025-01-03", "The bees fly."), ("b", "2025-02-03", "A bee, one bee.")):
        said = episode(segment(text, 61_000, speaker="Ala"), tags=(("date", day),))
        said = replace(said, show=replace(said.show, title="Hive", episode_title=f"Part {name}"))
        Path(f"out/{name}.json").write_bytes(document.write(said, SubtitleSettings()))
    return tmp_path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(root, [*arguments])


def test_from_documents_to_the_second(here: Path) -> None:
    result = run("archive", "add", "out")
    assert result.output.splitlines() == [
        f"reading {here}/out/a.json",
        f"reading {here}/out/b.json",
        "2 added",
    ]
    assert run("archive", "update").output == "2 same\n"
    assert run("search", "fly bee").stdout.splitlines() == [
        "00:01:01  Part a, Hive, 2025-01-03, Ala  (0.00)",
        "    … The >bees fly.<",
    ]
    found = json.loads(run("search", "--json", "bee").stdout)
    assert [(each["title"], each["start_ms"], each["page"]) for each in found] == [
        ("Part b", 61_070, ""), ("Part a", 61_210, ""),
    ]  # fmt: skip


def test_first_and_how_often() -> None:
    run("archive", "add", "out")
    assert "Part a" in run("search", "--first", "bee").output
    assert run("search", "--count", "bee").output.splitlines() == [
        "month    show  times",
        "2025-01  Hive      1",
        "2025-02  Hive      2",
    ]
    assert run("search", "--plot", "bee").output.splitlines()[1].split() == ["2025-01", "Hive", "1", "█" * 20]
    assert json.loads(run("search", "--count", "--json", "bee").output)[0]["count"] == 1
    assert run("search", "--count", "wasp").output == "nothing was found\n"


def test_the_page_is_opened(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run("archive", "add", "out")
    result = run("search", "--open", "fly")
    assert isinstance(result.exception, InputError)
    assert "no page lies beside" in str(result.exception)
    Path("out/a.html").write_text("<p>")
    opened = here / "opened"
    browser = here / "browser"
    browser.write_text(f'#!/bin/sh\nprintf %s "$1" >"{opened}"\n')
    browser.chmod(0o755)
    monkeypatch.setenv("BROWSER", f"{browser} %s")
    address = f"file://{here}/out/a.html#t=61.490"
    assert run("search", "--open", "fly").output.splitlines()[-1] == address
    assert opened.read_text() == address


def test_what_is_taken_out() -> None:
    run("archive", "add", "out")
    assert run("archive", "remove", "out/a.json").output == "removed: 1 episode\n"
    status = json.loads(run("archive", "status", "--json").output)
    assert (status["episodes"], status["words"], status["speakers"]) == (1, 4, ["Ala"])
    assert "1 episode, 0.0 hours, 4 words" in run("archive", "status").output


def test_what_cannot_be_read_is_told() -> None:
    Path("out/bad.json").write_text('{"schema": "transcribe.transcript", "version": 7}')
    result = run("archive", "add", "out", "-q")
    assert result.exit_code == SomeFailed.exit_code
    assert "bad.json is a transcript document of version 7" in result.output
    for name in ("a", "b"):
        Path(f"out/{name}.json").unlink()
    assert run("archive", "update").exit_code == AllFailed.exit_code


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (("search", "bee"), InputError, "there is no archive yet"),
        (("search", '"bee'), UsageError, "not closed"),
        (("search", "--count", "--first", "bee"), UsageError, "list no places"),
        (("archive", "add"), UsageError, "nothing to add"),
        (("archive", "remove"), UsageError, "nothing to remove"),
        (("archive", "remove", "out"), InputError, "there is no archive yet"),
        (("archive", "status"), InputError, "there is no archive yet"),
        (("archive", "add", "none.json"), InputError, "none.json cannot be read"),
    ],
)
def test_what_makes_no_sense(arguments: tuple[str, ...], error: type, message: str) -> None:
    result = run(*arguments)
    assert isinstance(result.exception, error)
    assert message in str(result.exception)


def test_a_clip_needs_the_recording(here: Path) -> None:
    run("archive", "add", "out")
    result = run("search", "--clip", "clips", "fly")
    assert isinstance(result.exception, InputError)
    assert "the recording talk.mp3 does not lie beside" in str(result.exception)
    Path("out/talk.mp3").write_bytes(b"another")
    assert "is another recording" in str(run("search", "--clip", "clips", "fly").exception)
    assert not os.path.exists("clips")  # noqa: PTH110


def test_another_archive_may_be_named(here: Path) -> None:
    Path("file").write_text("")
    assert isinstance(run("archive", "add", "out", "--archive", "file").exception, OutputError)
    run("archive", "add", "out/a.json", "--archive", "other")
    assert (here / "other" / "archive.sqlite").exists()
    assert not (here / "archive").exists()


def test_a_new_name_and_a_correction_reach_the_archive(here: Path) -> None:
    assert run("archive", "add", "out").exit_code == 0
    assert run("rename", "out/a.json", "Ala=Beata").exit_code == 0
    assert "Beata" in run("search", "fly").output
    assert run("corrections", "export", "out/a.json", "-o", "edit.txt").exit_code == 0
    edit = Path("edit.txt")
    edit.write_text(edit.read_text("utf-8").replace("fly", "hover"), "utf-8")
    assert run("corrections", "apply", "out/a.json", "edit.txt").exit_code == 0
    assert "Part a" in run("search", "hover").output
    assert "Part a" not in run("search", "fly").output
    kept = b"".join(each.read_bytes() for each in Path("archive").rglob("*") if each.is_file())
    assert b"hover" in kept
    assert b"fly" not in kept
