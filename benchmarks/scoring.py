"""Word errors of a hypothesis against a reference, after Whisper's own text normalisation."""

from __future__ import annotations

from dataclasses import dataclass

import jiwer
from whisper_normalizer.basic import BasicTextNormalizer
from whisper_normalizer.english import EnglishTextNormalizer

_english = EnglishTextNormalizer()
_basic = BasicTextNormalizer()


@dataclass(frozen=True)
class Score:
    """Counts of words: those of the reference, and the three kinds of error."""

    words: int = 0
    substitutions: int = 0
    deletions: int = 0
    insertions: int = 0

    def __add__(self, other: Score) -> Score:
        return Score(
            self.words + other.words,
            self.substitutions + other.substitutions,
            self.deletions + other.deletions,
            self.insertions + other.insertions,
        )

    @property
    def wer(self) -> float:
        """Word error rate in percent."""
        return 100 * (self.substitutions + self.deletions + self.insertions) / self.words


def normalise(text: str, language: str) -> str:
    """Text without the differences that are no errors (Radford et al. 2022, appendix C)."""
    normaliser = _english if language == "en" else _basic
    return str(normaliser(text)).strip()


def score(reference: str, hypothesis: str, language: str) -> Score:
    """Compare two texts word by word; the reference holds at least one word."""
    found = jiwer.process_words(normalise(reference, language), normalise(hypothesis, language))
    words = found.hits + found.substitutions + found.deletions
    return Score(words, found.substitutions, found.deletions, found.insertions)
