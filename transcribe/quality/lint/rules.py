"""Every rule of lint, from `rules.csv`: its id, how bad it is to break it, what it says, who says so.

Ids are stable: scripts may name them. A rule that no longer applies is taken out, never reused.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast

Severity = Literal["error", "warning", "note"]


@dataclass(frozen=True)
class Rule:
    """A rule.

    Attributes:
        id: Stable name; its first part says the kind of file.
    """

    id: str
    severity: Severity
    meaning: str
    source: str


def _read() -> dict[str, Rule]:
    with Path(__file__).with_name("rules.csv").open(encoding="utf-8", newline="") as table:
        return {
            row["id"]: Rule(row["id"], cast("Severity", row["severity"]), row["meaning"], row["source"])
            for row in csv.DictReader(table)
        }


RULES = _read()
"""Every rule by its id."""
