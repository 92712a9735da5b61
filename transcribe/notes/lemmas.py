"""Words in the form in which a dictionary has them, their part of speech, and how common they are.

Polish is analysed by Morfeusz (Woliński 2014), English and German by the Hanover Tagger (Wartena 2019), some
forty other languages by simplemma (Barbaresi 2021), which knows no parts of speech. How common a word is
comes from wordfreq (Speer 2022). All data lies in the installed packages: nothing is fetched or written.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache, lru_cache, partial
from itertools import starmap
from typing import TYPE_CHECKING, Any, Literal

from transcribe.notes.words import in_language

if TYPE_CHECKING:
    from simplemma.strategies.dictionaries import DictionaryFactory

Part = Literal["noun", "name", "adjective", "verb", "other", ""]
"""Part of speech; empty where it is not known."""

_CODES = {"no": "nb"}
"""What the packages call a language, where it is not Whisper's code."""

_HANTA = {"en": "morphmodel_en.pgz", "de": "morphmodel_ger.pgz"}
"""Its Dutch model takes 800 MB of memory."""

_HANTA_PARTS: tuple[tuple[str, Part], ...] = (
    ("NN", "noun"), ("NP", "name"), ("NE", "name"), ("AJ", "adjective"), ("ADJ", "adjective"), ("V", "verb"),
    ("UNC", ""), ("FM", ""), ("XY", ""),
)  # fmt: skip
"""Beginnings of tags: CLAWS C5 of English, STTS of German."""

_MORFEUSZ_PARTS: dict[str, Part] = {
    **dict.fromkeys(("subst", "depr", "ger"), "noun"),
    **dict.fromkeys(("adj", "adja", "adjp", "pact", "ppas"), "adjective"),
    **dict.fromkeys(
        ("fin", "praet", "impt", "imps", "inf", "pcon", "pant", "bedzie", "winien", "pred"), "verb"
    ),
    "ign": "",
}
"""First fields of its tags (Przepiórkowski et al. 2012)."""

_GERUND = re.compile(r"(?:[ńć]|[nc]i(?:e|a|u|em|om|ami|ach))$")
"""Endings of Polish nouns that are made of verbs, in all cases."""

_SHORT_END = 3
_COMMON_PART = 3.2
"""Zipf: "zug" and "rad" are words, and "ung" is said less often."""

_LIKELY = 4.0
"""A reading of the Hanover Tagger this much less likely than the best (natural logarithm) is none."""


TAGGED = frozenset(("pl", *_HANTA))
"""Languages whose parts of speech are known."""


class Reading:
    """What a word may be.

    Args:
        lemma: As a dictionary writes it: "Haus", "go", "Kraków"; or what finds it when it is asked for, since
            of most words nobody asks.
    """

    __slots__ = ("_lemma", "part")

    def __init__(self, lemma: str | Callable[[], str], part: Part) -> None:
        self._lemma, self.part = lemma, part

    @property
    def lemma(self) -> str:
        """As a dictionary writes it."""
        if not isinstance(self._lemma, str):
            self._lemma = self._lemma()
        return self._lemma


def lemma(word: str, language: str) -> str:
    """The dictionary form of a word: "went" → "go", "Häusern" → "Haus", "Krakowie" → "Kraków".

    Without a dictionary of the language it is Snowball's stem, which compares but is no word to print;
    without either, the word as it stands.

    Args:
        language: Whisper's code.
    """
    return readings(word, language)[0].lemma


@lru_cache(maxsize=65_536)
def readings(word: str, language: str) -> tuple[Reading, ...]:
    """What a word may be, the most likely first; never empty, its first lemma as `lemma` says."""
    if _is_abbreviated(word):
        return (Reading(re.sub(r"(?<=[A-Z])['’]?s$", "", word), "name"),)
    return tuple(_reader(language)(word)) or (Reading(word, ""),)


def every_lemma(word: str, language: str) -> set[str]:
    """The lemmas of all that a word may be, likely or not; how common words are plays no part."""
    if language == "pl" and polish_analyser() and not _is_abbreviated(word):
        return {name for name, _ in _analysed(word)} or {word}
    return {reading.lemma for reading in readings(word, language)}


def _is_abbreviated(word: str) -> bool:
    """AI, GPUs, iPhone, U.S."""
    return "." in word or any(part[1:] != part[1:].lower() for part in word.split("-"))


@lru_cache(maxsize=4096)
def tagged(words: tuple[str, ...], language: str) -> tuple[Reading, ...]:
    """What each word of a sentence is most likely, by the word before it where it may be several things."""
    grammar = in_language(language).grammar
    joins = in_language(language).clauses.joins
    found: list[Reading] = []
    before, acted, acts = "", False, False  # "to raise or lower"
    for word in words:
        options = readings(word, language)
        wanted: tuple[Part, ...] = ()
        acted, acts = acts, before in grammar.before_verbs or (acted and before in joins)
        if acts:
            wanted = ("verb",)
        elif before in grammar.determiners or (found and found[-1].part == "adjective"):
            wanted = ("name", "noun", "adjective") if word[:1].isupper() else ("noun", "adjective")
        elif before and word[:1].isupper() and in_language(language).capital_nouns:
            wanted = ("noun", "name", "adjective")
        fit = [each for each in options if each.part in wanted]
        found.append((fit or options)[0])
        before = word.casefold().replace("’", "'")
    return tuple(found)


@lru_cache(maxsize=65_536)
def commonness(word: str, language: str) -> float:
    """How common a word is on the Zipf scale: 3 is once in a million words, 6 once in a thousand, 0 never."""
    share = _shares(language).get(word.casefold(), 0.0)
    return round(math.log10(share) + 9, 2) if share else 0.0


@lru_cache(maxsize=65_536)
def is_word(word: str, language: str) -> bool:
    """Whether a word surely exists: a list or a dictionary has it, or the end of the compound that it is."""
    if commonness(word, language):
        return True
    if language == "de":
        compounds = ((word[:at], word[at:]) for at in range(3, len(word) - 2))
        return any(_are_compound(start, end) for start, end in compounds)
    if language == "pl" and polish_analyser():
        return any(reading.part for reading in readings(word, language))
    return has_lemmas(language) and word in _listed(language)


def _are_compound(start: str, end: str) -> bool:
    """Whether the end makes a German word one; so few letters only with a common beginning: "Nachtzug"."""
    if len(end) > _SHORT_END:
        return commonness(end, "de") > 0
    return min(commonness(start, "de"), commonness(end, "de")) >= _COMMON_PART


def listed(word: str, language: str, *, quick: bool = False) -> str:
    """The dictionary form that simplemma's list has of a word as it is spelled; empty where it has none.

    Args:
        quick: Have the whole list in memory: 120 MB of German, and 20 times as fast.
    """
    if _CODES.get(language, language) not in _simplemma_languages():
        return ""
    return (_listed_quickly(language) if quick else _listed(language)).get(word, "")


def has_lemmas(language: str) -> bool:
    """Whether a dictionary of the language is there, so that a lemma is a word to print."""
    return language in TAGGED or _CODES.get(language, language) in _simplemma_languages()


@cache
def _shares(language: str) -> Mapping[str, float]:
    import wordfreq

    code = _CODES.get(language, language)
    if code not in wordfreq.available_languages("small"):
        return {}
    shares: Mapping[str, float] = wordfreq.get_frequency_dict(code, "small")
    return shares


@cache
def _reader(language: str) -> Callable[[str], Iterator[Reading]]:
    if language in _HANTA:
        return _hanta(language)
    if language == "pl" and (read := _morfeusz()):
        return read
    return _simplemma(language) if has_lemmas(language) else _snowball(language)


def _hanta(language: str) -> Callable[[str], Iterator[Reading]]:
    from HanTa.HanoverTagger import HanoverTagger

    tagger = HanoverTagger(_HANTA[language])
    tagger.analyze_forward = lru_cache(maxsize=65_536)(tagger.analyze_forward)  # one for "Haus" and "haus"

    def named(word: str, tag: str) -> str:
        return str(tagger.analyze(word, pos=tag)[0])

    def read(word: str) -> Iterator[Reading]:
        found = tagger.tag_word(word)
        for tag, likelihood in found:
            if likelihood > found[0][1] - _LIKELY:
                yield Reading(partial(named, word, tag), _hanta_part(tag))

    return read


def _hanta_part(tag: str) -> Part:
    return next((part for start, part in _HANTA_PARTS if tag.startswith(start)), "other")


@cache
def polish_analyser() -> Any:
    """Morfeusz; None where the package has no wheel for this machine."""
    try:
        import morfeusz2
    except ImportError:
        return None
    return morfeusz2.Morfeusz()


def polish_lemmas(word: str) -> set[str]:
    """The dictionary forms that Morfeusz knows of a word, in no order; a third of the work of `readings`."""
    return {lemma for lemma, part in _analysed(word) if part}


def _morfeusz() -> Callable[[str], Iterator[Reading]] | None:
    if polish_analyser() is None:
        return None

    def read(word: str) -> Iterator[Reading]:
        best = sorted(_analysed(word), key=lambda each: (each[1] == "name", -commonness(each[0], "pl")))
        yield from starmap(Reading, best)

    return read


def _analysed(word: str) -> Mapping[tuple[str, Part], None]:
    """The lemmas of a Polish word with their parts of speech, as Morfeusz has them."""

    def named(entry: str, tag: str) -> str:
        if tag.startswith("ger:"):  # "nagrywania", which is listed under its verb
            return _GERUND.sub(lambda end: "nie" if end[0][0] in "nń" else "cie", word.lower())
        return entry.partition(":")[0] or word

    return {
        (named(entry, tag), _polish_part(tag, kinds)): None
        for start, _, (_, entry, tag, kinds, _) in polish_analyser().analyse(word)
        if start == 0  # endings of verbs are words of their own here: "zrobił|em"
    }


def _polish_part(tag: str, kinds: list[str]) -> Part:
    part = _MORFEUSZ_PARTS.get(tag.partition(":")[0], "other")
    named = kinds and not any(kind == "nazwa_pospolita" for kind in kinds)
    return "name" if part == "noun" and named else part


@cache
def _simplemma_languages() -> frozenset[str]:
    from simplemma.strategies.dictionaries.dictionary_factory import SUPPORTED_LANGUAGES

    return frozenset(SUPPORTED_LANGUAGES)


@cache
def _simplemma_dictionaries() -> DictionaryFactory:
    from simplemma.strategies.dictionaries.stream_dictionary_factory import StreamDictionaryFactory

    return StreamDictionaryFactory()  # half the time and a fifth of the memory of the other one


@cache
def _listed(language: str) -> Mapping[str, str]:
    return _simplemma_dictionaries().get_dictionary(_CODES.get(language, language))


@cache
def _listed_quickly(language: str) -> Mapping[str, str]:
    from simplemma.strategies.dictionaries.dictionary_factory import DefaultDictionaryFactory

    return DefaultDictionaryFactory().get_dictionary(_CODES.get(language, language))


def _simplemma(language: str) -> Callable[[str], Iterator[Reading]]:
    from simplemma import Lemmatizer
    from simplemma.strategies import DefaultStrategy

    strategy = DefaultStrategy(dictionary_factory=_simplemma_dictionaries())
    lemmatizer = Lemmatizer(lemmatization_strategy=strategy)
    code = _CODES.get(language, language)

    def read(word: str) -> Iterator[Reading]:
        yield Reading(lemmatizer.lemmatize(word, lang=code), "")

    return read


def _snowball(language: str) -> Callable[[str], Iterator[Reading]]:
    import snowballstemmer

    name = in_language(language).stemmer
    stemmer = snowballstemmer.stemmer(name) if name else None

    def read(word: str) -> Iterator[Reading]:
        yield Reading(stemmer.stemWord(word) if stemmer else word, "")

    return read
