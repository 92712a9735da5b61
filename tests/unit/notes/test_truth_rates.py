"""How often the truth check is right, over a set of true and false statements about four transcripts."""

from __future__ import annotations

from collections import Counter

from benchmarks.truth import rate, read_cases

CASES = read_cases()


def test_the_set_is_balanced() -> None:
    assert Counter(case.true for case in CASES) == {True: 88, False: 88}
    assert Counter(case.half for case in CASES) == {"tuned": 88, "held": 88}
    assert {case.language for case in CASES} == {"en", "pl", "de"}
    assert len({case.text for case in CASES}) == len(CASES)


def test_few_false_statements_pass() -> None:
    assert rate(case for case in CASES if not case.true) <= 0.03


def test_most_true_statements_stay() -> None:
    assert rate(case for case in CASES if case.true) >= 0.75
