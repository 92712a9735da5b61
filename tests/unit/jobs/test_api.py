"""What scripts may pass to the functions of the public face."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import transcribe


@pytest.mark.parametrize(
    "call",
    [transcribe.transcribe_file, transcribe.transcribe_tracks, transcribe.read_transcript],
)
def test_an_empty_name_is_not_the_current_folder(
    call: Callable[[str], object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "host.wav").touch()
    (tmp_path / "guest.wav").touch()
    with pytest.raises(transcribe.InputError, match="the name of the file is empty"):
        call("")


@pytest.mark.parametrize("kind", [str, Path])
def test_tracks_may_be_named_by_their_folder(kind: Callable[[Path], str | Path], tmp_path: Path) -> None:
    """A text is a sequence of texts: its letters are no files."""
    with pytest.raises(transcribe.InputError, match=f"{tmp_path} holds no recording"):
        transcribe.transcribe_tracks(kind(tmp_path))
    with pytest.raises(transcribe.InputError, match=f"{tmp_path} holds no recording"):
        transcribe.transcribe_tracks([kind(tmp_path)])
