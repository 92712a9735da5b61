"""The files of what notes know of languages: readable, sorted, and of words that can be met."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import snowballstemmer
import stopwordsiso

from transcribe.notes import words
from transcribe.notes.numbers import numbers_of
from transcribe.notes.terms import folded, words_of
from transcribe.notes.words import in_any, in_language, languages

FILES = sorted(Path(words.__file__).parent.glob("*.toml"), key=lambda file: file.stem)
PATTERNS = {
    "above", "adjectives", "adverbs", "affirms", "below", "chatter", "chatter_within", "connects",
    "infinitives", "introduces", "leads", "leans", "narrates", "organisations", "own", "peoples", "phrases",
    "places", "reasons", "shifts",
}  # fmt: skip
"""Lists of regular expressions; the others are of words."""

PARTS_OF_WORDS = {"endings"}
SCRIPTS = {"", *(unicodedata.name(chr(char), "?").split()[0] for char in range(0x10000))}


def lists(file: Path) -> Iterator[tuple[str, str, list[str]]]:
    """Section, key and content of each list."""
    read: dict[str, Any] = tomllib.loads(file.read_text(encoding="utf-8"))
    for section, content in read.items():
        if isinstance(content, dict):
            for key, values in content.items():
                if isinstance(values, list):
                    yield section, key, values


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_file_is_sorted_and_its_words_can_be_met(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    assert text == unicodedata.normalize("NFC", text)
    assert in_language(file.stem) is languages()[file.stem]  # it has the type
    for section, key, values in lists(file):
        assert values == sorted(set(values)), f"{section}.{key}: sorted, each once"
        assert values == list(map(folded, values)), f"{section}.{key}: folded, as what is compared with it"
        if key in PATTERNS:
            assert all(map(re.compile, values))
            assert not any(re.search(pattern, "") for pattern in values), f"{section}.{key} meets nothing"
        elif section == "addresses":
            assert all(re.fullmatch(r"[^\W_]+", word) for word in values), f"{section}.{key}: one word each"
        elif key not in PARTS_OF_WORDS:
            assert [words_of(word) for word in values] == [[word] for word in values], f"{section}.{key}"


@pytest.mark.parametrize("code", languages())
def test_what_a_language_names_exists(code: str) -> None:
    known = in_language(code)
    assert not known.stemmer or known.stemmer in snowballstemmer.algorithms()
    assert known.script in SCRIPTS
    assert not known.often_written or stopwordsiso.has_lang(code)
    assert not known.number_words or numbers_of("", code) == set()  # text2num knows it


def test_a_language_without_a_file_has_no_words() -> None:
    for code in ("", "xx", "../en"):
        assert in_language(code) == words.Language()


def test_all_languages_together() -> None:
    assert {"herr", "lord", "pani"} <= in_any().names.titles
    assert in_any().sentences.hesitations == frozenset().union(
        *(known.sentences.hesitations for known in languages().values())
    )


def test_a_word_under_another_key_is_refused() -> None:
    with pytest.raises(msgspec.ValidationError, match="unknown field `tites`"):
        msgspec.toml.decode(b'[names]\ntites = ["mr"]\n', type=words.Language)
