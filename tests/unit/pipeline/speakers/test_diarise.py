"""How many speakers there may be, what they are called, and turns out of a file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from transcribe.core.diarisation import Diarisation, Voice
from transcribe.core.episode import Turn, Turns
from transcribe.core.errors import InputError
from transcribe.core.events import Event, StageAdvanced
from transcribe.core.recording import SpeechSpan, SpeechSpans
from transcribe.core.speaker_count import SpeakerCount
from transcribe.core.waveform import Waveform
from transcribe.pipeline.speakers.diarise import diarise, names_in_order, renamed_turns, turns_of

WAVEFORM = Waveform("nowhere", 160_000, 0, 0.0)
SPEECH = SpeechSpans((SpeechSpan(0, 10_000),))


class Scripted:
    """Finds what it was told to find."""

    identity = "scripted 1"

    def __init__(self, *turns: Turn) -> None:
        self.turns = turns
        self.asked: tuple[int, int | None] | None = None

    def diarise(
        self,
        waveform: Waveform,
        speech: SpeechSpans,
        fewest: int,
        most: int | None,
        tell: Callable[[int], None],
    ) -> Diarisation:
        self.asked = fewest, most
        tell(10_000)
        return Diarisation(Turns(self.turns, self.identity), (Voice("b", (1.0,)), Voice("z", (0.5,))))


def test_speakers_are_numbered_as_they_first_speak() -> None:
    diariser = Scripted(Turn(0, 10, "b"), Turn(5, 20, "a"), Turn(30, 40, "b"))
    events: list[Event] = []
    found = diarise(WAVEFORM, SPEECH, SpeakerCount(1, 3), diariser, events.append)
    assert found.turns == Turns((Turn(0, 10, "S1"), Turn(5, 20, "S2"), Turn(30, 40, "S1")), "scripted 1")
    assert found.voices == (Voice("S1", (1.0,)),)
    assert diariser.asked == (1, 3)
    assert events == [StageAdvanced("diarise", 10_000)]


def test_nobody_is_asked_about_silence() -> None:
    diariser = Scripted(Turn(0, 10, "b"))
    assert diarise(WAVEFORM, SpeechSpans(()), SpeakerCount(1, 3), diariser, print).turns.turns == ()
    assert diariser.asked is None


def test_names_are_given_in_order() -> None:
    turns = Turns((Turn(0, 10, "S1"), Turn(5, 20, "S2"), Turn(30, 40, "S3")))
    names = names_in_order(turns, ("Ala", "Marek"))
    assert renamed_turns(turns, names).speakers == ("Ala", "Marek", "S3")
    assert names_in_order(Turns(()), ("Ala",)) == {}


def test_turns_of_a_file() -> None:
    found = {"talk": (Turn(0, 900, "x"), Turn(1500, 9000, "y"), Turn(20_000, 21_000, "z"))}
    turns = turns_of(found, Path("a.rttm"), "anything.mp3", 1000, 5000)
    assert turns == Turns((Turn(1500, 5000, "S1"),), "a.rttm")
    both = {**found, "gość specjalny": (Turn(0, 10, "q"),), "a_b": (Turn(0, 10, "q"),)}
    assert turns_of(both, Path("a.rttm"), "talk.mp3", 0, 99_999).speakers == ("S1", "S2", "S3")
    assert turns_of(both, Path("a.rttm"), "a b.mp3", 0, 99_999).speakers == ("S1",)
    with pytest.raises(InputError, match="tells of other recordings"):
        turns_of(both, Path("a.rttm"), "lecture.mp3", 0, 99_999)


def test_turns_of_another_recording_are_refused() -> None:
    found = {"talk": (Turn(60_000, 90_000, "x"),)}
    with pytest.raises(InputError, match="another recording: its turns lie between 1:00 and 1:30"):
        turns_of(found, Path("a.rttm"), "talk.mp3", 0, 30_000)
