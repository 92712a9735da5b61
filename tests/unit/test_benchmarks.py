"""The arithmetic behind the published tables."""

from __future__ import annotations

import pytest

from benchmarks.observe import Message
from benchmarks.overhead import stage_seconds
from benchmarks.wer import Row, table, total
from transcribe.evaluation import Score


def test_totals_weigh_words_not_clips() -> None:
    short = Row("short", "en", 1, Score(2, 2), Score(2), None)
    long = Row("long", "en", 9, Score(98), Score(98, 1), None)
    assert total([short, long], "all", "en").ours.rate == pytest.approx(2.0)
    assert "| **all en** | en | 10 | 100 | 2.00 (2/0/0) | 1.00 (1/0/0) |" in table([short, long])


def test_stage_times_come_from_the_events() -> None:
    messages = (
        Message(1.0, '{"event": "stage_started", "stage": "plan"}'),
        Message(1.5, '{"event": "stage_advanced", "stage": "plan", "done_ms": 5}'),
        Message(4.0, '{"event": "stage_finished", "stage": "plan", "resumed": false}'),
    )
    assert stage_seconds(messages) == {"plan": 3.0}
