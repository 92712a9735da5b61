"""The sample of two readers with real models: who says what, by diariser, by file and by voice."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from desk import make_media
from perilous import crashing_onnxruntime

from transcribe import transcribe_file
from transcribe.cli.main import run
from transcribe.formats.rttm import read_rttm
from transcribe.models.installed import InstalledModel, check_before_load
from transcribe.models.sources import pull
from transcribe.models.store import Store

SAMPLES = Path(__file__).resolve().parents[2] / "samples"
SAMPLE = str(SAMPLES / "two-voices.flac")

pytestmark = [
    pytest.mark.real,
    pytest.mark.slow,
    pytest.mark.skipif(
        any(importlib.util.find_spec(package) is None for package in ("onnx", "scipy")),
        reason="run: pip install 'transcribe-offline[diarize]'",
    ),
]

Transcribe = Callable[..., dict[str, Any]]


@pytest.fixture(scope="module")
def speakers_model(model_store: Store) -> InstalledModel:
    model = pull("speakers", model_store, "index")
    check_before_load(model)
    return model


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One work directory for all: the words are recognised once."""
    return tmp_path_factory.mktemp("work")


@pytest.fixture(autouse=True)
def folders(work: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRANSCRIBE_WORK_DIR", str(work))
    monkeypatch.setenv("TRANSCRIBE_VOICES_DIR", str(tmp_path / "voices"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))


@pytest.fixture
def transcribe(speakers_model: InstalledModel, tiny_en_model: InstalledModel, tmp_path: Path) -> Transcribe:
    """Run the command on the sample; its document."""

    def transcribe(*options: str) -> dict[str, Any]:
        command = [SAMPLE, "-o", str(tmp_path), "--force", "-m", "tiny.en", "-f", "json,rttm", *options]
        assert run(command) == 0
        read: dict[str, Any] = json.loads((tmp_path / "two-voices.json").read_bytes())
        return read

    return transcribe


def wrong_words(document: dict[str, Any], names: dict[str, str]) -> list[str]:
    """The words under another name than that of the reader in whose turn they lie."""
    (turns,) = read_rttm(SAMPLES / "two-voices.rttm").values()
    wrong = []
    for segment in document["segments"]:
        for word in segment["words"]:
            middle = (word["start_ms"] + word["end_ms"]) // 2
            reader = min(turns, key=lambda turn: max(turn.start_ms - middle, middle - turn.end_ms, 0)).speaker
            if names[reader] != segment["speaker"]:
                wrong.append(word["text"])
    return wrong


def test_two_readers_are_told_apart_word_for_word(
    transcribe: Transcribe, work: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    document = transcribe("--speakers", "auto")
    assert wrong_words(document, {"dickens": "S1", "austen": "S2"}) == []
    assert "2 speakers: S1, S2" in capsys.readouterr().err
    command = ["eval", str(SAMPLES / "two-voices.rttm"), "--transcripts", str(tmp_path), "--max-der", "12"]
    assert run(command) == 0
    capsys.readouterr()
    first = (tmp_path / "two-voices.json").read_bytes(), (tmp_path / "two-voices.rttm").read_bytes()
    (kept,) = work.glob("*/*/turns-*.json")
    kept.unlink()
    transcribe("--speakers", "auto")
    again = (tmp_path / "two-voices.json").read_bytes(), (tmp_path / "two-voices.rttm").read_bytes()
    assert again == first


def test_a_diariser_that_crashes_costs_the_speakers_only(
    transcribe: Transcribe, work: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for kept in work.glob("*/*/turns-*.json"):
        kept.unlink()
    with pytest.MonkeyPatch.context() as environment:
        for name, value in crashing_onnxruntime("diariser", 1, tmp_path / "crashes").items():
            environment.setenv(name, value)
        without = transcribe("--speakers", "auto")["segments"]
    told = " ".join(capsys.readouterr().err.split())
    assert "two-voices.flac: speakers are not told apart, because: what tells speakers apart" in told
    assert "crashed (SIGSEGV) while listening to the voices" in told
    segments = transcribe("--speakers", "auto")["segments"]
    assert {segment.get("speaker") for segment in without} == {None}
    assert {segment["speaker"] for segment in segments} == {"S1", "S2"}
    assert [word for each in without for word in each["words"]] == [
        word for each in segments for word in each["words"]
    ]


def test_names_need_no_second_listening(transcribe: Transcribe, monkeypatch: pytest.MonkeyPatch) -> None:
    transcribe("--speakers", "auto")
    monkeypatch.setattr("transcribe.engines.diarise.process.DiariserProcess", None)
    names = {"dickens": "Łucja", "austen": "Jane"}
    assert wrong_words(transcribe("--speakers", "auto", "--speaker-names", "Łucja,Jane"), names) == []
    episode = transcribe_file(SAMPLE, model="tiny.en", speakers="auto", speaker_names=("Łucja",))
    assert episode.turns is not None
    assert episode.turns.speakers == ("Łucja", "S2")


def test_turns_of_a_file(transcribe: Transcribe) -> None:
    document = transcribe("--turns", str(SAMPLES / "two-voices.rttm"), "--speaker-names", "Charles,Jane")
    assert wrong_words(document, {"dickens": "Charles", "austen": "Jane"}) == []
    assert document["turns"]["made_by"] == "two-voices.rttm"


def test_a_registered_voice_is_recognised_until_it_is_deleted(
    transcribe: Transcribe, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (turns,) = read_rttm(SAMPLES / "two-voices.rttm").values()
    first = next(turn for turn in turns if turn.speaker == "austen")
    part = ["--from", f"{first.start_ms / 1000:.3f}", "--to", f"{first.end_ms / 1000:.3f}"]
    assert run(["voices", "add", "Jane", SAMPLE, *part]) == 2
    assert "--consent" in capsys.readouterr().err
    assert run(["voices", "add", "Jane", SAMPLE, "--consent"]) == 3
    assert "2 voices" in capsys.readouterr().err
    assert run(["voices", "add", "Jane", SAMPLE, "--consent", *part]) == 0
    assert (tmp_path / "voices" / "Jane.json").is_file()
    document = transcribe("--speakers", "auto", "--voices")
    assert wrong_words(document, {"dickens": "S1", "austen": "Jane"}) == []
    assert run(["voices", "list"]) == 0
    assert "Jane" in capsys.readouterr().out
    assert run(["voices", "delete", "Jane"]) == 0
    assert list((tmp_path / "voices").iterdir()) == []
    assert wrong_words(transcribe("--speakers", "auto", "--voices"), {"dickens": "S1", "austen": "S2"}) == []


def test_everything_that_somebody_said_is_found_in_all_episodes(
    transcribe: Transcribe, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (turns,) = read_rttm(SAMPLES / "two-voices.rttm").values()
    first = next(turn for turn in turns if turn.speaker == "austen")
    part = ["--from", f"{first.start_ms / 1000:.3f}", "--to", f"{first.end_ms / 1000:.3f}"]
    assert run(["voices", "add", "Jane", SAMPLE, "--consent", *part]) == 0
    transcribe("--speakers", "auto", "--voices")
    other = tmp_path / "other.wav"
    make_media(other, "-i", SAMPLE, "-af", "volume=0.5,adelay=3000:all=1")
    told = ["-o", str(tmp_path), "-m", "tiny.en", "-f", "json", "--speakers", "auto", "--voices"]
    assert run([str(other), *told]) == 0
    archive = ["--archive", str(tmp_path / "archive")]
    assert run(["archive", "add", str(tmp_path), *archive]) == 0
    capsys.readouterr()

    def found(question: str) -> list[tuple[str, str]]:
        assert run(["search", "--json", *archive, question]) == 0
        hits = json.loads(capsys.readouterr().out)
        return sorted({(Path(each["document"]).stem, each["speaker"]) for each in hits})

    assert found("leisure speaker:Jane") == [("other", "Jane"), ("two-voices", "Jane")]
    assert found("wisdom speaker:Jane") == []
    assert [document for document, _ in found("wisdom -speaker:Jane")] == ["other", "two-voices"]


def test_speakers_are_known_by_samples_of_two_seconds(
    transcribe: Transcribe, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    samples = tmp_path / "samples"
    samples.mkdir()
    for name, start in (("Jane Austen", "13.5"), ("dr. Dickens", "1")):
        make_media(samples / f"{name}.wav", "-ss", start, "-t", "2.5", "-i", SAMPLE)
    (samples / "Łucja.wav").write_bytes(b"no sound")
    document = transcribe("--speakers", "auto", "--speaker-samples", str(samples))
    assert wrong_words(document, {"dickens": "dr. Dickens", "austen": "Jane Austen"}) == []
    told = " ".join(capsys.readouterr().err.split())
    assert "Łucja is not looked for, because:" in told
    assert "S2 is Jane Austen" in told
    assert not (tmp_path / "voices").exists()


def test_without_the_model_or_the_packages_nothing_is_begun(
    tiny_en_model: InstalledModel,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    command = [SAMPLE, "-o", str(tmp_path), "-m", "tiny.en", "--speakers", "auto"]
    monkeypatch.setattr("transcribe.engines.diarise.PACKAGES", ("no_such_package",))
    assert run(command) == 7
    assert "pip install 'transcribe-offline[diarize]'" in capsys.readouterr().err
    monkeypatch.undo()
    monkeypatch.setenv("TRANSCRIBE_WORK_DIR", str(tmp_path / "work"))
    monkeypatch.setenv("TRANSCRIBE_MODELS_DIR", str(tmp_path / "models"))
    only = tmp_path / "models"
    only.mkdir()
    (only / "tiny.en").symlink_to(tiny_en_model.path.parent)
    assert run(command) == 5
    assert "transcribe models pull speakers" in capsys.readouterr().err
    assert not list(tmp_path.glob("two-voices.*"))
