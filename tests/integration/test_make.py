"""The rules for make, with the real make: what is done, what is not done again, and what fails."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from desk import Desk, make_media

from transcribe.core.corrections.edit import Line, edited
from transcribe.core.corrections.record import Corrections
from transcribe.core.media_names import RECORDINGS
from transcribe.formats.corrections import write_corrections
from transcribe.formats.document import read_document
from transcribe.formats.known import FORMATS

RULES = Path(__file__).resolve().parents[2] / "transcribe" / "transcribe.mk"
MAKEFILE = """\
TRANSCRIBE := {program}
TRANSCRIBE_FLAGS := --model tiny.en --language en --progress json
TRANSCRIBE_FORMATS := vtt md
include $(shell $(TRANSCRIBE) make include)
"""
FRESH = {"event": "stage_finished", "stage": "normalise", "resumed": False}


def write_makefile(desk: Desk) -> None:
    text = MAKEFILE.replace("{program}", shlex.join(desk.program))
    (desk.folder / "Makefile").write_text(text)


@pytest.fixture
def studio(desk: Desk, clip: Path) -> Desk:
    """A folder with a Makefile and two recordings."""
    if shutil.which("make") is None:
        pytest.skip("make is not installed: apt install make")
    write_makefile(desk)
    for seconds, name in enumerate(("a.wav", "sub/zażółć.flac"), start=2):
        path = desk.folder / name
        path.parent.mkdir(exist_ok=True)
        make_media(path, "-i", str(clip), "-t", str(seconds))
    return desk


def make(desk: Desk, *arguments: str, code: int = 0) -> str:
    done = subprocess.run(
        ["make", *arguments],
        cwd=desk.folder,
        env=desk.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    shown = done.stdout + done.stderr
    assert done.returncode == code, shown
    assert desk.temporary_files() == []
    return shown


def fresh(shown: str) -> int:
    """How many recordings were transcribed from their beginning."""
    told = [json.loads(line) for line in shown.splitlines() if line.startswith("{")]
    return told.count(FRESH)


def started(shown: str) -> list[str]:
    """The recordings that were worked on, once for each format."""
    told: list[dict[str, Any]] = [json.loads(line) for line in shown.splitlines() if line.startswith("{")]
    return sorted(each["name"] for each in told if each["event"] == "file_started")


def later(path: Path) -> None:
    """Touch a file, a second later than anything."""
    newest = max(each.stat().st_mtime for each in path.parent.rglob("*"))
    os.utime(path, (newest + 1, newest + 1))


@pytest.mark.real
def test_only_what_needs_it(studio: Desk) -> None:
    shown = make(studio, "-j2", "transcripts")
    assert started(shown) == ["a.wav", "a.wav", "sub/zażółć.flac", "sub/zażółć.flac"]
    assert fresh(shown) == 2, "one recognition for two formats, also at once"
    assert (studio.folder / "sub/zażółć.vtt").read_text("utf-8").startswith("WEBVTT")

    assert started(make(studio, "-j2", "transcripts")) == []
    assert "--redo" not in make(studio, "-n", "transcripts")

    later(studio.folder / "a.wav")
    shown = make(studio, "-j2")
    assert (started(shown), fresh(shown)) == (["a.wav", "a.wav"], 0), "the content is the same"
    assert started(make(studio, "-j2")) == []

    (studio.folder / "transcribe.toml").write_text("max_line_chars = 20\n")
    shown = make(studio, "-j2")
    assert (len(started(shown)), fresh(shown)) == (4, 0)
    assert started(make(studio, "-j2")) == []

    (studio.folder / "transcribe.toml").write_text("max_line_chars = 20\nprompt = 'Dickens.'\n")
    assert fresh(make(studio, "a.md")) == 1
    assert started(make(studio, "a.md")) == []


@pytest.mark.real
def test_what_was_corrected_is_written_anew(studio: Desk) -> None:
    make(studio, "a.vtt", "a.json")
    said = read_document((studio.folder / "a.json").read_bytes()).transcript
    lines = [Line(f"Corrected: {each.text}", each.speaker) for each in said.segments]
    content = write_corrections(Corrections(edited(said, lines)))
    (studio.folder / "a.corrections.json").write_bytes(content)
    shown = make(studio, "a.vtt")
    assert (started(shown), fresh(shown)) == (["a.wav"], 0)
    assert "Corrected:" in (studio.folder / "a.vtt").read_text("utf-8")
    assert started(make(studio, "a.vtt")) == []


@pytest.mark.real
def test_one_that_fails(studio: Desk) -> None:
    (studio.folder / "broken.mp3").write_text("this is no sound")
    shown = make(studio, "-j2", "-k", "transcripts", code=2)
    assert "broken.mp3 is not a sound or video file" in shown
    names = {path.name for path in studio.folder.iterdir()}
    assert {"a.vtt", "a.md"} <= names
    assert not {"broken.vtt", "broken.md"} & names


@pytest.mark.real
def test_results_in_a_folder_of_their_own(studio: Desk) -> None:
    shown = make(studio, "TRANSCRIBE_IN=sub", "TRANSCRIBE_OUT=out/", "TRANSCRIBE_FORMATS=txt podcast-json")
    assert fresh(shown) == 1
    names = {path.name for path in (studio.folder / "out").iterdir()}
    assert {"zażółć.txt", "zażółć.podcast.json"} <= names
    assert started(make(studio, "TRANSCRIBE_IN=sub", "TRANSCRIBE_OUT=out/", "out/zażółć.txt")) == []


def test_names_with_spaces_are_told(studio: Desk) -> None:
    shutil.copy(studio.folder / "a.wav", studio.folder / "my talk.wav")
    (studio.folder / ".hidden").mkdir()
    shutil.copy(studio.folder / "a.wav", studio.folder / ".hidden" / "b.wav")
    shown = make(studio, "-n", "transcripts")
    assert "make cannot handle names with spaces" in shown
    assert '"./my talk.wav"; these are left out' in shown
    assert "'a.wav'" in shown
    assert "hidden" not in shown
    inner = studio.folder / "x" / "y"
    inner.mkdir(parents=True)
    shutil.copy(studio.folder / "Makefile", inner)
    shown = make(Desk(inner, studio.work, studio.environment), "-n", "TRANSCRIBE_IN=../../sub")
    assert "'../../sub/zażółć.flac'" in shown


@pytest.mark.parametrize(
    "names",
    [
        [
            b"a:b", b"e#f", b"g$h", b"p%q", b"back\\slash", b"s;t", b"st*r", b"w?", b"[b]", b"~root", b"a=b",
            b"tab\tx", b"pipe|x", b"d:r/x", b"~d/x",
        ],
        [b"$(shell touch hacked)"],
        [b"nl\nx"],
        [b"\x1b[31mred"],
    ],
)  # fmt: skip
def test_what_make_cannot_express_is_left_out(studio: Desk, names: list[bytes]) -> None:
    for name in names:
        path = studio.folder / os.fsdecode(name + b".wav")
        path.parent.mkdir(exist_ok=True)
        shutil.copy(studio.folder / "a.wav", path)
    shown = make(studio, "-n", "transcripts")
    assert "make cannot handle names" in shown
    assert sorted(set(re.findall(r" -- (.*)", shown))) == ["'a.wav'", "'sub/zażółć.flac'"]
    assert "\x1b" not in shown
    assert not (studio.folder / "hacked").exists()


def test_every_other_name_is_made(studio: Desk) -> None:
    for name in ("-x", "q'r", "(p)", "amp&", "com,ma", "at@x", "`touch-hacked`", 'dq"', "!bang", "\udcff"):
        shutil.copy(studio.folder / "a.wav", studio.folder / f"{name}.wav")
    done = subprocess.run(
        ["make", "-n", "transcripts"],
        cwd=studio.folder,
        env=studio.environment,
        capture_output=True,
        check=True,
    )
    shown = os.fsdecode(done.stdout)
    quoted = ["-x", "q'\\''r", "(p)", "amp&", "com,ma", "at@x", "`touch-hacked`", 'dq"', "!bang", "\udcff"]
    assert all(f"-- '{name}.wav'" in shown for name in quoted)
    assert b"cannot handle" not in done.stderr


def test_a_format_that_does_not_exist(studio: Desk) -> None:
    assert "there is no format mp4" in make(studio, "TRANSCRIBE_FORMATS=txt mp4", code=2)


def test_the_rules_know_every_format_and_ending() -> None:
    lines = RULES.read_text("utf-8").replace("\\\n", " ").splitlines()
    values = {
        name.strip(): value.split()
        for name, found, value in (line.partition(":=") for line in lines)
        if found
    }
    assert dict(each.split("=") for each in values["transcribe_endings"]) == {
        known.name: known.suffix for known in FORMATS.values()
    }
    assert set(values["transcribe_lower"]) == (RECORDINGS - {"ts"})
