"""Moving finished recordings: in one step, and never over another."""

from __future__ import annotations

from pathlib import Path

import pytest

from transcribe.watch.moving import free_name, move


def test_a_name_is_kept_free_and_then_taken(tmp_path: Path) -> None:
    source = tmp_path / "in" / "a.wav"
    source.parent.mkdir()
    source.write_bytes(b"new")
    (tmp_path / "done" / "day").mkdir(parents=True)
    (tmp_path / "done" / "day" / "a.wav").write_bytes(b"old")
    target = free_name(tmp_path / "done", "day/a.wav")
    assert target == tmp_path / "done" / "day" / "a (2).wav"
    assert free_name(tmp_path / "done", "day/a.wav").name == "a (3).wav"
    move(source, target)
    assert (target.read_bytes(), source.exists()) == (b"new", False)
    assert (tmp_path / "done" / "day" / "a.wav").read_bytes() == b"old"


def test_a_place_that_somebody_took_meanwhile_is_left_alone(tmp_path: Path) -> None:
    source, target = tmp_path / "a.wav", tmp_path / "b.wav"
    source.write_bytes(b"new")
    target.write_bytes(b"somebody's")
    with pytest.raises(FileExistsError):
        move(source, target)
    assert (source.read_bytes(), target.read_bytes()) == (b"new", b"somebody's")
