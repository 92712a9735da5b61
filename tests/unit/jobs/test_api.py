"""What scripts may pass to the functions of the public face."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

import transcribe
from transcribe import Options
from transcribe.cli.root import root
from transcribe.core.settings import Settings


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


@pytest.mark.parametrize(
    ("options", "flag"),
    [
        ({"channels": True}, "--channels"),
        ({"tracks": True}, "--tracks"),
        ({"speakers": 2}, "--speakers"),
        ({"speaker_names": ["Ala"]}, "--speaker-names"),
        ({"turns": "a.rttm"}, "--turns"),
        ({"voices": True}, "--voices"),
    ],
)
def test_options_for_one_file_are_not_left_unsaid(options: Options, flag: str) -> None:
    with pytest.raises(transcribe.UsageError, match=f"a file for each speaker, and {flag} "):
        transcribe.transcribe_tracks(["host.wav", "guest.wav"], **options)
    command = CliRunner().invoke(root, ["multitrack", "host.wav", "guest.wav", *given(options)])
    assert str(command.exception).startswith(f"multitrack takes a file for each speaker, and {flag} ")


def given(options: Options) -> list[str]:
    """The options as flags."""
    named = Settings.of(**options)
    texts = {option.flag: option.show(value) for option, value in named.flat() if option.name in options}
    return [word for flag, text in texts.items() for word in ([flag] if text == "true" else [flag, text])]


@pytest.mark.parametrize("kind", [str, Path])
def test_tracks_may_be_named_by_their_folder(kind: Callable[[Path], str | Path], tmp_path: Path) -> None:
    """A text is a sequence of texts: its letters are no files."""
    with pytest.raises(transcribe.InputError, match=f"{tmp_path} holds no recording"):
        transcribe.transcribe_tracks(kind(tmp_path))
    with pytest.raises(transcribe.InputError, match=f"{tmp_path} holds no recording"):
        transcribe.transcribe_tracks([kind(tmp_path)])
