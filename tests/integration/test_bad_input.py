"""Recordings that are missing, damaged, odd or empty: a clear error or a sound transcript, never a mess."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest
from desk import SAMPLE, Desk, ordinary_user, shared_audio

from transcribe.core.errors import AllFailed, InputError, ModelError, OutputError, SomeFailed, UsageError

pytestmark = pytest.mark.real

TINY = ("--model", "tiny.en")
NO_SPEECH = "no speech was found; the transcript is empty"


def test_missing_file(desk: Desk) -> None:
    message = desk.refuses(InputError.exit_code, "gone.mp3", *TINY)
    assert "there is no file gone.mp3" in message
    assert "Check the name" in message


def test_folder(desk: Desk) -> None:
    (desk.folder / "episodes").mkdir()
    message = desk.refuses(InputError.exit_code, "episodes", *TINY)
    assert "episodes is a folder" in message
    assert "transcribe batch episodes" in message


def test_empty_file(desk: Desk) -> None:
    (desk.folder / "empty.mp3").touch()
    message = desk.refuses(InputError.exit_code, "empty.mp3", *TINY)
    assert "empty.mp3 is empty" in message
    assert "download it again" in message


def test_text_named_mp3(desk: Desk) -> None:
    (desk.folder / "notes.mp3").write_text("Buy milk, and record an episode.\n" * 200, encoding="utf-8")
    message = desk.refuses(InputError.exit_code, "notes.mp3", *TINY)
    assert "notes.mp3 is not a sound or video file" in message
    assert "Check that it plays" in message


def test_video_without_sound(desk: Desk) -> None:
    desk.media("mute.mp4", "-f", "lavfi", "-i", "testsrc=duration=1:size=64x48")
    message = desk.refuses(InputError.exit_code, "mute.mp4", *TINY)
    assert "mute.mp4 holds no sound" in message
    assert "Check that it plays with sound" in message


def test_unreadable_file(desk: Desk, clip: Path) -> None:
    shutil.copy(clip, desk.folder / "secret.wav")
    (desk.folder / "secret.wav").chmod(0)
    message = desk.refuses(InputError.exit_code, "secret.wav", *TINY, prefix=ordinary_user())
    assert "secret.wav cannot be read: Permission denied" in message
    assert "Check its permissions" in message


def test_link_to_itself(desk: Desk) -> None:
    (desk.folder / "loop.wav").symlink_to("loop.wav")
    message = desk.refuses(InputError.exit_code, "loop.wav", *TINY)
    assert "loop.wav cannot be read" in message


def test_not_a_plain_file(desk: Desk) -> None:
    os.mkfifo(desk.folder / "pipe.wav")
    message = desk.refuses(InputError.exit_code, "pipe.wav", *TINY)
    assert "pipe.wav is not a plain file" in message


@pytest.mark.parametrize("name", ["cut.mp3", "cut.wav"])
def test_truncated(desk: Desk, name: str) -> None:
    whole = desk.media(f"whole-{name}", "-i", str(SAMPLE), "-t", "12")
    content = whole.read_bytes()
    (desk.folder / name).write_bytes(content[: len(content) // 2])
    outcome = desk.transcribe(name)
    warning = next(line for line in outcome.stderr.splitlines() if line.startswith("warning: "))
    assert name in warning
    assert "cut short" in warning
    assert "best of times" in desk.text("cut")


@pytest.mark.parametrize(
    ("name", "generator"),
    [
        ("silence.wav", "anullsrc=r=16000:cl=mono:d=5"),
        ("hum.wav", "sine=frequency=50:duration=5"),
        ("white.wav", "anoisesrc=d=8:color=white:amplitude=0.2:seed=1"),
        ("brown.wav", "anoisesrc=d=8:color=brown:amplitude=0.4:seed=2"),
        ("chord.wav", "aevalsrc=0.2*sin(2*PI*262*t)+0.2*sin(2*PI*330*t)+0.2*sin(2*PI*392*t):d=8"),
        ("drum.wav", "aevalsrc=sin(2*PI*80*t)*exp(-20*mod(t\\,0.5)):d=8"),
    ],
)
def test_no_text_is_invented(desk: Desk, name: str, generator: str) -> None:
    desk.media(name, "-f", "lavfi", "-i", generator)
    _expect_empty_transcript(desk, Path(name))


@pytest.mark.parametrize("name", ["music-only.ogg", "noise1.flac"])
def test_no_text_is_invented_for_real_recordings(desk: Desk, name: str) -> None:
    shutil.copyfile(shared_audio(name), desk.folder / name)
    _expect_empty_transcript(desk, Path(name))


def _expect_empty_transcript(desk: Desk, name: Path) -> None:
    outcome = desk.transcribe(name)
    assert f"warning: {name}: {NO_SPEECH}" in outcome.stderr
    outputs = desk.outputs(name.stem)
    assert outputs["txt"].strip() == b""
    assert outputs["srt"] == b""
    assert outputs["vtt"].startswith(b"WEBVTT")
    assert b"-->" not in outputs["vtt"]
    assert json.loads(outputs["json"])["segments"] == []


def test_fifty_milliseconds(desk: Desk) -> None:
    desk.media("blink.wav", "-ss", "1", "-i", str(SAMPLE), "-t", "0.05")
    desk.transcribe("blink.wav")
    assert len(desk.text("blink").split()) <= 1


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("eight.wav", ("-af", "pan=8c|c5=c0")),
        ("telephone.wav", ("-ar", "8000")),
    ],
    ids=["8 channels, one of which speaks", "8 kHz"],
)
def test_odd_sound(desk: Desk, clip: Path, name: str, arguments: Sequence[str]) -> None:
    desk.media(name, "-i", str(clip), *arguments)
    desk.transcribe(name)
    assert "best of times" in desk.text(Path(name).stem)


NAMES = (
    "with  spaces .wav",
    "two\nlines.wav",
    'it\'s "quoted" `here` $HOME;.wav',
    "żółw 🐢 שלום.wav",
    "-o dash.wav",
    "%d [brackets] *?.wav",
    "http:colon.wav",
    "ż" * 125 + "a.wav",  # 255 bytes: the most a file system takes
    "ż" * 125 + "b.wav",
)


def test_names(used_desk: Desk) -> None:
    for name in NAMES:
        shutil.copy(used_desk.folder / "clip.wav", used_desk.folder / name)
    outcome = used_desk.run(*TINY, "-o", "out", "--", *NAMES)
    assert outcome.code == 0, outcome.stderr
    texts = {path.stem: path.read_text("utf-8") for path in (used_desk.folder / "out").glob("*.txt")}
    assert len(texts) == len(NAMES)
    assert {Path(name).stem for name in NAMES if len(os.fsencode(name)) < 250} <= set(texts)
    assert all("best of times" in text for text in texts.values())


def test_nobody_is_told_where_standard_input_is_kept(desk: Desk) -> None:
    assert desk.refuses(InputError.exit_code, "-", "-o", "-", *TINY).startswith("standard input is empty")
    (desk.folder / "text").write_text("no sound")
    message = desk.refuses(InputError.exit_code, "-", "-o", "-", *TINY, stdin=desk.folder / "text")
    assert message.startswith("standard input is not a sound or video file")
    assert str(desk.work) not in message


def test_a_folder_for_results_that_is_none(used_desk: Desk) -> None:
    (used_desk.folder / "file").touch()
    message = used_desk.refuses(OutputError.exit_code, "clip.wav", *TINY, "-o", "file")
    assert "writing into file failed: Not a directory" in message


def test_name_that_looks_like_an_option(used_desk: Desk) -> None:
    shutil.copy(used_desk.folder / "clip.wav", used_desk.folder / "--force.wav")
    used_desk.transcribe("./--force.wav")
    assert "best of times" in used_desk.text("--force")


def test_name_cannot_forge_a_line(desk: Desk) -> None:
    message = desk.refuses(InputError.exit_code, "gone\n\x1b[2Jdone.mp3", *TINY)
    assert "there is no file gone\\n\\x1b[2Jdone.mp3" in message


def test_name_that_is_no_text(used_desk: Desk) -> None:
    name = os.fsdecode(b"caf\xe9 \xff.wav")
    shutil.copy(used_desk.folder / "clip.wav", used_desk.folder / name)
    done = used_desk.run("batch", name, "clip.wav", *TINY, "-f", "json,page,docx,md", "--progress", "json")
    assert done.code == 0, done.stderr
    told = [json.loads(line) for line in done.stderr.splitlines() if line.startswith("{")]
    assert {each["name"] for each in told if each["event"] == "covered"} == {r"caf\xe9 \xff.wav", "clip.wav"}
    stem = used_desk.folder / name.removesuffix(".wav")
    assert all(Path(f"{stem}{ending}").is_file() for ending in (".json", ".html", ".docx", ".md"))
    assert "caf%E9%20%FF.wav" in Path(f"{stem}.html").read_text("utf-8")
    report = json.loads((used_desk.folder / "report.json").read_text("utf-8"))
    assert report["files"][0]["source"].endswith(r"/caf\xe9 \xff.wav")
    again = used_desk.run("batch", name, "clip.wav", *TINY, "-f", "json,page,docx,md", "--dry-run")
    assert again.stdout.decode().count("up to date") == 2
    Path(f"{stem}.json").write_text("changed by hand")
    assert "was changed since" in used_desk.run(name, *TINY).error()


def test_others_go_on_when_some_fail(used_desk: Desk) -> None:
    (used_desk.folder / "empty.mp3").touch()
    outcome = used_desk.run("gone.mp3", "clip.wav", "empty.mp3", *TINY)
    assert outcome.code == SomeFailed.exit_code
    assert "best of times" in used_desk.text("clip")
    summary = outcome.stderr[outcome.stderr.index("1 of 3 files transcribed") :]
    assert "gone.mp3: there is no file gone.mp3" in summary
    assert "empty.mp3: empty.mp3 is empty" in summary


def test_several_are_told_one_after_the_other_and_equals_wait_for_each_other(used_desk: Desk) -> None:
    talk = used_desk.media("talk.flac", "-i", str(SAMPLE), "-t", "12")
    shutil.copy(talk, used_desk.folder / "same.flac")
    names = ("talk.flac", "gone.mp3", "clip.wav", "same.flac")
    outcome = used_desk.run(*names, *TINY, "--progress", "json")
    assert outcome.code == SomeFailed.exit_code
    told = [json.loads(line) for line in outcome.stderr.splitlines() if line.startswith("{")]
    marks = [event for event in told if event["event"].startswith("file_")]
    assert [event["event"].removeprefix("file_") for event in marks] == [
        *("started", "finished", "started", "failed"),
        *("started", "finished", "started", "finished"),
    ]
    assert [event["name"] for event in marks[::2]] == list(names)
    assert used_desk.text("same") == used_desk.text("talk")
    alone = used_desk.folder / "alone"
    used_desk.transcribe("talk.flac", "-o", alone, environment={"TRANSCRIBE_WORK_DIR": str(alone)})
    assert (alone / "talk.json").read_bytes() == (used_desk.folder / "talk.json").read_bytes()


def test_all_fail(desk: Desk) -> None:
    outcome = desk.run("gone.mp3", "lost.mp3", *TINY)
    assert outcome.code == AllFailed.exit_code
    assert "0 of 2 files transcribed" in outcome.stderr
    assert list(desk.folder.iterdir()) == []


def test_standard_input_to_standard_output(used_desk: Desk) -> None:
    outcome = used_desk.transcribe("-", "-o", "-", stdin=used_desk.folder / "clip.wav")
    assert b"best of times" in outcome.stdout
    assert set(used_desk.files()) == {str(used_desk.folder / "clip.wav")}


def test_empty_standard_input(desk: Desk) -> None:
    message = desk.refuses(InputError.exit_code, "-", *TINY)
    assert "empty" in message


def test_several_languages_with_a_model_that_knows_one(used_desk: Desk) -> None:
    message = used_desk.refuses(ModelError.exit_code, "clip.wav", "--language", "multi", *TINY)
    assert "knows English only and cannot tell languages apart" in message


def test_prompt_that_the_model_would_cut(used_desk: Desk) -> None:
    message = used_desk.refuses(UsageError.exit_code, "clip.wav", "--prompt", "word " * 300, *TINY)
    assert "the prompt is too long: it has 300 tokens, and the model takes 223" in message


@pytest.mark.parametrize(
    ("content", "complaint"), [(None, "cannot be read: No such file"), (b"\xff\xfeK", "is not UTF-8 text")]
)
def test_vocabulary_that_is_none(used_desk: Desk, content: bytes | None, complaint: str) -> None:
    if content is not None:
        (used_desk.folder / "names.txt").write_bytes(content)
    message = used_desk.refuses(UsageError.exit_code, "clip.wav", "--vocabulary", "names.txt", *TINY)
    assert f"the vocabulary names.txt {complaint}" in message
