"""How much a break between two words disturbs reading: the price list of the cue layout.

The order of preference is that of Netflix's Timed Text Style Guide ("Line Treatment") and the BBC
Subtitle Guidelines (3.4 "Break at natural points"): after a sentence, after other punctuation,
before a conjunction or preposition; not between an article and its noun, a first and a last name,
or the parts of a number. The numbers themselves are ours: only their order and rough distance matter.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise, zip_longest
from typing import NamedTuple

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


class _Vocabulary(NamedTuple):
    """Small words of a language.

    `connectives` are conjunctions and prepositions: a line likes to begin with them. Neither they
    nor `determiners` (articles and the like) should end one.
    """

    connectives: frozenset[str]
    determiners: frozenset[str]


def _vocabulary(connectives: str, determiners: str) -> _Vocabulary:
    return _Vocabulary(frozenset(connectives.split()), frozenset(determiners.split()))


_VOCABULARIES = {
    "en": _vocabulary(
        "and but or nor so because although though while when where if unless until since that which "
        "who whose as than about above across after against along among around at before behind below "
        "between beyond by despite during for from in into like near of off on onto over through to "
        "toward towards under upon with within without",
        "a an the this these those my your his her its our their no every each some any mr mrs ms dr",
    ),
    "pl": _vocabulary(
        "i a oraz ale lecz lub albo ani więc bo że żeby aby gdy kiedy gdzie jeśli jeżeli chociaż choć "
        "który która które którzy którego której których którym czy niż jak w we z ze na do od po za o "
        "u przy przez pod nad przed między dla bez wśród wobec podczas według",
        "ten ta to ci te tej tego tym mój moja moje twój jego jej ich nasz nasza nie",
    ),
    "de": _vocabulary(
        "und aber oder denn sondern weil dass ob wenn als obwohl während bevor nachdem damit sodass in "
        "im an am auf aus bei beim bis durch für gegen hinter mit nach neben ohne seit über um unter "
        "von vom vor wegen zu zum zur zwischen wie",
        "der die das den dem des ein eine einen einem einer eines kein keine keinen mein meine dein "
        "sein seine ihr ihre unser unsere dieser diese dieses jeder jede jedes",
    ),
    "fr": _vocabulary(
        "et ou mais donc or ni car que qui dont où quand si comme lorsque puisque parce à au aux de du "
        "d' en dans par pour sur sous sans avec chez entre vers contre depuis pendant avant après "
        "devant derrière",
        "le la les l' un une des ce cet cette ces mon ma mes ton ta tes son sa ses notre nos votre vos "
        "leur leurs",
    ),
    "es": _vocabulary(
        "y e o u pero sino porque que quien cual cuando donde si como aunque mientras a al ante bajo "
        "con contra de del desde durante en entre hacia hasta para por según sin sobre tras",
        "el la los las un una unos unas este esta estos estas ese esa mi tu su mis tus sus nuestro "
        "nuestra cada",
    ),
    "it": _vocabulary(
        "e ed o ma però perché che chi cui quando dove se come mentre anche a ad al allo alla ai agli "
        "alle da dal dalla dai dalle di del dello della dei degli delle in nel nello nella nei nelle "
        "con su sul sulla per tra fra",
        "il lo la i gli le un uno una questo questa questi queste mio mia tuo suo sua nostro nostra ogni",
    ),
}
_NO_VOCABULARY = _vocabulary("", "")


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
        tokens: What is to be broken into lines and cues.
        language: ISO 639-1 code, which chooses the list of small words; may be empty.
    """
    vocabulary = _VOCABULARIES.get(language, _NO_VOCABULARY)
    unspaced = language in _UNSPACED_LANGUAGES
    costs = (_break_cost(left, right, vocabulary, unspaced) for left, right in pairwise(tokens))
    return [*costs, 0.0]


def _break_cost(left: Token, right: Token, vocabulary: _Vocabulary, unspaced: bool) -> float:
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


def _cost_of_words(left: Token, right: Token, vocabulary: _Vocabulary) -> float:
    if left.ends_segment or _CLAUSE_END.search(left.text):
        return CLAUSE
    small = _bare(left) in vocabulary.determiners or _bare(left) in vocabulary.connectives
    if small or _is_name(left, right) or _is_number(left, right):
        return TORN
    opens = right.text[0] in _QUOTES + _OPENERS or _bare(right) in vocabulary.connectives
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
