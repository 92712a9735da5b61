"""`transcribe rename`, as people call it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from transcribe.cli.root import root
from transcribe.core.errors import InputError, UsageError
from transcribe.core.settings import SubtitleSettings
from transcribe.formats import document
from transcribe.formats.example import example_episode
from transcribe.formats.known import render

DEFAULTS = SubtitleSettings()


def run(*arguments: str) -> Result:
    return CliRunner().invoke(root, ["rename", *arguments])


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TRANSCRIBE_WORK_DIR", str(tmp_path / "work"))
    monkeypatch.setenv("TRANSCRIBE_CONFIG", str(tmp_path / "mine.toml"))
    (tmp_path / "mine.toml").write_text("max_line_chars = 30\n")
    for name in ("json", "txt"):
        (tmp_path / f"ep.{name}").write_bytes(render(example_episode(), name, DEFAULTS))
    narrow = SubtitleSettings(max_line_chars=30)
    (tmp_path / "ep.srt").write_bytes(render(example_episode(), "srt", narrow))
    return tmp_path


def test_files_that_were_written_are_named_and_the_layout_is_the_config_s(here: Path) -> None:
    result = run("ep.json", "Anna=Zażółć O'Hara", "Ben=李小龍")
    assert (result.exit_code, result.output.split()) == (0, ["ep.txt", "ep.srt", "ep.json"])
    assert "Zażółć O'Hara: Welcome" in (here / "ep.txt").read_text(encoding="utf-8")
    assert "李小龍: A lamp" in (here / "ep.srt").read_text(encoding="utf-8")
    assert run("ep.json", "李小龍=Ben", "-q").output == ""


def test_the_list_shows_who_speaks_how_long_and_what_first(here: Path) -> None:
    long = replace(example_episode().transcript.segments[1], speaker=None)
    said = example_episode()
    segments = (said.transcript.segments[0], long, said.transcript.segments[2])
    said = replace(said, transcript=replace(said.transcript, segments=segments))
    (here / "ep.json").write_bytes(document.write(said, DEFAULTS))
    result = run("ep.json", "--list")
    assert result.output.splitlines() == [
        "Anna          11 s   65 %  00:00  Welcome to Harbour Lights. Today we talk about lighthouses …",
        "(no name)      6 s   35 %  00:15  A lamp that nobody tends goes out. That is all I learned in …",
    ]


def test_where_nobody_is_told_apart_the_list_says_so(here: Path) -> None:
    said = example_episode()
    segments = tuple(replace(each, speaker=None) for each in said.transcript.segments)
    said = replace(said, transcript=replace(said.transcript, segments=segments))
    (here / "ep.json").write_bytes(document.write(said, DEFAULTS))
    assert run("ep.json", "--list").stderr == "speakers are not told apart in this transcript\n"


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (["ep.json"], UsageError, "--list"),
        (["ep.json", "S1=Ala"], UsageError, "There are: 'Anna', 'Ben'"),
        (["gone.json", "Anna=Ala"], InputError, r"gone\.json cannot be read"),
        (["ep.txt", "Anna=Ala"], InputError, r"ep\.txt is not a transcript document"),
    ],
)
def test_what_cannot_be_done_is_told(arguments: list[str], error: type[Exception], message: str) -> None:
    result = run(*arguments)
    assert isinstance(result.exception, error)
    with pytest.raises(error, match=message):
        raise result.exception


def test_a_name_that_changes_nothing_writes_nothing(here: Path) -> None:
    before = (here / "ep.json").stat().st_mtime_ns
    result = run("ep.json", "Anna=Anna")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "nothing to change\n")
    assert (here / "ep.json").stat().st_mtime_ns == before


def test_edited_files_that_are_kept_are_named(here: Path) -> None:
    (here / "ep.txt").write_text("mine")
    result = run("ep.json", "Anna=Ala", "--keep-edited")
    assert result.stdout.split() == ["ep.srt", "ep.json"]
    assert result.stderr == "left as it is, because it was edited: ep.txt\n"
