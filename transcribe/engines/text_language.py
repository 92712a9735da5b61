"""Which language a text is in, by its letters and its most common words: for an engine that cannot be told.

Measured on the translated messages of programs in 24 of the languages: of 1,440 stretches of 30 words each
98.9 % are told right, of 12 words 94 %. Maltese is told by its letters alone.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Mapping
from math import exp, fsum, log

_AZ = "abcdefghijklmnopqrstuvwxyz"

LETTERS: Mapping[str, str] = {
    "bg": "абвгдежзийклмнопрстуфхцчшщъьюяѝ",
    "cs": _AZ + "áčďéěíňóřšťúůýž",
    "da": _AZ + "æøåé",
    "de": _AZ + "äöüß",
    "el": "αβγδεζηθικλμνξοπρσςτυφχψωάέήίόύώϊϋΐΰ",
    "en": _AZ,
    "es": _AZ + "áéíñóúü",
    "et": _AZ + "äõöüšž",
    "fi": _AZ + "äöå",
    "fr": _AZ + "àâæçéèêëîïôœùûüÿ",
    "hr": _AZ + "čćđšž",
    "hu": _AZ + "áéíóöőúüű",
    "it": _AZ + "àèéìòù",
    "lt": _AZ + "ąčęėįšųūž",
    "lv": _AZ + "āčēģīķļņšūž",
    "mt": _AZ + "ċġħżà",
    "nl": _AZ + "éëïóöü",
    "pl": _AZ + "ąćęłńóśźż",
    "pt": _AZ + "áâãàçéêíóôõú",
    "ro": _AZ + "ăâîșşțţ",
    "ru": "абвгдеёжзийклмнопрстуфхцчшщъыьэюя",
    "sk": _AZ + "áäčďéíĺľňóôŕšťúýž",
    "sl": _AZ + "čšž",
    "sv": _AZ + "åäöé",
    "uk": "абвгґдеєжзиіїйклмнопрстуфхцчшщьюя",
}
"""The letters each language writes its own words with."""

STRANGE_WORD = 0.05
"""Probability of a word with a letter that the language does not write: names and loans."""

STOP_SHARE = 0.5
"""Share of a text that its language's stop words make up."""

VOCABULARY = 50_000
"""Words that the other half is taken from."""

FEWEST_WORDS = 8
LEAST_MARGIN = 1.0
"""A text is in another language than was told when it has so many words, and another language makes each of
them more probable by this much (natural logarithm): related languages are seldom farther apart."""

MOST_FOREIGN: Mapping[str, float] = {"LATIN": 0.0, "CYRILLIC": 0.5, "GREEK": 0.5}
"""Share of words in another script that a text may have: names are written in Latin in every language, and
nothing but a symbol in Greek or Cyrillic in one with Latin letters."""

_WORDS = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")


def probabilities(text: str) -> tuple[tuple[str, float], ...]:
    """Probability of each language of `LETTERS`; all alike where there are no words."""
    scores = _scores(_words(text))
    best = max(scores.values())
    total = fsum(exp(score - best) for score in scores.values())
    return tuple((code, exp(score - best) / total) for code, score in scores.items())


def doubts(text: str, language: str) -> tuple[str, ...]:
    """Why a text may not be in a language of `LETTERS`; nothing when it may."""
    words = _words(text)
    if _is_foreign(words, language):
        return ("in another script",)
    return ("in another language",) if _is_other(words, language) else ()


def _is_foreign(words: list[str], language: str) -> bool:
    """Whether too many words of more than one letter are in another script than the language's."""
    own = _script(LETTERS[language][0])
    foreign = [word for word in words if len(word) > 1 and _script(word[0]) != own]
    return len(foreign) > MOST_FOREIGN[own] * len(words)


def _is_other(words: list[str], language: str) -> bool:
    if len(words) < FEWEST_WORDS or not _stop_words(language):
        return False
    scores = _scores(words)
    return max(scores.values()) - scores[language] > LEAST_MARGIN * len(words)


def _script(letter: str) -> str:
    """`LATIN`, `CYRILLIC`, …, by the Unicode character database's names."""
    return unicodedata.name(letter, "").partition(" ")[0]


def _scores(words: list[str]) -> dict[str, float]:
    """Logarithm of each language's probability of saying these words, up to a constant."""
    return {
        code: fsum(_score(word, _stop_words(code), frozenset(letters)) for word in words)
        for code, letters in LETTERS.items()
    }


def _score(word: str, stop_words: frozenset[str], letters: frozenset[str]) -> float:
    known = log(STOP_SHARE / len(stop_words)) if word in stop_words else log((1 - STOP_SHARE) / VOCABULARY)
    return known if letters.issuperset(word.replace("'", "").replace("’", "")) else known + log(STRANGE_WORD)


@functools.cache
def _stop_words(language: str) -> frozenset[str]:
    import stopwordsiso

    known = stopwordsiso.stopwords(language) if stopwordsiso.has_lang(language) else ()
    return frozenset(word for word in known if " " not in word)


def _words(text: str) -> list[str]:
    return _WORDS.findall(unicodedata.normalize("NFC", text).lower())
