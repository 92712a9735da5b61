"""What makes a job another job, and what is made again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from transcribe.core.episode import ModelIdentity
from transcribe.core.errors import InputError
from transcribe.core.events import Event, StageFinished
from transcribe.core.media import Decoding, Extract, Sink
from transcribe.core.settings import Settings
from transcribe.core.workspace import Workspace
from transcribe.engines.ffmpeg import Ffmpeg
from transcribe.engines.silero import SileroDetector
from transcribe.pipeline.identity import provenance_of
from transcribe.pipeline.ports import Engines, Run
from transcribe.pipeline.recognition import listened
from transcribe.pipeline.stages.probe import probe

MakeMedia = Callable[..., Path]

NONE: Any = None
ENGINES = Engines("transcribe 1", NONE, NONE, NONE, NONE, "engine 1", ModelIdentity("base", "ab"))


def made_by(**options: Any) -> dict[str, str]:
    return dict(provenance_of(Settings.of(**options), ENGINES).settings)


def test_terms_count_by_their_text_and_not_by_where_they_lie(tmp_path: Path) -> None:
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_text("Łódź\nReto Lamm\n", "utf-8")
    listed = made_by(vocabulary=tmp_path / "a.txt")
    assert listed["terms"] == "Łódź,Reto Lamm"
    assert listed == made_by(vocabulary=tmp_path / "b.txt") == made_by(terms=["Łódź", "Reto Lamm"])
    (tmp_path / "a.txt").write_text("Łódź\n", "utf-8")
    assert made_by(vocabulary=tmp_path / "a.txt") != listed


def test_terms_are_not_the_prompt() -> None:
    assert made_by(terms=["Łódź"])["prompt"] == ""
    assert made_by(terms=["Łódź"]) != made_by(prompt="Łódź.")


@pytest.mark.parametrize("damage", ["short", "changed", "gone", "its record changed"])
def test_samples_that_are_not_as_they_were_are_made_again(
    tmp_path: Path, make_media: MakeMedia, ffmpeg: Ffmpeg, damage: str
) -> None:
    source = probe(make_media("a.wav"), None, ffmpeg)
    engines = replace(ENGINES, prober=ffmpeg, decoder=ffmpeg, open_detector=SileroDetector)
    with Workspace(tmp_path / "work", "a/b") as work:
        before = listened(Run(Settings(), engines), work, source)
        path = work.path / "audio.f32"
        samples = path.read_bytes()
        if damage == "short":
            path.write_bytes(samples[:-4])
        elif damage == "changed":
            path.write_bytes(samples[:-1] + bytes([samples[-1] ^ 1]))
        elif damage == "gone":
            path.unlink()
        else:
            record = work.path / "normalise.json"
            record.write_bytes(record.read_bytes().replace(b"16000", b"15999"))
        told: list[Event] = []
        assert listened(Run(Settings(), engines, told.append), work, source) == before
        assert StageFinished("normalise", resumed=False) in told
        assert path.read_bytes() == samples


def test_a_recording_that_changes_while_it_is_decoded_is_refused(
    tmp_path: Path, make_media: MakeMedia, ffmpeg: Ffmpeg
) -> None:
    path = make_media("a.wav")
    source = probe(path, None, ffmpeg)

    class Meanwhile:
        def decode(self, extract: Extract, sink: Sink) -> Decoding:
            decoding = ffmpeg.decode(extract, sink)
            path.write_bytes(path.read_bytes() + b"more")
            return decoding

    engines = replace(ENGINES, prober=ffmpeg, decoder=Meanwhile(), open_detector=SileroDetector)
    with Workspace(tmp_path / "work", "a/b") as work:
        with pytest.raises(InputError, match="changed while it was read"):
            listened(Run(Settings(), engines), work, source)
        assert list(work.path.iterdir()) == []
