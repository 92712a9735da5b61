"""What our templates say by themselves, in the language of the reader, and which way that runs.

`templates/labels.toml` has the headings of notes and the line that discloses a language model to readers of
published text (Regulation (EU) 2024/1689, Article 50 (4)); the marks for machines (Article 50 (2)) stand in
the templates. `templates/page/words.toml` has the page's own words (Play, Search, ...), and
`templates/doubts.toml` the reasons for doubt.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import cache

from transcribe.core.show_notes import Authorship
from transcribe.formats.templates import template_folder

FALLBACK = "en"
LABELS, WORDS, DOUBTS = "labels.toml", "page/words.toml", "doubts.toml"

SAID_BY_SCRIPT = ("play", "pause", "hit", "no_hits", "position_of")
"""Words of the page that its script puts in by itself."""

RIGHT_TO_LEFT = frozenset({"ar", "fa", "he", "ps", "sd", "ur", "yi"})
"""Whisper's codes of languages written from right to left."""


@cache
def tables(file: str) -> Mapping[str, Mapping[str, str]]:
    """The texts of a file, by language (Whisper's code)."""
    return tomllib.loads((template_folder() / file).read_text(encoding="utf-8"))


def language_in(file: str, language: str) -> str:
    """The language itself where the file has it, else English."""
    return language if language in tables(file) else FALLBACK


def texts_in(file: str, language: str) -> Mapping[str, str]:
    """The texts of a file in a language, in English where it has none."""
    return tables(file)[language_in(file, language)]


def disclosure_of(authorship: Authorship, language: str) -> str:
    """The line that tells readers a model wrote text; empty where none did, or where none is wanted."""
    wanted = authorship.disclosure.strip()
    if not authorship.generated or wanted.lower() == "none":
        return ""
    return texts_in(LABELS, language)["disclosure"] if wanted.lower() in ("", "auto") else wanted


def doubt_in(language: str, doubt: str) -> str:
    """Why a statement is to be checked, in a language; as it is where that is not known."""
    word = re.search("“(.*)”", doubt)
    told = tables(DOUBTS).get(language, {}).get(doubt.replace(word[1], "{}") if word else doubt)
    return told.replace("{}", word[1]) if told and word else told or doubt


def direction_of(language: str) -> str:
    """`rtl` or `ltr`, for the `dir` of HTML."""
    return "rtl" if language in RIGHT_TO_LEFT else "ltr"
