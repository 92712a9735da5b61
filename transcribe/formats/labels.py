"""What our templates say by themselves, in the language of the reader, and which way that runs.

`templates/labels.toml` has the headings of notes and the line that discloses a language model to readers of
published text (Regulation (EU) 2024/1689, Article 50 (4)); the marks for machines (Article 50 (2)) stand in
the templates. `templates/page/words.toml` has the page's own words (Play, Search, ...), `doubts.toml` the
reasons for doubt, and `reasons.toml` why a person has to look at a place.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from itertools import chain, zip_longest

from transcribe.core.show_notes import Authorship
from transcribe.formats.templates import template_folder

FALLBACK = "en"
LABELS, WORDS, DOUBTS, REASONS = "labels.toml", "page/words.toml", "doubts.toml", "reasons.toml"

SAID_BY_SCRIPT = ("play", "pause", "hit", "no_hits", "position_of")
"""Words of the page that its script puts in by itself."""

RIGHT_TO_LEFT = frozenset({"ar", "fa", "he", "ps", "sd", "ur", "yi"})
"""Whisper's codes of languages written from right to left."""


_PLACE = re.compile(r"\{(\w+)\}")
_NUMBERS, _NUMBER = ("n", "all"), r"[\d.,]+"
_BETWEEN = ("; ", ": ", ", ")
"""Between reasons that are told together."""


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


def reason_in(language: str, reason: str) -> str:
    """Why a person has to look at a place, in a language; what is not known there stays as it is."""
    for pattern, told in _reasons(language):
        if found := pattern.fullmatch(reason):
            values = found.groupdict()
            if "reason" in values:
                values["reason"] = reason_in(language, values["reason"])
            return told.format_map(values)
    for between in _BETWEEN:
        parts = reason.split(between)
        known = [reason_in(language, part) for part in parts] if len(parts) > 1 else parts
        if known != parts:
            return between.join(known)
    return doubt_in(language, reason)


@cache
def _reasons(language: str) -> list[tuple[re.Pattern[str], str]]:
    """Patterns of reasons with what they are in a language, those that say most first."""
    told = tables(REASONS).get(language, {})
    return [
        (_pattern(each), told[each]) for each in sorted(told, key=lambda each: -len(_PLACE.sub("", each)))
    ]


def _pattern(reason: str) -> re.Pattern[str]:
    pieces = _PLACE.split(reason)  # text, name, text, name, ...
    names = (f"(?P<{name}>{_NUMBER if name in _NUMBERS else '.+?'})" for name in pieces[1::2])
    texts = map(re.escape, pieces[::2])
    return re.compile("".join(chain.from_iterable(zip_longest(texts, names, fillvalue=""))), re.DOTALL)


def direction_of(language: str) -> str:
    """`rtl` or `ltr`, for the `dir` of HTML."""
    return "rtl" if language in RIGHT_TO_LEFT else "ltr"
