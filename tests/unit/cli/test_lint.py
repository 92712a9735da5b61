from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from transcribe.cli.lint import lint
from transcribe.core.errors import GateError, InputError, UsageError
from transcribe.quality.lint import RULES
from transcribe.quality.lint.text import LARGEST_BYTES

MakeMedia = Callable[..., Path]
GOLDEN = Path(__file__).parents[2] / "golden" / "cases"
TONE = ("-f", "lavfi", "-i", "sine=d=2")
LATE = "WEBVTT\n\n00:01.000 --> 00:04.000\nGood morning.\n"
GOOD = "WEBVTT\n\n00:01.000 --> 00:03.000\nGood morning.\n"
BAD = GOOD.replace("Good", "<Good")
WARNED = GOOD.replace("Good", "\x07Good")
LONG = GOOD.replace("Good", "Good " + "very " * 12)


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
    path.write_text(LONG, encoding="utf-8")
    assert "vtt-line-length" in run("--profile", "subtitle", path).output


def test_wide_lines_are_a_note_unless_a_profile_is_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "a.vtt"
    path.write_text(LONG + LONG.splitlines(keepends=True)[-1] * 50, encoding="utf-8")
    first, last = run("--strict", path).output.splitlines()
    assert first.startswith(
        f"{path}:4: note vtt-line-wide the widest of 51 long lines has 74 characters, 65 "
    )
    assert last == "1 file: 0 errors, 0 warnings, 1 note"
    assert len(run("--profile", "podcast", path).output.splitlines()) == 52


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


@pytest.fixture
def media(make_media: MakeMedia) -> Path:
    """Sound of two seconds beside subtitles that last three, and its document."""
    path = make_media("talk.wav", *TONE)
    path.with_suffix(".vtt").write_text(LATE, encoding="utf-8")
    return path


def past_end(*arguments: str | Path) -> list[str]:
    """How the messages about the end of the recording go on."""
    lines = run(*arguments).output.splitlines()
    return [line.partition(", ")[2] for line in lines if "past-end" in line]


@pytest.mark.parametrize("name", ["talk.vtt", "talk.wav.vtt", "talk.pl.vtt", "talk.pt-BR.vtt"])
def test_the_recording_beside_a_file_says_how_long_it_is(media: Path, name: str) -> None:
    (media.parent / name).write_text(LATE, encoding="utf-8")
    assert past_end(media.parent / name) == ["talk.wav ends at 00:00:02.000"]


@pytest.mark.parametrize("name", ["other.vtt", "talk.part1.vtt", "talk.new.vtt", "talk.mp3.vtt"])
def test_a_recording_of_another_name_says_nothing(media: Path, name: str) -> None:
    (media.parent / name).write_text(LATE, encoding="utf-8")
    assert past_end(media.parent / name) == []


def test_our_second_endings_are_known(media: Path) -> None:
    path = media.parent / "talk.podcast.srt"
    path.write_text("1\n00:00:01,000 --> 00:00:04,000\nGood morning.\n", encoding="utf-8")
    assert past_end(path) == ["talk.wav ends at 00:00:02.000"]


def test_a_second_is_forgiven(media: Path) -> None:
    path = media.with_suffix(".vtt")
    path.write_text(LATE.replace("04.000", "03.000"), encoding="utf-8")
    assert past_end(path) == []
    path.write_text(LATE.replace("04.000", "03.001"), encoding="utf-8")
    assert len(past_end(path)) == 1


def test_what_is_said_wins_over_what_lies_beside(media: Path) -> None:
    path = media.with_suffix(".vtt")
    assert past_end(path, "--duration", "4") == []
    assert past_end(path, "--duration", "0:03.999") == ["the recording ends at 00:00:03.999"]
    other = media.rename(media.with_name("other.wav"))
    assert past_end(path) == []
    assert past_end(path, "--media", other) == ["other.wav ends at 00:00:02.000"]
    assert isinstance(run(path, "--media", other, "--duration", "2").exception, UsageError)


def test_the_document_beside_a_file_is_asked_first(media: Path) -> None:
    document = (GOLDEN / "one-word" / "episode.json").read_bytes()
    (media.parent / "talk.json").write_bytes(document)
    assert past_end(media.with_suffix(".vtt")) == ["one-word.mp3 ends at 00:00:01.760"]
    (media.parent / "talk.json").write_text("{}", encoding="utf-8")
    assert past_end(media.with_suffix(".vtt")) == ["talk.wav ends at 00:00:02.000"]
    assert isinstance(run("--media", media.parent / "talk.json", "a.vtt").exception, InputError)


def test_a_length_that_is_guessed_is_none(media: Path, make_media: MakeMedia) -> None:
    guessed = make_media("talk.aac", *TONE)
    media.unlink()
    assert past_end(media.with_suffix(".vtt")) == []
    error = run(media.with_suffix(".vtt"), "--media", guessed).exception
    assert isinstance(error, InputError)
    assert "does not say how long it is" in str(error)


@pytest.mark.parametrize("content", [b"", b"no sound", b"RIFF"])
def test_what_is_no_recording_beside_a_file_is_no_trouble(media: Path, content: bytes) -> None:
    media.write_bytes(content)
    assert past_end(media.with_suffix(".vtt")) == []


def test_a_pipe_beside_a_file_is_not_opened(media: Path) -> None:
    media.unlink()
    os.mkfifo(media)
    os.mkfifo(media.with_suffix(".json"))
    assert past_end(media.with_suffix(".vtt")) == []
    assert isinstance(run("--media", media, media.with_suffix(".vtt")).exception, InputError)


@pytest.mark.parametrize("make", [os.mkfifo, lambda path: path.symlink_to("nowhere")])
def test_what_is_no_file_is_said_in_a_line(tmp_path: Path, make: Callable[[Path], None]) -> None:
    make(tmp_path / "a.vtt")
    result = run(tmp_path / "a.vtt")
    assert len(result.output.splitlines()) == 2
    assert "file-unreadable" in result.output
    assert isinstance(result.exception, InputError)


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        (b"", "file-empty"),
        (b"\n \r\n", "file-empty"),
        (GOOD.encode("utf-16"), "text-encoding"),
        (GOOD.encode("utf-16-le"), "text-encoding"),
        (b"\0" * (LARGEST_BYTES + 1), "file-too-large"),
    ],
)
def test_files_of_odd_bytes_get_a_line(tmp_path: Path, content: bytes, rule: str) -> None:
    (tmp_path / "a.vtt").write_bytes(content)
    first, last = run(tmp_path / "a.vtt").output.splitlines()
    assert first.split(": ")[1].split()[:2] == ["error", rule]
    assert last == "1 file: 1 error, 0 warnings, 0 notes"


@pytest.mark.parametrize("content", [GOOD.replace("\n", "\r"), "\ufeff" + GOOD])
def test_other_line_ends_and_a_mark_are_right(tmp_path: Path, content: str) -> None:
    (tmp_path / "a.vtt").write_text(content, encoding="utf-8", newline="")
    assert run(tmp_path / "a.vtt").output == "1 file: 0 errors, 0 warnings, 0 notes\n"


def test_a_format_without_rules_is_no_error(tmp_path: Path) -> None:
    path = tmp_path / "a.lrc"
    path.write_bytes(b"[00:01.00]Good morning\n" + b" " * LARGEST_BYTES)
    result = run(path)
    first, _ = result.output.splitlines()
    assert first == f"{path}: note file-unchecked LRC is not a format that lint checks; nothing is said of it"
    assert result.exit_code == 0


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
