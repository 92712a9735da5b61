"""What lint finds: values with a rule, a place and a sentence, and the list they are collected in."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from transcribe.quality.lint.rules import RULES, Severity

MOST_OF_A_RULE = 1000
"""Findings of one rule kept for one file: a million of them would tell nobody more."""

LONGEST_SHOWN = 40


@dataclass(frozen=True)
class Finding:
    """One place of a file that breaks a rule.

    Attributes:
        rule: Stable id; a key of `rules.RULES`.
        severity: `error`: readers fail or show something wrong; `warning`: against a recommendation,
            or a rule that readers do without; `note`: worth a look.
        line: Counted from 1; None where the whole file is meant.
        column: Counted from 1 in characters; None where the whole line is meant.
    """

    file: str
    rule: str
    severity: Severity
    message: str
    line: int | None = None
    column: int | None = None

    def __str__(self) -> str:
        place = ":".join(str(part) for part in (self.file, self.line, self.column) if part is not None)
        return f"{place}: {self.severity} {self.rule} {self.message}"


class Findings:
    """The findings of one file while it is read."""

    def __init__(self, file: str) -> None:
        self.file = file
        self._found: list[Finding] = []
        self._counts: Counter[str] = Counter()

    def add(self, rule: str, message: str, line: int | None = None, column: int | None = None) -> None:
        """Note that a rule is broken."""
        self._counts[rule] += 1
        if self._counts[rule] <= MOST_OF_A_RULE:
            self._found.append(Finding(self.file, rule, RULES[rule].severity, message, line, column))

    def full(self, rule: str) -> bool:
        """Whether no more of a rule are listed, so that messages and places need not be made."""
        return self._counts[rule] >= MOST_OF_A_RULE

    def more(self, rule: str, count: int) -> None:
        """Note that a rule is broken in further places, which are not worth listing."""
        self._counts[rule] += count

    def sorted(self) -> list[Finding]:
        """All of them, from the first line to the last; those of the whole file come first."""
        more = [
            Finding(self.file, "more-findings", "note", f"{count - MOST_OF_A_RULE} more of {rule}")
            for rule, count in self._counts.items()
            if count > MOST_OF_A_RULE
        ]
        return sorted(self._found, key=lambda each: (each.line or 0, each.column or 0)) + more


def shown(text: str) -> str:
    """A piece of a file quoted for a message: one printable line, shortened."""
    return repr(text if len(text) <= LONGEST_SHOWN else text[: LONGEST_SHOWN - 1] + "…")
