"""Every rule is broken by a small file, and not by its twin."""

from __future__ import annotations

import pytest
from lint_cases import CASES
from lint_files import Case

from transcribe.quality.lint import RULES, Finding, lint_bytes


def found(case: Case, data: bytes) -> list[Finding]:
    return lint_bytes(case.name, data, case.asked)


def test_every_rule_has_a_case() -> None:
    by_command = {"file-unreadable"}  # the command opens files: see tests/unit/commands
    assert {case.rule for case in CASES} == set(RULES) - by_command


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.rule)
def test_a_rule_is_noticed_where_it_is_broken(case: Case) -> None:
    hits = [each for each in found(case, case.bad) if each.rule == case.rule]
    assert hits, found(case, case.bad)
    assert all(each.severity == RULES[case.rule].severity for each in hits)
    if case.line is not None:
        assert hits[0].line == case.line


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.rule)
def test_its_twin_is_clean(case: Case) -> None:
    assert [str(each) for each in found(case, case.good) if each.severity != "note"] == []
    assert case.rule not in {each.rule for each in found(case, case.good)}
