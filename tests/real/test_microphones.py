"""A conversation recorded with a microphone each: who said what, and nothing twice."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jiwer
import numpy as np
import pytest
from whisper_normalizer.english import EnglishTextNormalizer

from benchmarks.rooms import RATE, Room, Samples, by_another_clock, decoded, microphones, turns, write
from transcribe import transcribe_tracks
from transcribe.cli.main import run
from transcribe.models.installed import InstalledModel

SAMPLES = Path(__file__).resolve().parents[2] / "samples"
SECONDS = 37
"""Four turns."""

OFFSET_MS = 2_345

pytestmark = pytest.mark.real

Transcribe = Callable[..., dict[str, Any]]


@pytest.fixture(scope="module")
def voices() -> list[Samples]:
    parts = turns(decoded(SAMPLES / "two-voices.flac"), SAMPLES / "two-voices.rttm")
    return [parts[name][: SECONDS * RATE] for name in ("dickens", "austen")]


@pytest.fixture
def transcribe(tmp_path: Path, tiny_en_model: InstalledModel, monkeypatch: pytest.MonkeyPatch) -> Transcribe:
    monkeypatch.setenv("TRANSCRIBE_WORK_DIR", str(tmp_path / "work"))

    def transcribe(*arguments: str | Path) -> dict[str, Any]:
        options = ["-o", str(tmp_path / "out"), "-m", "tiny.en", "-q", "-f", "json,vtt,srt,ttml"]
        assert run([*map(str, arguments), *options]) == 0
        (document,) = (tmp_path / "out").glob("*.json")
        content: dict[str, Any] = json.loads(document.read_text("utf-8"))
        return content

    return transcribe


def errors(document: dict[str, Any], speaker: str, lines: slice) -> float:
    normalise = EnglishTextNormalizer()
    said = " ".join(each["text"] for each in document["segments"] if each["speaker"] == speaker)
    reference = (SAMPLES / "two-voices.txt").read_text("utf-8").splitlines()[lines]
    return float(jiwer.wer(normalise(" ".join(reference)), normalise(said)))


def test_two_microphones_in_one_room(voices: list[Samples], transcribe: Transcribe, tmp_path: Path) -> None:
    host, guest = microphones(voices, Room(-15))
    write(tmp_path / "dickens.wav", host)
    write(tmp_path / "austen.wav", by_another_clock(guest, OFFSET_MS, 0))
    document = transcribe(
        "multitrack", tmp_path / "dickens.wav", tmp_path / "austen.wav", "--speaker", "austen.wav=Jane"
    )
    assert [each["speaker"] for each in document["tracks"]] == ["Dickens", "Jane"]
    assert [each["placed"] for each in document["tracks"]] == ["reference", "found"]
    assert document["tracks"][1]["offset_ms"] == pytest.approx(OFFSET_MS, abs=10)
    # Every word is under its speaker: a word elsewhere would be an error on both sides.
    assert errors(document, "Dickens", slice(0, 4, 2)) <= 0.1
    assert errors(document, "Jane", slice(1, 4, 2)) <= 0.15
    again = transcribe_tracks(
        [tmp_path / "dickens.wav", tmp_path / "austen.wav"],
        model="tiny.en",
        track_speakers=("austen.wav=Jane",),
    )
    assert [each.placed for each in again.tracks] == ["reference", "found"]
    assert {each.speaker for each in again.transcript.segments} == {"Dickens", "Jane"}
    ends = {"Dickens": 0, "Jane": 0}
    for segment in document["segments"]:
        assert segment["start_ms"] >= ends[segment["speaker"]]
        ends[segment["speaker"]] = segment["end_ms"]
    out = tmp_path / "out"
    name = next(out.glob("*.vtt")).stem
    assert run(["lint", *(str(out / f"{name}{each}") for each in (".vtt", ".srt"))]) == 0
    assert "<v Jane>" in (out / f"{name}.vtt").read_text("utf-8")


def test_two_channels_at_once(voices: list[Samples], transcribe: Transcribe, tmp_path: Path) -> None:
    together = [voices[0], np.roll(voices[1], -int(11.5 * RATE))]  # over the end of the first turn
    write(tmp_path / "talk.wav", *microphones(together, Room(-20)))
    document = transcribe(tmp_path / "talk.wav", "--channels", "--speaker", "ch1=Dickens")
    assert [(each["channel"], each["speaker"]) for each in document["tracks"]] == [
        (1, "Dickens"),
        (2, "Channel 2"),
    ]
    assert errors(document, "Dickens", slice(0, 4, 2)) <= 0.1
    assert errors(document, "Channel 2", slice(1, 4, 2)) <= 0.2
