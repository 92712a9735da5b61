"""The public face: what scripts may rely on."""

from __future__ import annotations

import dataclasses
import os
import subprocess
import sys
import typing
from pathlib import Path

import pytest

import transcribe
from transcribe.core.settings import OPTIONS
from transcribe.core.typed_options import Options

FUNCTIONS = ["read_transcript", "render_episode", "transcribe_file", "transcribe_tracks"]
VALUES = [
    "Audio", "AudioStream", "Authorship", "Chapter", "Coverage", "Episode", "Language", "Link",
    "Mention", "ModelIdentity", "Options", "Piece", "Provenance", "Quote", "Recognition", "Segment", "Show",
    "ShowNotes", "SoundBite", "Source", "SpeechSpan", "SpeechSpans", "Spot", "Statement", "Track",
    "Transcript", "Turn", "Turns", "Word",
]  # fmt: skip
EVENTS = [
    "Event", "LanguageDetected", "Progress", "SegmentRecognised", "SpeakersTold", "StageAdvanced",
    "StageFinished", "StageStarted", "Warned", "WriterAdvanced",
]  # fmt: skip
ERRORS = [
    "DependencyError", "EngineError", "InputError", "ModelError", "NetworkError", "OutputError",
    "TranscribeError", "UsageError",
]  # fmt: skip


def test_the_names_that_scripts_rely_on() -> None:
    assert sorted(transcribe.__all__) == sorted([*FUNCTIONS, *VALUES, *EVENTS, *ERRORS])
    for name in transcribe.__all__:
        assert getattr(transcribe, name) is not None
    assert set(transcribe.__all__) <= set(dir(transcribe))


def test_a_name_that_is_not_there_is_an_ordinary_error() -> None:
    with pytest.raises(AttributeError, match="transcribe_flie"):
        transcribe.transcribe_flie  # type: ignore[attr-defined]  # noqa: B018


@pytest.mark.parametrize("name", [*VALUES, *EVENTS])
def test_what_a_value_holds_is_exported_too(name: str) -> None:
    """A script that annotates a field of a value needs its type: nothing from behind the face is needed."""
    value = getattr(transcribe, name)
    if not dataclasses.is_dataclass(value):
        return
    known = {*transcribe.__all__, "NoneType"}
    unknown = {
        inner.__name__
        for hint in typing.get_type_hints(value).values()
        for inner in (hint, *typing.get_args(hint))
        if getattr(inner, "__module__", "").startswith("transcribe.") and inner.__name__ not in known
    }
    assert unknown == set()


def test_every_option_is_typed() -> None:
    assert set(Options.__annotations__) == set(OPTIONS) - {"progress"}


def test_importing_it_imports_no_engine() -> None:
    code = (
        "import sys, transcribe; print(*(m for m in ('numpy', 'click', 'onnxruntime') if m in sys.modules))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == ""


def test_type_checkers_know_the_options(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        "import transcribe\n"
        "episode: transcribe.Episode = transcribe.transcribe_file('a.mp3', model='base', terms=['Ala'])\n"
        "transcribe.transcribe_file('a.mp3', modle='base')\n"
        "transcribe.transcribe_file('a.mp3', beam_size='five')\n"
    )
    config = tmp_path / "mypy.ini"  # other packages take longer than this one, and have no part in it
    config.write_text(
        "[mypy]\nstrict = True\nfollow_imports = skip\n"
        "[mypy-transcribe.*]\nfollow_imports = normal\n"
        "[mypy-numpy.*,mypy-onnx.*]\nfollow_imports_for_stubs = True\n"
    )
    checked = subprocess.run(
        [sys.executable, "-m", "mypy", "--no-error-summary", "--cache-dir", os.devnull, str(script)],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    lines = checked.stdout.splitlines()
    assert [line.split(":")[1] for line in lines if ": error:" in line] == ["3", "4"], checked.stdout
