"""What each sentence of a transcript is worth, and the choice of some that do not repeat each other."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from transcribe.core.episode import Spot
from transcribe.notes.fitness import fitness, is_dotted, shaky
from transcribe.notes.leaning import Standing, has_name, reasons_in, standing
from transcribe.notes.ranking import centrality
from transcribe.notes.terms import Terms, is_unspaced, words_of
from transcribe.notes.writer import Material

REPEATS = 0.5
"""How much a sentence loses that says what a chosen one says: MMR (Carbonell and Goldstein 1998)."""


@dataclass(frozen=True)
class Weighed:
    """A transcript read once, for every part of the notes.

    Attributes:
        everywhere: In how many sentences each term is.
        fit: How well each sentence stands by itself, 0 to 1; 0 where its words are doubtful.
        standing: Each sentence as it can be printed by itself.
        scores: What each sentence is worth: how central it is, times its fitness; more for names and numbers.
        shaky: Positions of sentences whose words are doubtful.
    """

    material: Material
    terms: Terms
    contents: tuple[tuple[str, ...], ...]
    everywhere: Counter[str]
    fit: tuple[float, ...]
    standing: tuple[Standing, ...]
    scores: tuple[float, ...]
    shaky: frozenset[int]

    @property
    def candidates(self) -> list[int]:
        """Positions of the sentences that can be chosen."""
        return [index for index, score in enumerate(self.scores) if score > 0]


def weigh(material: Material, spots: Iterable[Spot]) -> Weighed:
    """Read a transcript."""
    sentences = material.sentences
    terms = Terms(material.language)
    contents = tuple(tuple(terms.of(sentence.text)) for sentence in sentences)
    doubtful = shaky(sentences, spots)
    dotted = is_dotted(sentences)
    alone = tuple(standing(sentence.text, terms) for sentence in sentences)
    fit = tuple(
        0.0 if index in doubtful else fitness(sentence, terms, dotted=dotted) * alone[index].worth
        for index, sentence in enumerate(sentences)
    )
    ranks = centrality(contents)
    scores = tuple(
        rank * value * _substance(each.text, material.language)
        for rank, value, each in zip(ranks, fit, alone, strict=True)
    )
    everywhere = Counter(term for content in contents for term in set(content))
    return Weighed(material, terms, contents, everywhere, fit, alone, scores, doubtful)


def _substance(text: str, language: str) -> float:
    """More for what has numbers, names or reasons: a claim that can be checked says more than a mood."""
    number = any(char.isdigit() for char in text)
    return 1.0 + 0.3 * number + 0.2 * has_name(text, language) + 0.3 * reasons_in(text, language)


def pick(
    weighed: Weighed,
    candidates: Sequence[int],
    count: int,
    worth: Callable[[int], float],
    beside: Iterable[int] = (),
) -> list[int]:
    """Choose sentences that are worth much and do not repeat each other; in the recording's order.

    Args:
        beside: Positions chosen elsewhere, not to be repeated.
    """
    worths = {index: worth(index) for index in candidates}
    pool = sorted(worths, key=lambda index: (-worths[index], index))[: 30 * count]
    chosen: list[int] = []
    others = [frozenset(weighed.contents[index]) for index in beside]
    while pool and len(chosen) < count:
        best = max(pool, key=lambda index: (worths[index] * _news(weighed.contents[index], others), -index))
        pool.remove(best)
        chosen.append(best)
        others.append(frozenset(weighed.contents[best]))
    return sorted(chosen)


def _news(content: Sequence[str], others: Sequence[frozenset[str]]) -> float:
    """1 for a sentence that shares no term with any other; little for one that says the same."""
    mine = frozenset(content)
    shared = max(
        (len(mine & other) / math.sqrt(len(mine) * len(other)) for other in others if mine and other),
        default=0.0,
    )
    return max(0.0, 1 - REPEATS * shared - (0.5 if shared > 0.8 else 0.0))


def word_count(text: str) -> int:
    """How many words a text has; of scripts without spaces, two letters count as one."""
    words = words_of(text)
    letters = sum(is_unspaced(word) for word in words)
    return len(words) - letters + -(-letters // 2)


def term_weights(contents: Sequence[Sequence[str]], everywhere: Counter[str], total: int) -> dict[str, float]:
    """How telling each term is for some sentences of a transcript: said often here, seldom elsewhere.

    Args:
        everywhere: In how many sentences of the transcript each term is.
    """
    here = Counter(term for content in contents for term in set(content))
    share = len(contents) / max(1, total)
    return {
        term: count / (everywhere[term] ** 0.5) * (1.0 if count > 1 else 0.5) * (1 + share)
        for term, count in here.items()
    }
