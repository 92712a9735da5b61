"""Speakers as a step of a job: kept, redone, and never at the cost of the transcript."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from transcribe.core.diarisation import Diarisation, Voice
from transcribe.core.episode import (
    Coverage,
    Episode,
    ModelIdentity,
    Provenance,
    Segment,
    Transcript,
    Turn,
    Turns,
    Word,
)
from transcribe.core.errors import EngineError, InputError, Interrupted, UsageError
from transcribe.core.events import Event, SpeakersTold, StageFinished, Warned
from transcribe.core.media import Decoding, Extract, Sink
from transcribe.core.recording import Audio, AudioStream, Source, SpeechSpan, SpeechSpans
from transcribe.core.settings import Settings
from transcribe.core.waveform import Waveform
from transcribe.core.workspace import Workspace
from transcribe.pipeline.ports import Engines, Run
from transcribe.pipeline.speakers.register import Enrolled, Register
from transcribe.pipeline.speakers.step import check_speakers, diarised

NONE: Any = None
SECONDS = 10
AUTO = Settings.of(speakers="auto")


@dataclass
class Diariser:
    """Finds two speakers: the first half is one's, the second the other's."""

    identity: str = "double 1"
    error: BaseException | None = None
    asked: list[int] = field(default_factory=list)

    def diarise(
        self,
        waveform: Waveform,
        speech: SpeechSpans,
        fewest: int,
        most: int | None,
        tell: Callable[[int], None],
    ) -> Diarisation:
        self.asked.append(len(waveform.read(0, 99_000)))
        if self.error:
            raise self.error
        turns = [Turn(0, 5000, "b"), Turn(5000, 10_000, "a" if most != 1 else "b")]
        return Diarisation(
            Turns(tuple(turns), self.identity), (Voice("b", (1.0, 0.0)), Voice("a", (0.0, 1.0)))
        )


@dataclass
class Decoder:
    """Ten seconds of silence, and how often it was asked."""

    asked: int = 0

    def decode(self, extract: Extract, sink: Sink) -> Decoding:
        self.asked += 1
        sink(np.zeros(SECONDS * 16_000, "<f4").tobytes())
        return Decoding(loudness_lufs=-20.0, damaged=False)


@pytest.fixture
def work(tmp_path: Path) -> Workspace:
    (tmp_path / "work" / "job").mkdir(parents=True)
    return Workspace(tmp_path / "work", "job")


def episode() -> Episode:
    words = tuple(Word(at * 1000, at * 1000 + 900, text, 0.9) for at, text in enumerate("abcdefghij"))
    return Episode(
        Source("talk.mp3", "talk.mp3", "ab" * 32, 1, "mp3", 10_000, (AudioStream(0, "mp3", 16_000, 1),), 0),
        Audio("audio.f32", SECONDS * 16_000, 0, -20.0, 0.0),
        SpeechSpans((SpeechSpan(0, 10_000),)),
        Transcript(None, (Segment(0, 9900, words, 0),)),
        Coverage(10_000, 0, 0, 0, ()),
        Provenance("transcribe 1", "engine 1", ModelIdentity("base", "ab"), ()),
    )


def engines(diariser: Diariser | None, decoder: Decoder | None = None) -> Engines:
    return Engines(
        "transcribe 1",
        NONE,
        decoder or Decoder(),
        NONE,
        NONE,
        "engine 1",
        ModelIdentity("base", "ab"),
        open_diariser=(lambda _: diariser) if diariser else None,
        diariser=diariser.identity if diariser else "",
    )


def told(
    work: Workspace, diariser: Diariser | None, settings: Settings = AUTO, decoder: Decoder | None = None
) -> tuple[Episode, list[Event]]:
    events: list[Event] = []
    done = diarised(Run(settings, engines(diariser, decoder), events.append), work, episode())
    return done, events


def warnings(events: list[Event]) -> list[str]:
    return [event.message for event in events if isinstance(event, Warned)]


def spoken(done: Episode) -> list[tuple[str | None, str]]:
    return [(segment.speaker, segment.text) for segment in done.transcript.segments]


def test_nobody_is_told_apart_unless_that_is_asked_for(work: Workspace) -> None:
    done, events = told(work, Diariser(), Settings())
    assert (done, events) == (episode(), [])


def test_words_are_given_to_speakers_and_turns_kept(work: Workspace) -> None:
    diariser, decoder = Diariser(), Decoder()
    done, events = told(work, diariser, decoder=decoder)
    assert spoken(done) == [("S1", "a b c d e"), ("S2", "f g h i j")]
    assert done.turns == Turns((Turn(0, 5000, "S1"), Turn(5000, 10_000, "S2")), "double 1")
    assert events[-1] == SpeakersTold(("S1", "S2"), "2 speakers: S1, S2")
    assert not (work.path / "audio.f32").exists()
    again, events = told(work, diariser, decoder=decoder)
    assert again == done
    assert StageFinished("diarise", resumed=True) in events
    assert (decoder.asked, diariser.asked) == (1, [160_000])


def test_samples_that_are_there_are_used_and_then_removed(work: Workspace) -> None:
    (work.path / "audio.f32").write_bytes(np.zeros(160_000, "<f4").tobytes())
    work.vouch("audio.f32")
    decoder = Decoder()
    told(work, Diariser(), decoder=decoder)
    assert decoder.asked == 0
    assert not (work.path / "audio.f32").exists()


def test_names_do_not_ask_the_diariser_again_and_other_numbers_do(work: Workspace) -> None:
    diariser = Diariser()
    told(work, diariser)
    done, events = told(work, diariser, Settings.of(speakers="auto", speaker_names="Ala, Marek, Ewa"))
    assert spoken(done) == [("Ala", "a b c d e"), ("Marek", "f g h i j")]
    assert warnings(events) == ["talk.mp3: 3 names were given, and 2 speakers were found"]
    assert len(diariser.asked) == 1
    done, _ = told(work, diariser, Settings.of(speakers="1", speaker_names=(",Marek")))
    assert spoken(done) == [("S1", "a b c d e f g h i j")]
    told(work, replace(diariser, identity="double 2"))
    assert len(diariser.asked) == 3


@pytest.mark.parametrize("error", [EngineError("it broke"), ValueError("a mistake")])
def test_a_diariser_that_fails_costs_only_the_speakers(work: Workspace, error: Exception) -> None:
    done, events = told(work, Diariser(error=error))
    assert done == episode()
    (warning,) = warnings(events)
    assert warning.startswith("talk.mp3: speakers are not told apart, because: ")
    assert str(error) in warning
    assert not (work.path / "audio.f32").exists()
    done, _ = told(work, Diariser())
    assert len(spoken(done)) == 2


def test_stopping_is_no_failure(work: Workspace) -> None:
    with pytest.raises(Interrupted):
        told(work, Diariser(error=Interrupted("stopped")))


def test_turns_of_a_file_need_no_diariser(work: Workspace, tmp_path: Path) -> None:
    path = tmp_path / "any.rttm"
    path.write_text(
        "SPEAKER x 1 0 3 <NA> <NA> MIO012 <NA> <NA>\nSPEAKER x 1 3 7 <NA> <NA> FEE005 <NA> <NA>\n"
    )
    done, _ = told(work, None, Settings.of(turns=path, speaker_names="Marek"))
    assert spoken(done) == [("Marek", "a b c"), ("S2", "d e f g h i j")]
    assert done.turns is not None
    assert done.turns.made_by == "any.rttm"
    path.write_text("SPEAKER x 1 60 3 <NA> <NA> MIO012 <NA> <NA>\n")
    done, events = told(work, None, Settings.of(turns=path))
    assert done == episode()
    assert "tells of another recording" in warnings(events)[0]


def test_voices_are_looked_up_and_kept_only_where_that_is_asked_for(
    work: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRANSCRIBE_VOICES_DIR", str(tmp_path / "voices"))
    Register().add(Enrolled("Ala", "double 1", "a.wav", 30, (0.9, 0.1)))
    Register().add(Enrolled("Ewa", "double 0", "a.wav", 30, (0.0, 1.0)))
    done, _ = told(work, Diariser())
    assert done.turns is not None
    assert done.turns.speakers == ("S1", "S2")
    (kept,) = work.path.glob("turns-*.json")
    assert '"voices":[]' in kept.read_text()
    done, events = told(work, Diariser(), Settings.of(speakers="auto", voices=True))
    assert done.turns is not None
    assert done.turns.speakers == ("Ala", "S2")
    assert SpeakersTold(("Ala",), "S1 is Ala (voice 0.99 alike)") in events
    done, _ = told(work, Diariser(), Settings.of(speakers="auto", voices=True, speaker_names="Anna,Marek"))
    assert done.turns is not None
    assert done.turns.speakers == ("Anna", "Marek")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"speaker_names": "Ala"}, "--speaker-names: speakers are not told apart"),
        ({"voices": True}, "--voices: speakers are not told apart"),
        ({"speaker_samples": "x"}, "--speaker-samples: speakers are not told apart"),
        ({"speakers": "auto", "speaker_samples": "x"}, "x cannot be read as a folder of samples"),
        ({"formats": "rttm"}, "--format rttm: speakers are not told apart"),
    ],
)
def test_what_makes_no_sense_is_refused_before_any_work(options: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        check_speakers(Settings.of(**options), ["talk.mp3"])


def test_files_of_turns_are_looked_at_before_any_work(tmp_path: Path) -> None:
    settings = Settings.of(turns=tmp_path)
    with pytest.raises(InputError, match=r"talk\.rttm cannot be read"):
        check_speakers(settings, ["talk.mp3"])
    (tmp_path / "talk.rttm").write_text("SPEAKER x 1 0 3 <NA> <NA> A <NA> <NA>\n")
    check_speakers(settings, ["in/talk.mp3"])
    one = Settings.of(turns=tmp_path / "talk.rttm")
    check_speakers(one, ["talk.mp3"])
    with pytest.raises(UsageError, match="tells of one recording, and there are 2"):
        check_speakers(one, ["talk.mp3", "other.mp3"])
    with pytest.raises(UsageError, match="--voices needs voices"):
        check_speakers(Settings.of(turns=tmp_path, voices=True), ["talk.mp3"])
    with pytest.raises(UsageError, match="--speaker-samples needs voices"):
        check_speakers(Settings.of(turns=tmp_path, speaker_samples=tmp_path), ["talk.mp3"])
