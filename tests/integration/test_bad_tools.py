"""ffmpeg, models, languages and config files that are missing or broken: who is to blame and what to do."""

from __future__ import annotations

import json
import os
import re
import shutil
import struct
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from desk import FFMPEG, Desk
from perilous import crashing_onnxruntime

from transcribe.core.errors import DependencyError, EngineError, ModelError, UsageError
from transcribe.models.installed import InstalledModel

pytestmark = pytest.mark.real

TINY = ("--model", "tiny.en")

MELS_END = 48 + 8 + 4 * 80 * 201
"""Where the vocabulary begins in a model with 80 mel bands."""

HANG = "echo $$ > pid; exec tail -f /dev/null"
CRASH = "kill -SEGV $$"

WHEN = {
    "asked what it is": "true",
    "asked about the recording": 'case "$*" in *ffmetadata*) true ;; *) false ;; esac',
    "decoding": 'case "$*" in *f32le*) true ;; *) false ;; esac',
}


@pytest.fixture
def talk(desk: Desk, clip: Path) -> Path:
    """A recording that nobody has transcribed yet."""
    return Path(shutil.copy(clip, desk.folder / "clip.wav"))


def stub(desk: Desk, when: str, then: str) -> str:
    """An ffmpeg that fails at one of its tasks and does the others."""
    path = desk.folder / "stub-ffmpeg"
    path.write_text(f'#!/bin/sh\nif {when}; then {then}; fi\nexec "{FFMPEG}" "$@"\n', encoding="utf-8")
    path.chmod(0o755)
    return str(path)


def test_ffmpeg_that_is_not_there(desk: Desk, talk: Path) -> None:
    for flag, variable in ((("--ffmpeg", "no-ffmpeg"), {}), ((), {"TRANSCRIBE_FFMPEG": "no-ffmpeg"})):
        message = desk.refuses(DependencyError.exit_code, talk, *TINY, *flag, environment=variable)
        assert "there is no ffmpeg program at no-ffmpeg" in message
        assert "Install ffmpeg" in message


def test_no_ffmpeg_at_all(desk: Desk, talk: Path) -> None:
    nothing = {"PATH": str(desk.folder), "IMAGEIO_FFMPEG_EXE": str(desk.folder / "gone")}
    message = desk.refuses(DependencyError.exit_code, talk, *TINY, environment=nothing)
    assert "gone cannot be started: No such file or directory" in message
    assert "Install ffmpeg" in message


def test_ffmpeg_that_is_something_else(desk: Desk, talk: Path) -> None:
    message = desk.refuses(DependencyError.exit_code, talk, *TINY, "--ffmpeg", stub(desk, "true", "exit 0"))
    assert "stub-ffmpeg does not answer like ffmpeg" in message
    assert "Install ffmpeg" in message


@pytest.mark.parametrize("when", WHEN.values(), ids=WHEN)
def test_ffmpeg_hangs(desk: Desk, talk: Path, when: str) -> None:
    program = stub(desk, when, HANG.replace("pid", str(desk.work.with_name("pid"))))
    message = desk.refuses(EngineError.exit_code, talk, *TINY, "--ffmpeg", program, "--stall-seconds", "1")
    assert "stub-ffmpeg has not answered for 1 seconds and was stopped" in message
    assert "--stall-seconds" in message
    assert not psutil.pid_exists(int(desk.work.with_name("pid").read_text("utf-8")))


@pytest.mark.parametrize("when", WHEN.values(), ids=WHEN)
def test_ffmpeg_crashes(desk: Desk, talk: Path, when: str) -> None:
    message = desk.refuses(EngineError.exit_code, talk, *TINY, "--ffmpeg", stub(desk, when, CRASH))
    assert "ffmpeg crashed (signal 11)" in message
    assert ("reading" in message and "clip.wav" in message) or when == "true"
    assert "Try another version of ffmpeg with --ffmpeg" in message


def test_ffmpeg_works_again(desk: Desk, talk: Path, finished: Desk) -> None:
    desk.refuses(EngineError.exit_code, talk, *TINY, "--ffmpeg", stub(desk, WHEN["decoding"], CRASH))
    desk.transcribe(talk.name)
    assert desk.outputs("clip") == finished.outputs("clip")


@pytest.fixture
def weights(tmp_path: Path, tiny_en_model: InstalledModel) -> Iterator[Path]:
    """A copy of the model's file, alone in a store of its own; removed at once, because it is large."""
    folder = tmp_path / "models" / "tiny.en"
    shutil.copytree(tiny_en_model.path.parent, folder)
    yield folder / tiny_en_model.path.name
    shutil.rmtree(folder)


def flip(path: Path, position: int) -> None:
    """Change one byte."""
    with path.open("r+b") as handle:
        handle.seek(position)
        byte = handle.read(1)[0]
        handle.seek(position)
        handle.write(bytes([byte ^ 0x10]))


def test_truncated_model(desk: Desk, talk: Path, weights: Path) -> None:
    os.truncate(weights, weights.stat().st_size * 2 // 3)
    by_path = desk.refuses(ModelError.exit_code, talk, "--model", weights)
    assert f"{weights} " in by_path
    assert "truncated" in by_path
    by_name = desk.refuses(ModelError.exit_code, talk, *TINY, environment=store_of(weights))
    assert f"the model tiny.en is truncated: {weights}" in by_name
    assert "transcribe models pull tiny.en" in by_name


@pytest.mark.parametrize(
    ("share", "complaint"),
    [(0, "is the wrong kind of file"), (0.5, "is altered"), (0.9999, "is altered")],
    ids=["first byte", "middle", "near the end"],
)
def test_altered_model(desk: Desk, talk: Path, weights: Path, share: float, complaint: str) -> None:
    flip(weights, int(share * weights.stat().st_size))
    for model in ("tiny.en", str(weights)):
        message = desk.refuses(ModelError.exit_code, talk, "--model", model, environment=store_of(weights))
        assert str(weights) in message
        assert complaint in message
        assert "transcribe models" in message


CUT = {"header": 30, "mel filters": 20_000, "vocabulary": 100_000, "first tensor": 700_000}
ALTERED = {
    "width": (12, -384),
    "heads": (16, 7),
    "layers": (20, 2_000_000_000),
    "type": (44, 77),
    "mel filters": (52, -1),
    "tokens": (MELS_END, 2_000_000_000),
    "token": (MELS_END + 4, -1),
}
"""Places in the header and what stands before the tensors (`models/ggml.py`), and what is written there."""


@pytest.mark.parametrize("kept", CUT.values(), ids=CUT)
def test_strangers_model_that_is_cut_short(desk: Desk, talk: Path, weights: Path, kept: int) -> None:
    os.truncate(weights, kept)
    strange = weights.rename(weights.with_name("strange.bin"))
    message = desk.refuses(ModelError.exit_code, talk, "--model", strange)
    assert re.match(rf"the model file {strange} is truncated .*Get the model again", only_line(message))


@pytest.mark.parametrize(("place", "number"), ALTERED.values(), ids=ALTERED)
def test_strangers_model_with_odd_numbers(
    desk: Desk, talk: Path, weights: Path, place: int, number: int
) -> None:
    overwrite(weights, place, struct.pack("<i", number))
    strange = weights.rename(weights.with_name("strange.bin"))
    message = desk.refuses(ModelError.exit_code, talk, "--model", strange)
    assert re.match(rf"the model file {strange} is altered .*Get the model again", only_line(message))


@pytest.mark.parametrize("place", [0, 4, 8, 12, 14, 20], ids=lambda place: f"byte {place}")
def test_strangers_model_with_an_odd_tensor(desk: Desk, talk: Path, weights: Path, place: int) -> None:
    name = b"encoder.positional_embedding"
    head = weights.read_bytes().index(name) - 20  # three numbers, and two sizes of the tensor
    overwrite(weights, head + place, b"\x99")
    strange = weights.rename(weights.with_name("strange.bin"))
    message = desk.refuses(ModelError.exit_code, talk, "--model", strange)
    assert re.match(rf"the model file {strange} is altered .*Get the model again", only_line(message))


def overwrite(path: Path, place: int, content: bytes) -> None:
    with path.open("r+b") as handle:
        handle.seek(place)
        handle.write(content)


def only_line(message: str) -> str:
    """An error in its one sentence and the advice under it."""
    assert len(message.splitlines()) <= 2
    return " ".join(message.split())


CRASHING_ENGINE = """
import os, signal, sys
from pathlib import Path
sys.path.remove(str(Path(__file__).parent))
del sys.modules["_pywhispercpp"]
import _pywhispercpp
_pywhispercpp.whisper_init_from_file_with_params = lambda *_: os.kill(os.getpid(), signal.SIGSEGV)
"""


def test_engine_that_crashes_while_it_loads_the_model(desk: Desk, talk: Path, tmp_path: Path) -> None:
    (tmp_path / "_pywhispercpp.py").write_text(CRASHING_ENGINE, encoding="utf-8")
    options = (*TINY, "--engine", "whisper.cpp")
    message = desk.refuses(ModelError.exit_code, talk, *options, environment={"PYTHONPATH": str(tmp_path)})
    assert "whisper.cpp with tiny.en crashed (SIGSEGV) while loading the model" in only_line(message)
    assert "transcribe models verify" in message


def words(desk: Desk) -> list[str]:
    """What was heard in the clip; a comma may be a full stop where another stretch is listened to."""
    return re.findall(r"\w+", desk.text("clip").casefold())


def test_detector_that_crashes_once_is_asked_again(
    desk: Desk, talk: Path, finished: Desk, tmp_path: Path
) -> None:
    desk.transcribe(talk.name, environment=crashing_onnxruntime("detector", 1, tmp_path / "crashes"))
    assert len(list((tmp_path / "crashes").iterdir())) == 1
    assert desk.outputs("clip") == finished.outputs("clip")


def test_detector_that_crashes_always_costs_no_words(
    desk: Desk, talk: Path, finished: Desk, tmp_path: Path
) -> None:
    """All is taken for speech, which is said and has to be checked; once the detector works, it is asked."""
    crashing = crashing_onnxruntime("detector", 1000, tmp_path / "crashes")
    for times in (2, 4):
        outcome = desk.transcribe(talk.name, environment=crashing)
        assert "the speech detector crashed (SIGSEGV) while looking for speech, at 00:00:00–00:00:06" in (
            " ".join(outcome.stderr.split())
        )
        assert len(list((tmp_path / "crashes").iterdir())) == times
        assert words(desk) == words(finished)
        coverage = json.loads(desk.outputs("clip")["json"])["coverage"]
        assert coverage["suspect_ms"] == coverage["speech_ms"] == 6000
        assert "nothing to check" not in outcome.stderr
        assert "the speech detector failed here" in (desk.folder / "clip.review.md").read_text("utf-8")
    desk.transcribe(talk.name)
    assert desk.outputs("clip") == finished.outputs("clip")
    assert not (desk.folder / "clip.review.md").exists()


def store_of(weights: Path) -> dict[str, str]:
    """The variables that make the copy's store the one in use."""
    return {"TRANSCRIBE_MODELS_DIR": str(weights.parent.parent)}


def test_weights_of_ones_own_are_another_model(used_desk: Desk, weights: Path) -> None:
    """Nobody can tell a damaged weight from a fine-tuned one, but it is never taken for the original."""
    flip(weights, weights.stat().st_size // 2)
    mine = weights.rename(weights.with_name("mine.bin"))
    outcome = used_desk.run("clip.wav", "--model", mine)
    assert outcome.code == 0, outcome.stderr
    assert "  recognise" in outcome.stderr.splitlines()


WRONG_KINDS = {
    "llm.gguf": (b"GGUF\x03\x00\x00\x00" + bytes(64), "GGUF"),
    "notes.bin": (b"These are not the weights you are looking for.\n", "a text file"),
    "detector.onnx": (b"\x08\x08\x12\x07pytorch\x1a\x052.0.0:\x80\x01" + bytes(64), "an ONNX model"),
    "empty.bin": (b"", "an empty file"),
    "song.bin": (b"ID3\x04" + bytes(64), "an audio or video file"),
}


@pytest.mark.parametrize("name", WRONG_KINDS)
def test_model_of_the_wrong_kind(desk: Desk, talk: Path, name: str) -> None:
    content, kind = WRONG_KINDS[name]
    (desk.folder / name).write_bytes(content)
    message = desk.refuses(ModelError.exit_code, talk, "--model", f"./{name}")
    assert name in message
    assert kind in message


def test_file_of_the_wrong_kind_in_the_store(desk: Desk, talk: Path, weights: Path) -> None:
    weights.write_bytes(b"GGUF\x03\x00\x00\x00" + bytes(64))
    message = desk.refuses(ModelError.exit_code, talk, *TINY, environment=store_of(weights))
    assert str(weights) in message


def test_model_that_is_not_there(desk: Desk, talk: Path) -> None:
    message = desk.refuses(ModelError.exit_code, talk, "--model", "./gone.bin")
    assert "there is no model file gone.bin" in message
    message = desk.refuses(ModelError.exit_code, talk, "--model", "tiny.en", environment=empty_store(desk))
    assert "the model tiny.en is not installed" in message
    assert "transcribe models pull tiny.en" in message
    message = desk.refuses(ModelError.exit_code, talk, environment=empty_store(desk))
    assert "no model for recognition is installed" in message
    assert "transcribe models pull base" in message
    message = desk.refuses(ModelError.exit_code, talk, "--model", "tinny.en")
    assert "Did you mean" in message


def empty_store(desk: Desk) -> dict[str, str]:
    """The variables that make an empty store the one in use."""
    return {"TRANSCRIBE_MODELS_DIR": str(desk.work.with_name("no-models"))}


def test_unknown_language(desk: Desk, talk: Path) -> None:
    message = desk.refuses(UsageError.exit_code, talk, *TINY, "--language", "klingon")
    assert "'klingon' is not a language Whisper knows" in message
    assert "Use a code such as en" in message


@pytest.mark.parametrize("wish", [("--language", "pl"), ("--translate",)])
def test_english_only_model(desk: Desk, talk: Path, wish: tuple[str, ...]) -> None:
    message = desk.refuses(ModelError.exit_code, talk, *TINY, *wish)
    assert "tiny.en knows English only" in message
    assert "Choose another with --model" in message


@pytest.mark.parametrize(
    ("config", "complaint"),
    [
        ('model = "tiny.en"\nbeam_sise = 2\n', "line 2: there is no option 'beam_sise'"),
        ('model = "tiny.en"\n\nbeam_size = 99\n', "line 3: beam_size is at most 8"),
        ('model = "tiny.en"\n\n\nworkers = \n', "line 4"),
    ],
)
def test_bad_config_names_the_line(desk: Desk, talk: Path, config: str, complaint: str) -> None:
    (desk.folder / "transcribe.toml").write_text(config, encoding="utf-8")
    message = desk.refuses(UsageError.exit_code, talk)
    assert "transcribe.toml" in message
    assert complaint in message
