"""Files appear whole or not at all, follow no link, wait for no pipe, and what a kill left is swept."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from transcribe.core.disk import disk_errors
from transcribe.core.errors import OutputError
from transcribe.core.files import (
    atomic_file,
    private_file,
    private_folder,
    sweep,
    temporary_folder,
    try_folder,
    write_together,
)
from transcribe.core.reading import inside, open_regular

DEAD = 4_194_305
"""No process has this number: Linux gives out at most 4194304."""


def test_an_atomic_file_is_whole_or_absent(tmp_path: Path) -> None:
    path = tmp_path / "result"
    path.write_bytes(b"before")
    with pytest.raises(ZeroDivisionError), atomic_file(path) as handle:
        handle.write(b"half")
        1 / 0  # noqa: B018
    assert [p.name for p in tmp_path.iterdir()] == ["result"]
    assert path.read_bytes() == b"before"


def test_a_full_disk_is_told_apart_from_other_trouble(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"disk is full.*make room"), disk_errors(tmp_path, "writing"):
        raise OSError(errno.ENOSPC, "No space left on device")
    with pytest.raises(OutputError, match="Read-only file system"), disk_errors(tmp_path, "writing"):
        raise OSError(errno.EROFS, "Read-only file system")


def test_no_link_in_the_folder_is_written_through(tmp_path: Path) -> None:
    precious, folder = tmp_path / "precious", tmp_path / "folder"
    precious.write_text("mine")
    folder.mkdir()
    for name in ("result", "result.tmp", f".transcribe-{os.getpid()}.tmp"):
        (folder / name).symlink_to(precious)
    with atomic_file(folder / "result") as handle:
        handle.write(b"new")
    write_together({folder / "result": b"newer"})
    try_folder(folder)
    assert precious.read_text() == "mine"
    assert (folder / "result").read_bytes() == b"newer"
    assert not (folder / "result").is_symlink()


def test_a_pipe_that_is_in_the_way_is_replaced(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "result")
    with atomic_file(tmp_path / "result") as handle:
        handle.write(b"new")
    assert (tmp_path / "result").read_bytes() == b"new"


def test_a_file_swapped_for_a_link_while_it_is_written_is_noticed(tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.write_text("mine")

    def swap(temporary: Path) -> None:
        temporary.unlink()
        temporary.symlink_to(precious)

    with pytest.raises(OutputError, match="somebody else replaced it"):
        write_together({tmp_path / "result": swap})
    assert [each.name for each in tmp_path.iterdir()] == ["precious"]


def test_on_a_full_disk_all_files_stay_as_they_were(small_disk: Path) -> None:
    first, second = small_disk / "first", small_disk / "second"
    first.write_text("old")
    with pytest.raises(OutputError, match="the disk is full"):
        write_together({first: b"new", second: b"x" * 200_000})
    assert first.read_text() == "old"
    assert [each.name for each in small_disk.iterdir()] == ["first"]


def test_when_one_cannot_have_its_name_those_before_it_are_as_they_were(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).write_text("old")
    (tmp_path / "c").mkdir()
    with pytest.raises(OutputError, match="c failed"):
        write_together(
            dict.fromkeys([tmp_path / "a", tmp_path / "new", tmp_path / "b", tmp_path / "c"], b"x")
        )
    assert [(tmp_path / name).read_text() for name in ("a", "b")] == ["old", "old"]
    assert sorted(each.name for each in tmp_path.iterdir()) == ["a", "b", "c"]


@pytest.mark.parametrize("name", [f".transcribe-{DEAD}.tmp", f".transcribe-{DEAD}-00ff.tmp"])
def test_what_a_dead_process_left_is_swept(tmp_path: Path, name: str) -> None:
    (tmp_path / name).touch()
    sweep(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_what_is_not_left_over_is_not_swept(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as alive:
        mine, precious = tmp_path / "mine.tmp", tmp_path / "precious"
        mine.touch()
        precious.touch()
        (tmp_path / f".transcribe-{alive.pid}.tmp").touch()
        (tmp_path / f".transcribe-{DEAD}-1.tmp").symlink_to(precious)
        os.mkfifo(tmp_path / f".transcribe-{DEAD}-2.tmp")
        (tmp_path / f".transcribe-{DEAD}-3.tmp").mkdir()  # of a user's folder
        locked = tmp_path / f".transcribe-{DEAD}-4.tmp"
        kept = {each.name for each in tmp_path.iterdir()} | {locked.name}
        with locked.open("wb") as handle, atomic_file(tmp_path / "open") as ours:
            fcntl.flock(handle, fcntl.LOCK_EX)
            sweep(tmp_path)
            ours.write(b"still here")
        assert {each.name for each in tmp_path.iterdir()} == kept | {"open"}
        alive.communicate(b"\n")


def test_the_folder_of_a_killed_run_is_swept_and_one_that_is_used_is_not(tmp_path: Path) -> None:
    left, theirs = tmp_path / f".transcribe-{DEAD}-1f.tmp", tmp_path / f".transcribe-{DEAD}-2f.tmp"
    elsewhere = tmp_path / "elsewhere"
    for folder in (left, theirs, elsewhere):
        folder.mkdir()
        (folder / "sound").write_bytes(b"x")
    (left / "link").symlink_to(elsewhere)
    (tmp_path / f".transcribe-{DEAD}-3f.tmp").symlink_to(elsewhere)
    handle = os.open(theirs, os.O_RDONLY)
    fcntl.flock(handle, fcntl.LOCK_EX)
    with temporary_folder(tmp_path) as ours:
        assert ours.stat().st_mode & 0o777 == 0o700
        (ours / "sound").write_bytes(b"x")
        sweep(tmp_path, folders=True)
        assert sorted(path.name for path in tmp_path.iterdir() if path.is_dir()) == sorted(
            [ours.name, theirs.name, "elsewhere", f".transcribe-{DEAD}-3f.tmp"]
        )
    os.close(handle)
    assert not ours.exists()
    sweep(tmp_path, folders=True)
    assert not theirs.exists()
    assert (elsewhere / "sound").exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file to somebody else")
def test_what_another_user_left_is_not_swept(tmp_path: Path) -> None:
    left = tmp_path / f".transcribe-{DEAD}.tmp"
    left.touch()
    os.chown(left, 65534, 65534)
    sweep(tmp_path)
    assert left.exists()


def test_only_plain_files_are_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to(tmp_path / "pipe")
    (tmp_path / "file").write_text("text")
    (tmp_path / "good").symlink_to(tmp_path / "file")
    for path in (tmp_path / "pipe", tmp_path / "link", Path("/dev/zero"), tmp_path):
        with pytest.raises(OSError, match=r"plain file|Is a directory"):
            open_regular(path)
    with socket.socket(socket.AF_UNIX) as bound, contextlib.chdir(tmp_path):
        bound.bind("socket")
        with pytest.raises(OSError, match="plain file"):
            open_regular(Path("socket"))
    with open_regular(tmp_path / "good") as handle:
        assert handle.read() == b"text"
    with pytest.raises(OSError, match="symbolic links"):
        open_regular(tmp_path / "good", follow=False)


def test_a_folder_for_everybody_is_left_as_it_is(tmp_path: Path) -> None:
    tmp_path.chmod(0o1777)
    private_folder(tmp_path)
    assert tmp_path.stat().st_mode & 0o7777 == 0o1777
    tmp_path.chmod(0o755)
    private_folder(tmp_path)
    assert tmp_path.stat().st_mode & 0o7777 == 0o700


def test_what_is_no_folder_is_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "theirs").touch(0o644)
    (tmp_path / "link").symlink_to("theirs")
    with pytest.raises(NotADirectoryError):
        private_folder(tmp_path / "link")
    assert (tmp_path / "theirs").stat().st_mode & 0o777 == 0o644


def test_a_private_file_is_no_link(tmp_path: Path) -> None:
    (tmp_path / "theirs").touch(0o644)
    (tmp_path / "link").symlink_to(tmp_path / "theirs")
    with pytest.raises(OSError, match="symbolic links"):
        private_file(tmp_path / "link")


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("/etc/passwd", "does not begin in the folder"),
        ("~/x", "does not begin in the folder"),
        ("../x", r"by \.\."),
        ("a/../../x", r"by \.\."),
        ("a/../b", r"by \.\."),
        ("out/x", "a link in it"),
        ("out", "a link in it"),
        ("chain/x", "a link in it"),
        ("a\0b", "NUL"),
    ],
)
def test_a_path_that_leads_out_of_its_folder(tmp_path: Path, name: str, why: str) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "out").symlink_to(tmp_path)
    (folder / "chain").symlink_to("out")
    with pytest.raises(ValueError, match=why):
        inside(folder, name)


def test_a_path_that_stays_in_its_folder(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "link").symlink_to("sub")
    assert inside(tmp_path, "sub/x.txt") == tmp_path / "sub" / "x.txt"
    assert inside(tmp_path, "link/x.txt") == tmp_path / "sub" / "x.txt"
    assert inside(tmp_path, ".") == tmp_path


def test_a_dead_process_that_nobody_has_waited_for_holds_nothing(tmp_path: Path) -> None:
    """As in a container whose first process waits for no orphans."""
    dead = subprocess.Popen([sys.executable, "-c", ""], stdout=subprocess.PIPE)
    assert dead.stdout is not None
    dead.stdout.read()  # it has ended when its end of the pipe is closed
    left = tmp_path / f".transcribe-{dead.pid}-0123456789abcdef.tmp"
    left.write_bytes(b"half")
    for _ in range(50):
        sweep(tmp_path)
        if not left.exists():
            break
        time.sleep(0.1)
    assert not left.exists()
    assert Path(f"/proc/{dead.pid}").exists() or sys.platform != "linux", "it was a zombie all the time"
    dead.wait()
    dead.stdout.close()
