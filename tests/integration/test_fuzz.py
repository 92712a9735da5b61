"""The first commands of `make fuzz`: always the same ones, because the seed is."""

from __future__ import annotations

from benchmarks.fuzz import apart, fuzz

COMMANDS = 250


def test_nothing_that_people_hand_over_is_a_bug() -> None:
    with apart() as folder:
        assert list(fuzz(folder, 9, lambda count: count < COMMANDS)) == []
