"""Words of scripts that put no space between them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from transcribe.notes.words import in_language

_RUN = re.compile("[\u30a1-\u30fa\u30fc]{3,12}|[\u3400-\u9fff]{2,}")
"""Katakana and Han letters: in Japanese those are the content words."""


def unspaced_candidates(text: str, language: str) -> Iterator[tuple[tuple[str, ...], str]]:
    """What may be a word in a text of a script without spaces: its letters or itself, and itself."""
    for match in _RUN.finditer(text):
        run = match.group()
        if not in_language(language).all_han:
            yield (run,), run
            continue  # below: what is said twice in the same two to four letters is likely a word
        for size in range(2, 5):
            for first in range(len(run) - size + 1):
                yield tuple(run[first : first + size]), run[first : first + size]
