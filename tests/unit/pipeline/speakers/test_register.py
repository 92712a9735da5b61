"""The voice register: plain files, written on request only, found again by likeness."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from transcribe.core import places
from transcribe.core.diarisation import Voice, cosine
from transcribe.core.errors import InputError, UsageError
from transcribe.pipeline.speakers.register import THRESHOLD, Enrolled, Register, recognised

ALA = Enrolled("Ala / Łódź", "diariser 1", "ala.wav", 31.5, (1.0, 0.0))


def test_a_voice_is_a_file_that_can_be_read_and_deleted(tmp_path: Path) -> None:
    register = Register(tmp_path / "voices")
    assert register.enrolled() == ()
    path = register.add(ALA)
    assert path.name == "Ala %2f Łódź.json"
    if os.name == "posix":
        assert path.stat().st_mode & 0o777 == 0o600
        assert path.parent.stat().st_mode & 0o777 == 0o700
    assert json.loads(path.read_text("utf-8"))["voice"]["vector"] == [1.0, 0.0]
    assert register.enrolled() == (ALA,)
    assert register.get(ALA.name) == ALA
    assert register.delete(ALA.name) == path
    assert list(path.parent.iterdir()) == []


def test_only_voices_of_the_same_diariser_are_compared(tmp_path: Path) -> None:
    register = Register(tmp_path)
    register.add(ALA)
    assert register.voices("diariser 1") == (Voice(ALA.name, (1.0, 0.0)),)
    assert register.voices("diariser 2") == ()


@pytest.mark.parametrize("name", ["", "  ", "a\nb", "\x1b[0m", "x" * 101])
def test_names_that_cannot_be_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match="no name for a voice"):
        Register(tmp_path).path(name)


def test_names_lead_out_of_no_folder(tmp_path: Path) -> None:
    for name in ("../../etc/passwd", "..", "/abs", "a\\b", "nul:"):
        assert Register(tmp_path).path(name).parent == tmp_path
        assert Register(tmp_path).path(name).suffix == ".json"


def test_who_is_unknown_or_damaged_is_said(tmp_path: Path) -> None:
    register = Register(tmp_path)
    register.add(ALA)
    for act in (register.get, register.delete):
        with pytest.raises(UsageError, match="no voice of 'Marek'"):
            act("Marek")
    (tmp_path / "Ewa.json").write_text('{"version": 1}')
    with pytest.raises(InputError, match=r"Ewa\.json cannot be read"):
        register.enrolled()


def test_the_most_alike_come_first_and_nobody_twice() -> None:
    known = [Voice("Ala", (1.0, 0.0)), Voice("Ewa", (0.8, 0.6))]
    heard = [Voice("S1", (0.9, 0.4)), Voice("S2", (0.96, 0.0)), Voice("S3", (-1.0, 0.2))]
    found = recognised(heard, known)
    assert [(match.speaker, match.name) for match in found] == [("S1", "Ewa"), ("S2", "Ala")]
    assert all(match.likeness >= THRESHOLD for match in found)


def test_voices_of_other_sizes_are_not_alike() -> None:
    assert cosine((1.0,), (1.0, 0.0)) == 0
    assert cosine((0.0, 0.0), (1.0, 0.0)) == 0
    assert cosine((2.0, 0.0), (4.0, 0.0)) == 1


def test_the_folder_can_be_chosen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRANSCRIBE_VOICES_DIR", str(tmp_path))
    assert places.voices() == tmp_path
    monkeypatch.delenv("TRANSCRIBE_VOICES_DIR")
    assert places.voices().name == "voices"


def test_a_register_that_others_could_read_is_made_private(tmp_path: Path) -> None:
    mask = os.umask(0)
    try:
        path = Register(tmp_path / "voices").add(ALA)
        assert path.stat().st_mode & 0o777 == 0o600
        path.chmod(0o666)
        path.parent.chmod(0o777)
        assert Register(tmp_path / "voices").enrolled() == (ALA,)
        assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    finally:
        os.umask(mask)
