"""Wrong time and words under the wrong name, on cases that can be counted by hand."""

from __future__ import annotations

import math

from transcribe.core.episode import Turn
from transcribe.quality.evaluate.speakers import (
    DiarisationScore,
    attributed_score,
    diarisation_score,
    total_diarisation,
)
from transcribe.quality.evaluate.words import Score

REFERENCE = (Turn(0, 10_000, "Ala"), Turn(10_000, 20_000, "Marek"))


def test_the_same_turns_under_other_names_are_right() -> None:
    found = (Turn(0, 10_000, "S2"), Turn(10_000, 20_000, "S1"))
    assert diarisation_score(REFERENCE, found, 0) == DiarisationScore(20_000, 0, 0, 0, 2, 2)


def test_time_is_missed_false_or_confused() -> None:
    found = (Turn(1000, 10_000, "S1"), Turn(10_000, 15_000, "S2"), Turn(15_000, 22_000, "S1"))
    score = diarisation_score(REFERENCE, found, 0)
    assert score == DiarisationScore(20_000, 1000, 2000, 5000, 2, 2)
    assert score.rate == 40
    assert score.share(score.confused_ms) == 25


def test_where_two_speak_each_counts() -> None:
    both = (Turn(0, 10_000, "Ala"), Turn(5000, 10_000, "Marek"))
    score = diarisation_score(both, (Turn(0, 10_000, "S1"),), 0)
    assert score == DiarisationScore(15_000, 5000, 0, 0, 2, 1)


def test_around_changes_nothing_counts() -> None:
    late = (Turn(0, 10_200, "S1"), Turn(10_200, 20_000, "S2"))
    assert diarisation_score(REFERENCE, late, 0).confused_ms == 200
    assert diarisation_score(REFERENCE, late, 0.25) == DiarisationScore(19_000, 0, 0, 0, 2, 2)


def test_silence() -> None:
    assert diarisation_score((), ()).rate == 0
    assert diarisation_score((), (Turn(0, 1000, "S1"),)).rate == math.inf
    assert diarisation_score(REFERENCE, (), 0).rate == 100


def test_every_second_weighs_the_same() -> None:
    one, other = DiarisationScore(1000, 500, 0, 0, 1, 1), DiarisationScore(9000, 0, 500, 0, 2, 3)
    assert total_diarisation([one, other]).rate == 10
    assert total_diarisation([]) == DiarisationScore()


def test_words_count_under_the_right_name_only() -> None:
    reference = {"Ala": "to jest nasz dom", "Marek": "a to kot"}
    assert attributed_score(reference, {"S1": "A to kot.", "S2": "To jest nasz dom."}, "pl") == Score(7)
    moved = {"S1": "a to kot dom", "S2": "to jest nasz"}
    assert attributed_score(reference, moved, "pl") == Score(7, 0, 1, 1)


def test_speakers_without_a_partner_are_all_wrong() -> None:
    assert attributed_score({"Ala": "to dom", "Marek": "kot"}, {"S1": "to dom kot"}, "pl") == Score(
        3, 0, 1, 1
    )
    assert attributed_score({"Ala": "to dom"}, {"S1": "to dom", "S2": "kot"}, "pl") == Score(2, 0, 0, 1)
    assert attributed_score({}, {}, "pl") == Score()
