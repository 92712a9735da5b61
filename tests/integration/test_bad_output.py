"""Results that cannot be written, or would replace somebody else's file: refused, and nothing is lost."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from desk import Desk, mounted, ordinary_user
from warm import COLD

from transcribe.core.errors import OutputError, SomeFailed, UsageError

pytestmark = pytest.mark.real

TINY = ("--model", "tiny.en")


def test_folder_that_cannot_be_written(used_desk: Desk) -> None:
    shut = used_desk.folder / "shut"
    shut.mkdir(mode=0o555)
    message = used_desk.refuses(
        OutputError.exit_code, "clip.wav", "-o", "shut", *TINY, prefix=ordinary_user()
    )
    assert "writing into shut failed: Permission denied" in message
    assert "Choose another folder with -o" in message


def test_read_only_disk(used_desk: Desk) -> None:
    with mounted(used_desk.folder / "cd", "ro"):
        message = used_desk.refuses(OutputError.exit_code, "clip.wav", "-o", "cd", *TINY)
    assert "writing into cd failed: Read-only file system" in message
    assert "Choose another folder with -o" in message


def test_folder_that_is_a_file(used_desk: Desk) -> None:
    (used_desk.folder / "out").touch()
    message = used_desk.refuses(OutputError.exit_code, "clip.wav", "-o", "out", *TINY)
    assert "writing into out failed" in message


def test_folder_in_the_way(used_desk: Desk) -> None:
    (used_desk.folder / "clip.srt").mkdir()
    message = used_desk.refuses(OutputError.exit_code, "clip.wav", *TINY)
    assert "clip.srt is in the way: Is a directory" in message
    (used_desk.folder / "clip.srt").rmdir()
    used_desk.transcribe("clip.wav")


def test_nothing_is_recognised_before_the_outputs_are_known_to_fit(desk: Desk, clip: Path) -> None:
    shutil.copy(clip, desk.folder)
    (desk.folder / "clip.txt").write_text("my notes", encoding="utf-8")
    message = desk.refuses(OutputError.exit_code, "clip.wav", *TINY)
    assert "clip.txt exists" in message
    assert not list(desk.work.rglob("results.jsonl"))


def test_full_output_disk(used_desk: Desk) -> None:
    with mounted(used_desk.folder / "disk", "size=64k") as remount:
        with pytest.raises(OSError, match="No space left"):  # noqa: SIM117
            with (used_desk.folder / "disk" / "filling").open("wb", buffering=0) as filling:
                while True:
                    filling.write(b"\0" * 4096)
        message = used_desk.refuses(OutputError.exit_code, "clip.wav", "-o", "disk", *TINY)
        assert "the disk is full: writing into disk" in message
        assert "make room and run the same command again" in message
        remount("size=1m")
        outcome = used_desk.transcribe("clip.wav", "-o", "disk")
        assert "recognise" not in outcome.stderr  # nothing was lost
        assert "best of times" in used_desk.outputs("clip", "disk")["txt"].decode()


def test_full_work_disk(desk: Desk, clip: Path, finished: Desk) -> None:
    shutil.copy(clip, desk.folder)
    with mounted(desk.work, "size=128k") as remount:
        message = desk.refuses(OutputError.exit_code, "clip.wav", *TINY)
        assert f"the disk is full: writing {desk.work}" in message
        assert "make room and run the same command again" in message
        remount("size=8m")
        desk.transcribe("clip.wav")
        assert desk.outputs("clip") == finished.outputs("clip")


@pytest.mark.skipif(sys.platform != "linux", reason="only root of Linux can mount a small disk")
def test_standard_input_without_an_end_leaves_some_of_the_disk_free(desk: Desk) -> None:
    with mounted(desk.work, "size=200m"):
        message = desk.refuses(OutputError.exit_code, "-", "-o", "-", *TINY, stdin=Path("/dev/zero"))
        assert f"the disk of {desk.work}" in message
        assert "8 MB are free, and standard input has not ended after 201 MB" in message
        assert "TRANSCRIBE_WORK_DIR" in message
        assert list(desk.work.iterdir()) == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="/dev/full is a device of Linux")
def test_full_standard_output(used_desk: Desk) -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [*COLD, "clip.wav", "-o", "-", *TINY],
            cwd=used_desk.folder,
            env=used_desk.environment,
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
        )
    used_desk.check(done.stderr.decode())
    assert done.returncode == OutputError.exit_code
    assert b"writing standard output failed: No space left on device" in done.stderr


def test_two_sources_that_would_write_the_same_output(desk: Desk, clip: Path) -> None:
    shutil.copy(clip, desk.folder / "talk.wav")
    shutil.copy(clip, desk.folder / "talk.mp3")
    message = desk.refuses(UsageError.exit_code, "talk.wav", "talk.mp3", *TINY)
    assert "talk.wav and talk.mp3 would both write talk.txt" in message
    assert "different folders with -o" in message


def test_same_output_through_a_link(desk: Desk, clip: Path) -> None:
    for folder in ("a", "b"):
        (desk.folder / folder).mkdir()
        shutil.copy(clip, desk.folder / folder / "talk.wav")
    message = desk.refuses(UsageError.exit_code, "a/talk.wav", "b/talk.wav", "-o", "out", *TINY)
    assert "a/talk.wav and b/talk.wav would both write out/talk.txt" in message


def test_output_of_another_source(used_desk: Desk) -> None:
    used_desk.transcribe("clip.wav")
    used_desk.media("clip.mp3", "-f", "lavfi", "-i", "anullsrc=r=16000:cl=mono:d=1")
    message = used_desk.refuses(OutputError.exit_code, "clip.mp3", *TINY)
    assert "clip.txt exists and was not written by this job" in message
    assert "replace it with --force" in message


def test_output_of_the_same_job_is_written_again(used_desk: Desk) -> None:
    used_desk.transcribe("clip.wav")
    first = used_desk.outputs("clip")
    (used_desk.folder / "clip.srt").unlink()
    used_desk.transcribe("clip.wav")
    assert used_desk.outputs("clip") == first


def test_output_changed_by_hand(used_desk: Desk) -> None:
    used_desk.transcribe("clip.wav")
    first = used_desk.outputs("clip")
    (used_desk.folder / "clip.srt").write_text("1\n00:00:00,000 --> 00:00:01,000\nMine\n", "utf-8")
    message = used_desk.refuses(OutputError.exit_code, "clip.wav", *TINY)
    assert "clip.srt exists and was not written by this job, or was changed since" in message
    used_desk.transcribe("clip.wav", "--force")
    assert used_desk.outputs("clip") == first


def test_recording_is_never_overwritten(desk: Desk, clip: Path) -> None:
    shutil.copy(clip, desk.folder / "clip.txt")
    message = desk.refuses(UsageError.exit_code, "clip.txt", "--force", *TINY)
    assert "clip.txt would be overwritten by its own transcript" in message


def test_others_go_on_when_an_output_is_in_the_way(used_desk: Desk) -> None:
    shutil.copy(used_desk.folder / "clip.wav", used_desk.folder / "taken.wav")
    (used_desk.folder / "taken.vtt").write_text("mine", "utf-8")
    outcome = used_desk.run("taken.wav", "clip.wav", *TINY)
    assert outcome.code == SomeFailed.exit_code
    assert "1 of 2 files transcribed" in outcome.stderr
    assert (used_desk.folder / "taken.vtt").read_text("utf-8") == "mine"
    assert not (used_desk.folder / "taken.txt").exists()
    assert "best of times" in used_desk.text("clip")


def test_work_directory_that_cannot_be_made(desk: Desk, clip: Path) -> None:
    shutil.copy(clip, desk.folder)
    message = desk.refuses(
        OutputError.exit_code, "clip.wav", *TINY, environment={"TRANSCRIBE_WORK_DIR": str(clip)}
    )
    assert "making the work directory" in message
    assert "with -o" not in message
    assert "TRANSCRIBE_WORK_DIR" in message
