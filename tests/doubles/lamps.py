"""A server that reviews by a policy: nobody says that a lamp goes out."""

from __future__ import annotations

from pathlib import Path

import pytest
from counter import Counter

from transcribe.control.policy.read import read_policy

RULES = """\
version = 1
name = "Lamps"

[[rules]]
id = "no-lamp"
title = "Nobody says that a lamp goes out"
words = ["goes out"]
severity = "block"
evidence = "The sentence"
"""


@pytest.fixture
def lamps(counter: Counter, tmp_path: Path) -> Counter:
    """A server that reviews by this policy."""
    rules = tmp_path / "rules.toml"
    rules.write_text(RULES, "utf-8")
    counter.policy = read_policy(rules)
    return counter
