"""What a threshold does."""

from __future__ import annotations

import pytest

from transcribe.batch import judge
from transcribe.episode import Coverage, Spot
from transcribe.errors import GateError
from transcribe.progress import Covered, Event

GAP = Coverage(10_000, 1_000, 0, 0, (Spot(0, 1_000, "missing", "no words were recognised"),))


def test_coverage_is_told_whether_it_is_enough_or_not() -> None:
    told: list[Event] = []
    judge("talk.mp3", GAP, 0, told.append)
    judge("talk.mp3", GAP, 90, told.append)
    summary = "90 % of speech covered, 1 spot to check"
    assert told == [Covered("talk.mp3", GAP.percent, 1, summary)] * 2
    with pytest.raises(
        GateError, match=r"less than 90\.1 % .* talk\.mp3 .* \(90 % of speech covered"
    ) as raised:
        judge("talk.mp3", GAP, 90.1, told.append)
    assert raised.value.exit_code == 12
    assert len(told) == 3
