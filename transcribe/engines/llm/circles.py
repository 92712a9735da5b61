"""Whether a language model has begun to write the same again and again, told while it writes.

Small models often do, and go on until there is no room left. What is seen here is only what no writer
would mean: the same characters three times in a row, numbers aside.
"""

from __future__ import annotations

import re

TIMES = 3

LEAST_CHARS = 160
"""Of all repetitions together: two lines of text."""

LEAST_CHARS_OF_NUMBERS = 1_000
"""Where what is repeated is shorter than a word, as in `1, 2, 3,`: long lists of numbers may be meant."""

WORD_CHARS = 12
"""A shorter repetition is such a list, or white space."""

LONGEST_CHARS = 400
"""A longer repetition is seen when the answer is complete."""

_DIGITS = re.compile(r"\d+")


def goes_in_circles(text: str) -> bool:
    """Whether the end of a text is one passage at least three times over.

    Args:
        text: What was written so far.
    """
    tail = _DIGITS.sub("0", text[-2 * TIMES * LONGEST_CHARS :])
    periods = range(1, min(LONGEST_CHARS, len(tail) // TIMES) + 1)
    shortest = next((each for each in periods if _repeats(tail, each, LEAST_CHARS)), 0)
    return shortest >= WORD_CHARS or (shortest > 0 and _repeats(tail, shortest, LEAST_CHARS_OF_NUMBERS))


def _repeats(tail: str, period: int, least: int) -> bool:
    length = max(TIMES * period, least)
    return length <= len(tail) and tail[-length:-period] == tail[period - length :]
