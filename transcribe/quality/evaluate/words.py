"""How far a transcript is from a reference: errors of words and of letters, and where most of them are.

Differences that are no errors (capitals, punctuation, "Mr." for "mister", "2" for "two") are taken away
first, as Whisper's authors do: Radford et al., "Robust Speech Recognition via Large-Scale Weak
Supervision", 2022, appendix C.

Importing this raises DependencyError where the packages of the extra `eval` are missing.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import astuple, dataclass
from functools import cache, cached_property
from operator import add

from transcribe.quality.evaluate import missing_package

try:
    import jiwer
    from whisper_normalizer.basic import BasicTextNormalizer
    from whisper_normalizer.english import EnglishTextNormalizer
except ImportError as error:
    raise missing_package("counting errors", error.name) from error

WITHOUT_SPACES = frozenset(("zh", "yue", "ja", "th", "lo", "my", "km"))
"""Languages written without spaces between words; in them every letter counts as a word (Whisper's
tokenizer.py splits the first six so; Khmer is written likewise)."""

EMOJI_STYLE = "\ufe0f"
"""Invisible character after an emoji; it is a mark to Unicode, and would stay behind as a word."""

GAP_WORDS = 3
"""Errors with fewer right words between them belong to one passage."""

CONTEXT_WORDS = 3
"""Right words shown on either side of a passage."""

PASSAGE_WORDS = 40
"""A passage with more words than this is cut: what is shown has to fit on a screen."""


@dataclass(frozen=True)
class Score:
    """Counts of words or letters: those of the reference, and the three kinds of error."""

    count: int = 0
    substitutions: int = 0
    deletions: int = 0
    insertions: int = 0

    def __add__(self, other: Score) -> Score:
        return Score(*map(add, astuple(self), astuple(other)))

    @property
    def errors(self) -> int:
        """All three kinds together."""
        return self.substitutions + self.deletions + self.insertions

    @property
    def rate(self) -> float:
        """Errors in percent of the reference; infinite where something was heard in silence."""
        if not self.count:
            return math.inf if self.errors else 0.0
        return 100 * self.errors / self.count


@dataclass(frozen=True)
class Pair:
    """A word of the reference and what stands for it; one of them is empty where a word is missing."""

    reference: str
    transcript: str

    @property
    def right(self) -> bool:
        """Whether they are the same."""
        return self.reference == self.transcript


@dataclass(frozen=True)
class Passage:
    """A stretch of text with errors in it.

    Attributes:
        word: Position of its first word in the reference, from 1.
        errors: How many words are wrong.
        pairs: Its words, with a few right ones on either side.
    """

    word: int
    errors: int
    pairs: tuple[Pair, ...]


@dataclass(frozen=True)
class Comparison:
    """A transcript beside its reference.

    Attributes:
        language: ISO 639-1 code by whose rules they were compared.
        words: Errors of words; of letters in a language without spaces.
        pairs: Every word of both, aligned.
    """

    language: str
    words: Score
    letters: Score
    pairs: tuple[Pair, ...]

    @property
    def unit(self) -> str:
        """What `words` counts: words or letters."""
        return "letters" if self.language in WITHOUT_SPACES else "words"

    @cached_property
    def passages(self) -> tuple[Passage, ...]:
        """Every passage with errors, the worst first."""
        found = [_passage(self.pairs, start, end) for start, end in _spans(self.pairs)]
        return tuple(sorted(found, key=lambda passage: -passage.errors))


def normalise(text: str, language: str) -> str:
    """Text without the differences that are no errors: words with one space between them."""
    return _normaliser(language)(text.replace(EMOJI_STYLE, "")).strip()


def score(reference: str, hypothesis: str, language: str) -> Score:
    """Compare two texts word by word."""
    return _score(jiwer.process_words(normalise(reference, language), normalise(hypothesis, language)))


def compare(reference: str, transcript: str, language: str) -> Comparison:
    """Compare two texts word by word and letter by letter."""
    texts = normalise(reference, language), normalise(transcript, language)
    aligned = jiwer.process_words(*texts)
    words = _score(aligned)
    letters = words if language in WITHOUT_SPACES else _score(jiwer.process_characters(*texts))
    return Comparison(language, words, letters, tuple(_pairs(aligned)))


def total(scores: Iterable[Score]) -> Score:
    """Several scores as one: every word weighs the same, whichever file it is in."""
    return sum(scores, start=Score())


@cache
def _normaliser(language: str) -> Callable[[str], str]:
    """Marks are kept: without them Hindi and Thai lose their vowels."""
    if language == "en":
        english: Callable[[str], str] = EnglishTextNormalizer()
        return english
    basic: Callable[[str], str] = BasicTextNormalizer(
        split_letters=language in WITHOUT_SPACES, preserve_marks=True
    )
    return basic


def _score(found: jiwer.WordOutput | jiwer.CharacterOutput) -> Score:
    count = found.hits + found.substitutions + found.deletions
    return Score(count, found.substitutions, found.deletions, found.insertions)


def _pairs(aligned: jiwer.WordOutput) -> Iterator[Pair]:
    reference, transcript = aligned.references[0], aligned.hypotheses[0]
    for part in aligned.alignments[0]:
        left = reference[part.ref_start_idx : part.ref_end_idx]
        right = transcript[part.hyp_start_idx : part.hyp_end_idx]
        for number in range(max(len(left), len(right))):
            yield Pair(
                left[number] if number < len(left) else "", right[number] if number < len(right) else ""
            )


def _spans(pairs: tuple[Pair, ...]) -> Iterator[tuple[int, int]]:
    """Start and end of every passage, without the words around it."""
    wrong = [number for number, pair in enumerate(pairs) if not pair.right]
    start = 0
    for number, place in enumerate(wrong):
        following = wrong[number + 1] if number + 1 < len(wrong) else len(pairs) + GAP_WORDS
        if following - place > GAP_WORDS or following - wrong[start] >= PASSAGE_WORDS:
            yield wrong[start], place + 1
            start = number + 1


def _passage(pairs: tuple[Pair, ...], start: int, end: int) -> Passage:
    first = max(0, start - CONTEXT_WORDS)
    before = sum(1 for pair in pairs[:first] if pair.reference)
    errors = sum(1 for pair in pairs[start:end] if not pair.right)
    return Passage(before + 1, errors, pairs[first : end + CONTEXT_WORDS])
