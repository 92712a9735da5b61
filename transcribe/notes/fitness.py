"""Which sentences can stand by themselves in notes, judged by their form."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence

from transcribe.core.episode import Spot
from transcribe.formats.tokens import text_width
from transcribe.notes.addresses import addresses_in
from transcribe.notes.leaning import sentences_in
from transcribe.notes.lemmas import TAGGED, readings
from transcribe.notes.terms import Terms, folded, matches, words_of
from transcribe.notes.words import anywhere, in_any, whole
from transcribe.notes.writer import Sentence

SURE = 0.6
"""Mean probability from which words are quoted. Those of clear speech have 0.8 and more."""

_CLOSERS = r"[\"'“”„‘’«»)\]」』）】》〉]*$"
_ENDS = re.compile(r"[.!?…。！？｡؟۔।॥]" + _CLOSERS)
_ASKS = re.compile(r"[?？؟;]" + _CLOSERS)
_TRAILS_OFF = re.compile(r"(?:…|\.\.\.|[-–—])" + _CLOSERS)


def fitness(sentence: Sentence, terms: Terms, *, dotted: bool) -> float:
    """How well the form of a sentence is that of a claim: 0 not at all, 1 well.

    Args:
        dotted: Whether the transcript has full stops, so that one without is no whole sentence.
    """
    words, known = words_of(sentence.text), sentences_in(terms.language)
    content = len(terms.of(sentence.text))
    if not words or not content or sentence.sure < SURE or _ASKS.search(sentence.text):
        return 0.0
    if dotted and not is_whole(sentence.text):
        return 0.0
    value = _by_length(text_width(sentence.text)) * min(1.0, 0.4 + content / len(words))
    value *= float(math.pow(0.5, sum(word in known.hesitations for word in words)))
    if is_chatter(sentence.text) or addresses_in(sentence.text):
        value *= 0.1
    if has_no_verb(sentence.text, terms.language):
        value *= 0.2
    return value


def is_whole(text: str) -> bool:
    """Whether it begins and ends as sentences do; scripts without capitals begin with any letter."""
    first = next((char for char in text if char.isalnum()), "")
    return not first.islower() and bool(_ENDS.search(text)) and not _TRAILS_OFF.search(text)


def has_no_verb(text: str, language: str) -> bool:
    """Whether it is a list or an exclamation; never where parts of speech are not known."""
    if language not in TAGGED:
        return False
    parts = (reading.part for match in matches(text) for reading in readings(match.group(), language))
    return not any(part in ("verb", "") for part in parts)


def is_chatter(text: str) -> bool:
    """Whether it greets, thanks or announces."""
    known, text = in_any().sentences, folded(text)
    return bool(whole(known.chatter).search(text) or anywhere(known.chatter_within).search(text))


def _by_length(cells: int) -> float:
    """1 for 45 to 200 cells, 8 to 35 English words; falls off to both sides."""
    if cells < 45:
        return math.pow(cells / 45, 1.5)
    return 1.0 if cells <= 200 else 200 / cells


def is_dotted(sentences: Sequence[Sentence]) -> bool:
    """Whether most of the text is in sentences that end with a full stop or the like."""
    whole = sum(len(sentence.text) for sentence in sentences if _ENDS.search(sentence.text))
    return 2 * whole > sum(len(sentence.text) for sentence in sentences)


def shaky(sentences: Sequence[Sentence], spots: Iterable[Spot]) -> frozenset[int]:
    """Positions of sentences that overlap a stretch whose words may be wrong or invented."""
    doubtful = sorted((spot.start_ms, spot.end_ms) for spot in spots if spot.kind in ("suspect", "uncertain"))
    found: set[int] = set()
    first = 0
    for start, end in doubtful:
        while first < len(sentences) and sentences[first].end_ms <= start:
            first += 1
        index = first
        while index < len(sentences) and sentences[index].start_ms < end:
            found.add(index)
            index += 1
    return frozenset(found)
