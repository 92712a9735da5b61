"""The folder of samples: what in it is one."""

from __future__ import annotations

from pathlib import Path

import pytest

from transcribe.core.errors import UsageError
from transcribe.pipeline.speakers import samples
from transcribe.pipeline.speakers.samples import sample_files


def test_every_plain_file_is_a_sample(tmp_path: Path) -> None:
    (tmp_path / "Łucja.wav").touch()
    (tmp_path / "Ala Nowak.m4a").touch()
    (tmp_path / ".DS_Store").touch()
    (tmp_path / "older").mkdir()
    (tmp_path / "Marek.wav").symlink_to(tmp_path / "Łucja.wav")
    assert [each.stem for each in sample_files(tmp_path)] == ["Ala Nowak", "Łucja"]


def test_an_empty_folder_and_one_with_too_much_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(UsageError, match="no sample in it"):
        sample_files(tmp_path)
    monkeypatch.setattr(samples, "MOST", 1)
    for name in ("a.wav", "b.wav"):
        (tmp_path / name).touch()
    with pytest.raises(UsageError, match="more than 1 samples"):
        sample_files(tmp_path)
