"""Where folders may lie, and what outputs are called."""

from __future__ import annotations

from collections import namedtuple
from pathlib import Path

import psutil
import pytest

from transcribe.core.disk import too_full
from transcribe.core.errors import InputError, UsageError
from transcribe.watch import folders
from transcribe.watch.folders import network_mount, open_folders, place_key, places

Mount = namedtuple("Mount", "device mountpoint fstype opts")


def test_folders_side_by_side(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    found = open_folders(tmp_path / "in", tmp_path / "new" / "out", None, tmp_path / "done")
    assert found.queue == tmp_path / "new" / "out" / ".watch" / "ledger.sqlite"
    first, second = found.error_files("day/a.wav")
    assert first == tmp_path / "new" / "out" / "failed" / "day" / "a.wav.error.txt"
    assert second.parent == tmp_path / "new" / "out" / "failed"
    assert (tmp_path / "done").is_dir()


@pytest.mark.parametrize(
    ("inbox", "out"),
    [("in", "in"), ("in", "in/out"), ("out/in", "out"), ("in", "link"), ("in", "in/../in/x")],
)
def test_one_inside_the_other_is_refused(tmp_path: Path, inbox: str, out: str) -> None:
    (tmp_path / inbox).mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "in")
    with pytest.raises(UsageError, match="lies inside"):
        open_folders(tmp_path / inbox, tmp_path / out, None, None)


def test_neither_ledger_nor_done_nor_work_may_lie_inside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inbox, out = tmp_path / "in", tmp_path / "out"
    inbox.mkdir()
    with pytest.raises(UsageError, match="for the ledger"):
        open_folders(inbox, out, inbox / "state", None)
    with pytest.raises(UsageError, match="for finished recordings"):
        open_folders(inbox, out, None, inbox / "done")
    monkeypatch.setenv("TRANSCRIBE_WORK_DIR", str(inbox / "work"))
    with pytest.raises(UsageError, match="work directory"):
        open_folders(inbox, out, None, None)


def test_there_has_to_be_a_folder(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no folder"):
        open_folders(tmp_path / "in", tmp_path / "out", None, None)


def test_what_outputs_are_called() -> None:
    found = iter(places("dzień 1/take.wav"))
    assert [next(found) for _ in range(3)] == ["dzień 1/take", "dzień 1/take.wav", "dzień 1/take (2)"]


def test_names_that_some_file_systems_take_for_one() -> None:
    assert place_key("Dzień/Take") == place_key("dzień/TAKE") == place_key("dzien\u0301/take")
    assert place_key("a") != place_key("b")


def test_the_file_system_of_the_innermost_mount_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    mounts = [
        Mount("", "/", "ext4", ""),
        Mount("", "/studio", "cifs", ""),
        Mount("", "/studio/local", "xfs", ""),
        Mount("", "/stud", "nfs4", ""),
    ]
    monkeypatch.setattr(psutil, "disk_partitions", lambda **_: mounts)
    assert network_mount(Path("/studio/in")) == "cifs"
    assert network_mount(Path("/studio/local/in")) == ""
    assert network_mount(Path("/studios")) == ""
    assert network_mount(Path("/stud/in")) == "nfs4"


def test_on_a_network_mount_the_ledger_lies_in_the_users_state_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folders, "network_mount", lambda path: "nfs")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    first, second = (folders.state_folder(tmp_path / name, None) for name in ("a", "b"))
    assert first != second
    assert not first.is_relative_to(tmp_path / "a")
    assert folders.state_folder(tmp_path / "a", tmp_path / "chosen") == tmp_path / "chosen"


def test_room_on_disks(tmp_path: Path) -> None:
    assert too_full([tmp_path, tmp_path / "not" / "made"], 1) == ""
    said = too_full([tmp_path / "not" / "made"], 1 << 60)
    assert said.startswith("less than 1152921504607 MB are free on the disk of")
    assert said.endswith("not/made")
