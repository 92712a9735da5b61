"""How much a break between two words disturbs reading: the price list of the cue layout.

The order of preference is that of Netflix's Timed Text Style Guide ("Line Treatment") and the BBC
Subtitle Guidelines (3.4 "Break at natural points"): after a sentence, after other punctuation,
before a conjunction or preposition; not between an article and its noun, a first and a last name,
or the parts of a number. The numbers themselves are ours: only their order and rough distance matter.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from itertools import pairwise, zip_longest
from pathlib import Path

from transcribe.formats.tokens import Token, is_wide

SENTENCE = 0.0
CLAUSE = 2.0
CONNECTIVE = 4.0
ANYWHERE = 6.0
TORN = 20.0
"""Between an article and its noun, a first and a last name, two groups of a number."""
GLUED = 40.0
"""Where no space stands in a script that has spaces: inside what readers see as one word."""

NOTICED_PAUSE_MS = 800
"""A pause of this length is a reason to break as good as the end of a sentence."""

_QUOTES = "\"'“”„‘’«»"
"""Which of them open and which close depends on the language: German has „these“ and »these«."""

_CLOSERS = rf"{_QUOTES})\]」』）】》〉"
_SENTENCE_END = re.compile(rf"[.!?…‼⁇⁈⁉。！？｡؟۔।॥։።។။]+[{_CLOSERS}]*$")
_CLAUSE_END = re.compile(rf"[,;:،؛、，；：–—][{_CLOSERS}]*$")
_NEVER_FIRST = re.compile(
    r"[\s.,;:!?…。、，．！？；：)\]}”’»」』）】》〉ー々ぁぃぅぇぉっゃゅょァィゥェォッャュョ%°]"
)
_OPENERS = "([{「『（【《〈"
_ABBREVIATION = re.compile(
    r"[(\"'“„«]*(?:\d{1,2}|(?:\w\.)*\w|mrs?|ms|dr|prof|st|vs|nr|ca|bzw|ul|np|tzn|tzw|inż|mgr|sra?|mme|sig|dott)\.",
    re.IGNORECASE,
)
_UNSPACED_LANGUAGES = frozenset({"th", "lo", "km", "my", "bo"})
"""Languages whose narrow letters are written without spaces; East Asian ones are told by width."""


@cache
def _vocabularies() -> dict[str, dict[str, frozenset[str]]]:
    """The small words of each language; see the head of the file."""
    tables = tomllib.loads(Path(__file__).with_name("breaks.toml").read_text(encoding="utf-8"))
    return {
        language: {kind: frozenset(words.split()) for kind, words in table.items()}
        for language, table in tables.items()
    }


_NO_VOCABULARY: dict[str, frozenset[str]] = dict.fromkeys(("connectives", "determiners"), frozenset())


def ends_sentence(left: Token, right: Token | None) -> bool:
    """Whether a sentence ends with `left`, judged by its punctuation and by what follows."""
    if not _SENTENCE_END.search(left.text):
        return False
    if right is None or not left.text.endswith("."):
        return True
    return not (right.text[0].islower() or is_abbreviation(left.text))


def is_abbreviation(text: str) -> bool:
    """Whether a word with a full stop is one that ends no sentence: an initial, a title, an ordinal."""
    return _ABBREVIATION.fullmatch(text) is not None


def sentence_ends(tokens: Sequence[Token], language: str) -> Iterator[bool]:
    """For each token, whether a sentence ends with it: marks and quotes glued to it still belong to it."""
    unspaced = language in _UNSPACED_LANGUAGES
    ended = False
    for left, right in zip_longest(tokens, tokens[1:]):
        trails = ended and not any(character.isalnum() for character in left.text)
        ended = trails or ends_sentence(left, right)
        yield ended and (right is None or not _is_glued(left.text, right, unspaced))


def break_costs(tokens: Sequence[Token], language: str) -> list[float]:
    """What it costs to break after each token; nothing after the last.

    Args:
        language: ISO 639-1 code, which chooses the list of small words; may be empty.
    """
    vocabulary = _vocabularies().get(language, _NO_VOCABULARY)
    unspaced = language in _UNSPACED_LANGUAGES
    costs = (_break_cost(left, right, vocabulary, unspaced) for left, right in pairwise(tokens))
    return [*costs, 0.0]


def _break_cost(left: Token, right: Token, vocabulary: Mapping[str, frozenset[str]], unspaced: bool) -> float:
    if _is_glued(left.text, right, unspaced):
        return GLUED
    if ends_sentence(left, right):
        return SENTENCE
    pause = (right.start_ms - left.end_ms) / NOTICED_PAUSE_MS
    return max(SENTENCE, _cost_of_words(left, right, vocabulary) - ANYWHERE * pause)


def _is_glued(left: str, right: Token, unspaced: bool) -> bool:
    if left[-1] in _OPENERS or _NEVER_FIRST.match(right.text):
        return True
    return not (right.space_before or unspaced or is_wide(left[-1]) or is_wide(right.text[0]))


def _cost_of_words(left: Token, right: Token, vocabulary: Mapping[str, frozenset[str]]) -> float:
    if left.ends_segment or _CLAUSE_END.search(left.text):
        return CLAUSE
    small = any(_bare(left) in words for words in vocabulary.values())
    if small or _is_name(left, right) or _is_number(left, right):
        return TORN
    opens = right.text[0] in _QUOTES + _OPENERS or _bare(right) in vocabulary["connectives"]
    return CONNECTIVE if opens else ANYWHERE


def _is_name(left: Token, right: Token) -> bool:
    """First and last name, or title and name: "Anna Nowak", "Dr. Manette", "ul. Targowa"."""
    titled = left.text[0].isupper() and len(left.text) > 1
    return right.text[0].isupper() and (titled or is_abbreviation(left.text))


def _is_number(left: Token, right: Token) -> bool:
    """Two groups of a number, or a number and its unit: "1 200", "5 km", "1948 r."."""
    return left.text[-1].isdigit() and (right.text[0].isdigit() or len(_bare(right)) <= 2)


def _bare(token: Token) -> str:
    return token.text.strip('.,;:!?"“”„«»()').lower()
