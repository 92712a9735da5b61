"""The episode page's own words (Play, Search, ...) in the language of its reader, from `page/words.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache

from transcribe.formats.templates import template_folder

FALLBACK = "en"

SAID_BY_SCRIPT = ("play", "pause", "hit", "no_hits", "position_of")
"""What the page's script puts in by itself."""


def words_in(language: str) -> Mapping[str, str]:
    """The page's words in a language (Whisper's code), in English where it is not known."""
    return _tables()[word_language(language)]


def word_language(language: str) -> str:
    """The language `words_in` answers in."""
    return language if language in _tables() else FALLBACK


@cache
def _tables() -> dict[str, dict[str, str]]:
    return tomllib.loads((template_folder() / "page" / "words.toml").read_text(encoding="utf-8"))
