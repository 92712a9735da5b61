"""Which languages a recording has, and where each is spoken."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from in_process import InProcess
from numpy.typing import NDArray

from transcribe.core.episode import Language
from transcribe.core.errors import EngineError
from transcribe.core.events import Event, StageAdvanced, silent
from transcribe.core.hearing import Chunk, Chunks, LanguageRun, Languages
from transcribe.core.recording import SpeechSpan
from transcribe.core.waveform import Waveform
from transcribe.core.workspace import Workspace
from transcribe.pipeline.stages.languages import most_likely, runs_of, spoken, tell_languages

Vote = dict[str, float]

ENGLISH: Vote = {"en": 0.97, "de": 0.01, "cy": 0.02}
GERMAN: Vote = {"en": 0.01, "de": 0.98, "cy": 0.01}
NOISE: Vote = {"en": 0.2, "de": 0.1, "cy": 0.7}
UNSURE: Vote = {"en": 0.4, "de": 0.6, "cy": 0.0}


def stretch(index: int, start_ms: int, end_ms: int) -> Chunk:
    return Chunk(index, (SpeechSpan(start_ms, end_ms),))


STRETCHES = tuple(stretch(i, i * 10_000, i * 10_000 + 8_000) for i in range(4))


def test_a_noisy_stretch_adds_no_language_to_the_recording() -> None:
    votes = [ENGLISH] * 20 + [NOISE] + [GERMAN] * 5
    codes = spoken(votes, [8_000] * 26)
    assert codes == ["de", "en"]
    assert most_likely(votes, codes) == ["en"] * 21 + ["de"] * 5


def test_a_language_needs_its_share_of_speech_and_not_of_stretches() -> None:
    votes = [ENGLISH] * 10 + [GERMAN]
    assert spoken(votes, [8_000] * 11) == ["de", "en"]
    assert spoken(votes, [8_000] * 10 + [1_000]) == ["en"]


def test_where_nothing_is_clear_the_most_likely_language_is_spoken() -> None:
    votes = {f"l{i:02}": 1 / 100 for i in range(98)} | {"en": 0.02}
    assert spoken([votes], [1_000]) == ["en"]


def test_a_single_unsure_stretch_goes_with_its_neighbours() -> None:
    assert most_likely([ENGLISH, UNSURE, ENGLISH], ["de", "en"]) == ["en", "en", "en"]
    assert most_likely([GERMAN, UNSURE, ENGLISH], ["de", "en"]) == ["de", "de", "en"]
    assert most_likely([ENGLISH, GERMAN, ENGLISH], ["de", "en"]) == ["en", "de", "en"]


def test_neighbours_of_one_language_are_one_run() -> None:
    languages = runs_of(STRETCHES, [ENGLISH, UNSURE, GERMAN, GERMAN], ["en", "en", "de", "de"])
    assert languages.runs == (
        LanguageRun(0, 18_000, "en", 0.685, 16_000),
        LanguageRun(20_000, 38_000, "de", 0.98, 16_000),
    )


def test_the_language_of_a_recording_is_the_one_spoken_most() -> None:
    runs = (
        LanguageRun(0, 9_000, "en", 0.9, 8_000),
        LanguageRun(9_000, 60_000, "de", 0.95, 20_000),
        LanguageRun(60_000, 79_000, "en", 0.6, 16_000),
    )
    assert Languages(runs).main == Language("en", 0.7, detected=True, share=0.5455)
    assert Languages(()).main is None
    assert Languages(runs[:1]).main == Language("en", 0.9, detected=True)


def test_people_are_told_language_and_share() -> None:
    assert Language("de", 0.987, detected=True).summary() == "language: de, probability 0.99"
    assert Language("de", 0.9, True, 0.514).summary() == "language: de, probability 0.90, 51 % of the speech"


class Voter:
    """A recogniser that votes as it is told to, and remembers how long the windows were."""

    def __init__(self, *votes: Vote) -> None:
        self.votes = list(votes)
        self.asked: list[int] = []

    def languages(self, samples: NDArray[np.float32]) -> tuple[tuple[str, float], ...]:
        self.asked.append(len(samples) // 16)
        return tuple(self.votes.pop(0).items())


@pytest.fixture
def waveform(tmp_path: Path) -> Waveform:
    path = tmp_path / "audio.f32"
    np.zeros(40 * 16_000, "<f4").tofile(path)
    return Waveform(str(path), 40 * 16_000, 0, 0.0)


def refuse() -> Any:
    raise EngineError("the model was loaded")


def test_a_run_that_was_stopped_asks_for_the_missing_votes_only(waveform: Waveform, tmp_path: Path) -> None:
    plan = Chunks(STRETCHES)
    events: list[Event] = []
    with Workspace(tmp_path, "a/b") as workspace:
        with pytest.raises(IndexError):  # no more votes: a crash in mid-work
            tell_languages(plan, waveform, InProcess(Voter(ENGLISH, ENGLISH)).open, workspace, silent)
        rest = Voter(GERMAN, GERMAN)
        languages = tell_languages(plan, waveform, InProcess(rest).open, workspace, events.append)
        assert events == [
            StageAdvanced("languages", 24_000, 16_000),
            StageAdvanced("languages", 32_000, 16_000),
        ]
        assert [run.code for run in languages.runs] == ["en", "de"]
        assert tell_languages(plan, waveform, refuse, workspace, silent) == languages


def test_the_order_in_which_votes_come_does_not_matter(waveform: Waveform, tmp_path: Path) -> None:
    votes = (ENGLISH, UNSURE, GERMAN, NOISE)
    found = []
    for backwards in (False, True):
        with Workspace(tmp_path, f"a/{backwards}") as workspace:
            voter = Voter(*(votes[::-1] if backwards else votes))
            open_workers = InProcess(voter, backwards=backwards).open
            found.append(tell_languages(Chunks(STRETCHES), waveform, open_workers, workspace, silent))
    assert found[0] == found[1]


def test_where_nobody_speaks_the_model_is_not_loaded(waveform: Waveform, tmp_path: Path) -> None:
    with Workspace(tmp_path, "a/b") as workspace:
        assert tell_languages(Chunks(()), waveform, refuse, workspace, silent) == Languages(())
