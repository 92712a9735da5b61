"""Words of a text as they can be compared: across case, inflection and script."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Protocol

from transcribe.notes.words import in_language

_WORD = re.compile(r"[^\W_]+(?:['’.\-][^\W_]+)*")
"""Letters and digits, with what holds a word together: don't, well-known, 3.5, U.S."""

UNSPACED = re.compile(
    "([\u0e00-\u0eff\u0f00-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
    "\U00020000-\U0003ffff])"
)
"""Letters of scripts without spaces between words: Thai to Khmer, kana, Han."""

_MARKS_APART = re.compile(r"[’ʼ`´]")


class _Stemmer(Protocol):
    def stemWord(self, word: str) -> str: ...  # noqa: N802 - snowballstemmer's name


def words_of(text: str) -> list[str]:
    """The words of a text: normalised (Unicode NFKC), folded, without punctuation.

    Letters of scripts without spaces are words of their own, so that a search cannot miss a match
    only because a recogniser divided the characters otherwise.
    """
    return [word for match in matches(text) for word in split_unspaced(match.group())]


def matches(text: str) -> Iterator[re.Match[str]]:
    """Where the words of a text stand."""
    return _WORD.finditer(text)


@lru_cache(maxsize=65_536)
def split_unspaced(word: str) -> tuple[str, ...]:
    """One word normalised; several where it holds letters of a script without spaces."""
    return tuple(piece for piece in UNSPACED.split(folded(word)) if piece)


@lru_cache(maxsize=65_536)
def folded(word: str) -> str:
    """A word as it is compared: NFKC, case folded, one form of apostrophe."""
    word = unicodedata.normalize("NFKC", word).casefold()
    return _MARKS_APART.sub("'", word)


def is_unspaced(text: str) -> bool:
    """Whether it holds letters of a script that puts no spaces between words."""
    return not text.isascii() and UNSPACED.search(text) is not None


@dataclass(frozen=True)
class Terms:
    """What the words of a language say, apart from their form: stems, without small words.

    Attributes:
        language: Whisper's code; of an unknown one, words are compared as they stand.
    """

    language: str

    def is_small(self, word: str) -> bool:
        """Whether a folded word says nothing about the topic: articles, pronouns, common verbs."""
        return _is_small(word, small_words(self.language))

    def stem(self, word: str) -> str:
        """A folded word without its inflection, by Snowball (Porter 2001)."""
        return _stem(word, self.language)

    def of(self, text: str) -> list[str]:
        """The content of a text, in order: stems of its words that are not small.

        Of scripts without spaces every two letters that follow each other (bigrams do nearly as well
        as words: Nie and Ren 1999, "Chinese information retrieval: using characters or words?").
        """
        return [term for match in matches(text) for term in _terms_in(match.group(), self.language)]


@lru_cache(maxsize=65_536)
def _stem(word: str, language: str) -> str:
    bare, stemmer = word.removesuffix("'s"), _stemmer_of(language)
    return stemmer.stemWord(bare) if stemmer else bare


@lru_cache(maxsize=65_536)
def _terms_in(word: str, language: str) -> tuple[str, ...]:
    small = small_words(language)
    if is_unspaced(word):
        return tuple(pair for pair in _pairs(folded(word)) if pair not in small)
    word = folded(word)
    if _is_small(word, small) or len(word) < 2:
        return (word,) if word.isdigit() else ()
    return (_stem(word, language),)


def _is_small(word: str, small: frozenset[str]) -> bool:
    return word in small or word.replace("'", "") in small or _stub(word) in small


def _pairs(word: str) -> list[str]:
    kana_only = re.compile("[\u3040-\u309f]{2}")  # hiragana are endings and particles
    pairs = [word[index : index + 2] for index in range(len(word) - 1)]
    return [pair for pair in pairs if not kana_only.fullmatch(pair)]


def _stub(word: str) -> str:
    return word.split("'", 1)[0] if "'" in word else word


@cache
def small_words(language: str) -> frozenset[str]:
    """The small words of a language (stopwords-iso), folded; empty where no list is known."""
    import stopwordsiso

    if not stopwordsiso.has_lang(language):
        return frozenset()
    return frozenset(folded(word) for word in stopwordsiso.stopwords(language))


@cache
def _stemmer_of(language: str) -> _Stemmer | None:
    import snowballstemmer

    name = in_language(language).stemmer
    return snowballstemmer.stemmer(name) if name else None
