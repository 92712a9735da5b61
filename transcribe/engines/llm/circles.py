"""Whether a language model has begun to write the same again and again, told while it writes.

Small models often do, and go on until there is no room left. What is seen here is only what no writer
would mean: the same characters three times in a row and two lines long, numbers aside.
"""

from __future__ import annotations

import re

TIMES = 3

LEAST_CHARS = 160
"""Of all repetitions together: two lines of text. The sentences that an item cites take less
(`MOST_CITED` in notes/answers.py)."""

LONGEST_CHARS = 400
"""A longer repetition is seen when the answer is complete."""

_DIGITS = re.compile(r"\d+")


def goes_in_circles(text: str) -> bool:
    """Whether the end of a text is one passage at least three times over."""
    tail = _DIGITS.sub("0", text[-2 * TIMES * LONGEST_CHARS :])
    return any(_repeats(tail, period) for period in range(1, min(LONGEST_CHARS, len(tail) // TIMES) + 1))


def _repeats(tail: str, period: int) -> bool:
    length = max(TIMES * period, LEAST_CHARS)
    return length <= len(tail) and tail[-length:-period] == tail[period - length :]
