"""What is seen in a folder."""

from __future__ import annotations

import os
from pathlib import Path

from transcribe.jobs.queue import Facts
from transcribe.watch.facts import Seen, look_at, scan


def seen(folder: Path) -> dict[str, Facts | str | None]:
    return {each.name: each.facts or each.what for each in scan(str(folder))}


def test_every_file_below_is_seen_with_its_facts(tmp_path: Path) -> None:
    (tmp_path / "day" / "noc").mkdir(parents=True)
    for name in ("a.wav", "day/b.mp3", "day/noc/gość.flac"):
        (tmp_path / name).write_bytes(b"12345")
        os.utime(tmp_path / name, ns=(1, 7))
    assert seen(tmp_path) == dict.fromkeys(("a.wav", "day/b.mp3", "day/noc/gość.flac"), Facts(5, 7))


def test_what_is_no_plain_file_is_told_and_not_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.wav").write_bytes(b"1")
    inbox = tmp_path / "in"
    inbox.mkdir()
    (inbox / "link.wav").symlink_to(outside / "secret.wav")
    (inbox / "folder").symlink_to(outside)
    os.mkfifo(inbox / "pipe.wav")
    assert seen(inbox) == {
        "link.wav": "a symbolic link",
        "folder": "a symbolic link",
        "pipe.wav": "a named pipe",
    }
    assert look_at(str(inbox), "link.wav") == Seen("link.wav", None, "a symbolic link")


def test_folders_that_are_passed_over_are_not_entered(tmp_path: Path) -> None:
    (tmp_path / "@eaDir").mkdir()
    (tmp_path / "@eaDir" / "a.wav").write_bytes(b"1")
    assert seen(tmp_path) == {}
    assert look_at(str(tmp_path), "@eaDir/a.wav") is None


def test_a_folder_that_vanishes_stops_nobody(tmp_path: Path) -> None:
    told: list[OSError] = []
    assert list(scan(str(tmp_path / "gone"), complain=told.append)) == []
    assert [type(error) for error in told] == [FileNotFoundError]
    assert look_at(str(tmp_path), "gone.wav") is None
    assert look_at(str(tmp_path), ".") is None
