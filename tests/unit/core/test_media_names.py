"""Which names are recordings."""

from __future__ import annotations

from pathlib import PurePath

import pytest

from transcribe.core.media_names import Kind, kind_of, stem_of
from transcribe.formats.known import FORMATS


@pytest.mark.parametrize(
    "name", ["a.wav", "Day 1/Gość – 2.WAV", "x.Mp3", "録音.m4a", "a.b.c.flac", "tmp.mkv", "part.ogg"]
)
def test_recordings(name: str) -> None:
    assert kind_of(PurePath(name)) is Kind.RECORDING


@pytest.mark.parametrize(
    "name",
    [
        ".syncthing.take.wav.tmp", "~syncthing~take.wav.tmp", "take.wav.part",
        "take.wav.crdownload", "take.tmp", "take.wav~", ".hidden.wav", "._take.wav",
        "@eaDir/take.wav", "a/@eaDir/take.wav/SYNOAUDIO", "take.reapeaks", "take.wav.reapeaks",
        "CEP1234.tmp", ".stversions/take.wav", "__MACOSX/take.wav", "Thumbs.db", "take.txt",
        "cover.JPG", "take.wav.ready", ".take.wav.aB3dE1", "take.wav.filepart", "#recycle/take.wav",
        "~$take.wav",
    ],
)  # fmt: skip
def test_what_is_passed_over(name: str) -> None:
    assert kind_of(PurePath(name)) is Kind.PASSED_OVER


@pytest.mark.parametrize("name", ["take", "take.001", "take.xyz", "Interview 12.05"])
def test_names_that_do_not_tell(name: str) -> None:
    assert kind_of(PurePath(name)) is Kind.UNKNOWN


@pytest.mark.parametrize("suffix", [each.suffix for each in FORMATS.values()])
def test_results_are_passed_over(suffix: str) -> None:
    assert kind_of(PurePath(f"talk{suffix}")) is Kind.PASSED_OVER


@pytest.mark.parametrize(
    ("title", "stem"),
    [
        ("talk.MP3", "talk"),
        ("a.b.flac", "a.b"),
        ("Rozmowa o św. Mikołaju", "Rozmowa o św. Mikołaju"),
        ("No. 12", "No. 12"),
        ("notes.txt", "notes.txt"),
        (".wav", ".wav"),
        ("", ""),
    ],
)
def test_a_title_without_the_ending_of_a_recording(title: str, stem: str) -> None:
    assert stem_of(title) == stem
