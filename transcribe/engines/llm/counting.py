"""How many tokens a text has for a model that only a server knows."""

from __future__ import annotations

from itertools import takewhile
from math import ceil

BYTES_PER_TOKEN = 5 / 2
"""Fewer than any of the languages below have with a 32,000-token vocabulary, so that an estimate is never too
low: English 4, German 3, Polish 2.6, Chinese, Japanese and Arabic 2.6 to 3 bytes of UTF-8 each token."""

FAR_BELOW = 0.3
"""A server that read less than this share of what was estimated has cut the question (English: 0.6)."""


def estimated_tokens(text: str) -> int:
    """Tokens of a text, rather too many."""
    return ceil(len(text.encode()) / BYTES_PER_TOKEN)


def was_cut(prompt_tokens: int, text: str, before: str = "") -> bool:
    """Whether a server read so little of a text that it must have left something out.

    Args:
        prompt_tokens: How many tokens it says it read; 0: it does not say.
        before: The question before it, where what begins alike may not be counted again (Ollama did so
            until 2024, its issues 2068 and 3427).
    """
    pairs = zip(text, before, strict=False)
    new = text[sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs)) :]
    return 0 < prompt_tokens < FAR_BELOW * estimated_tokens(new)
