"""What a language model may take: time for a recording, and tokens beside those of the transcript."""

from __future__ import annotations

TEMPLATE_TOKENS = 64
"""What a model's chat template puts around a question; the longest known ones need about 40."""

LEAST_ROOM = 128
"""Tokens of transcript that a prompt must have room for, about five sentences."""

LEAST_BUDGET_S, MOST_BUDGET_S = 60.0, 1800.0

OUT_OF_TIME = "its time was over (--writer-budget)"


def budget_of(duration_ms: int) -> float:
    """Seconds for a recording: as long as it lasts, one minute at least, thirty at most."""
    return max(LEAST_BUDGET_S, min(duration_ms / 1000, MOST_BUDGET_S))
