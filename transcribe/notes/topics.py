"""Where topics begin: the division of the words under which each part speaks most of its own things.

Bayesian segmentation (Eisenstein and Barzilay 2008, "Bayesian unsupervised topic segmentation"): a part is
likely if its words repeat each other more than those of the whole recording do. The best division is found
by dynamic programming, with lengths that people use as the prior, and with what announces a topic as
evidence.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict, deque
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from transcribe.notes.fitness import is_chatter
from transcribe.notes.leaning import sentences_in, standing
from transcribe.notes.terms import Terms, folded
from transcribe.notes.words import meets
from transcribe.notes.writer import Sentence

SHORTEST_MS = 60_000
"""No chapter is shorter; players list chapters, and nobody skips by less."""

LONGEST_MS = 8 * 60_000
"""No chapter is longer, unless there is no gap to divide it at."""

ONE_CHAPTER_MS = 4 * 60_000
"""A shorter recording is one chapter."""

SAMENESS = 400.0
"""How many words of the whole recording are mixed into each part: the prior of the Dirichlet distribution."""

ANOTHER = 6.0
"""What one more chapter costs, in nats."""

SPREAD = 6.0
"""What a chapter half or twice as long as usual costs besides."""

ANNOUNCED, ABOUT, ASKED = 5.0, 2.0, 1.0
"""What speaks for a chapter's start: "let's talk about", other talk about the programme, a question."""

LEANS = 6.0
"""What speaks against it: a sentence that leans on the one before."""

TURN, PAUSE = 0.5, 0.5
"""For each change of speaker, and each second of silence up to three."""


def usual_ms(duration_ms: int) -> float:
    """How long a chapter usually is: 2.5 minutes in a quarter of an hour, 5 in an hour, 7 in two."""
    return min(max(0.65 * math.sqrt(duration_ms / 60_000), 2.5), 8.0) * 60_000


def topics_of(sentences: Sequence[Sentence], language: str, duration_ms: int) -> tuple[int, ...]:
    """The first sentence of each topic, ascending positions; the first is 0.

    A topic never begins inside a segment. Empty where nothing was said.
    """
    if not sentences or duration_ms < ONE_CHAPTER_MS:
        return (0,) if sentences else ()
    terms = Terms(language)
    starts = [index for index in range(len(sentences)) if begins_segment(sentences, index)]
    evidence = [_evidence(sentences, index, terms) if index else 0.0 for index in starts]
    parts = _parts(sentences, starts, terms)
    times = [0, *(sentences[index].start_ms for index in starts[1:]), duration_ms]
    return tuple(starts[number] for number in _best_division(parts, evidence, times))


def begins_segment(sentences: Sequence[Sentence], index: int) -> bool:
    """Whether a sentence begins where its first segment begins."""
    return index == 0 or sentences[index].segments[0] != sentences[index - 1].segments[-1]


def _parts(sentences: Sequence[Sentence], starts: Sequence[int], terms: Terms) -> list[list[str]]:
    """The terms of what lies between each two places where a topic may begin."""
    ends = [*starts[1:], len(sentences)]
    return [
        [term for sentence in sentences[start:end] for term in terms.of(sentence.text)]
        for start, end in zip(starts, ends, strict=True)
    ]


def _evidence(sentences: Sequence[Sentence], place: int, terms: Terms) -> float:
    """What speaks for a topic that begins with a sentence, apart from the words that it shares."""
    sentence, before = sentences[place], sentences[place - 1]
    known, text = sentences_in(terms.language), folded(sentence.text)
    value = TURN * (sentence.speaker != before.speaker)
    value += PAUSE * min(max(0, sentence.start_ms - before.end_ms), 3000) / 1000
    if known.shifts and meets(known.shifts).search(text):
        value += ANNOUNCED
    elif is_chatter(text):
        value += ABOUT
    elif standing(sentence.text, terms).worth == 0.0:
        value -= LEANS
    if text.endswith(("?", "？")):
        value += ASKED
    return value


def _best_division(
    parts: Sequence[Sequence[str]], evidence: Sequence[float], times: Sequence[int]
) -> list[int]:
    """The parts that begin a topic, by dynamic programming over where the last topic begins.

    Args:
        times: Start of each part, and the end of the last.
    """
    usual = math.log(usual_ms(times[-1]))
    at = np.array(times)
    total = len(parts)
    best = np.full(total + 1, -math.inf)  # what the parts from each on are worth, divided as well as can be
    best[total] = 0.0
    next_topic = [total] * total
    for first, gains in _gains(parts, at):
        lengths = at[first + 1 : first + 1 + len(gains)] - at[first]
        with np.errstate(divide="ignore"):  # of nothing
            values = gains - SPREAD * ((np.log(lengths) - usual) / math.log(2)) ** 2
        values += best[first + 1 : first + 1 + len(gains)]
        values[lengths < SHORTEST_MS] = -math.inf
        end = int(np.argmax(values))
        best[first] = values[end] + evidence[first] - ANOTHER
        next_topic[first] = first + 1 + end
    if best[0] == -math.inf:
        return [0]
    chosen = [0]
    while next_topic[chosen[-1]] < total:
        chosen.append(next_topic[chosen[-1]])
    return chosen


def _shares(parts: Sequence[Sequence[str]]) -> dict[str, float]:
    counts = Counter(term for part in parts for term in part)
    total = counts.total()
    return {term: count / total for term, count in counts.items()}


def _gains(
    parts: Sequence[Sequence[str]], times: NDArray[np.int64]
) -> Iterator[tuple[int, NDArray[np.float64]]]:
    """How much likelier words are for being together: for each part, the last first, for each end of a topic.

    The first end behind the longest chapter is the last. A term adds by how often it is said again: the
    gains are those of the part behind, and steps where the terms of this one come up.
    """
    shares = _shares(parts)
    ends = np.minimum(np.searchsorted(times, times + LONGEST_MS, side="right"), len(parts))
    said = np.cumsum([0, *(len(part) for part in parts)])
    dilution = np.array([_dilution(count) for count in range(int(said[-1]) + 1)])
    again: dict[str, deque[int]] = defaultdict(deque)
    gains = np.zeros(len(parts) + 1)
    for first in range(len(parts) - 1, -1, -1):
        last = int(ends[first])
        steps = np.zeros(last - first)
        for term in parts[first]:
            places = again[term]
            while places and places[-1] >= last:
                places.pop()
            weight = 1 / shares[term] / SAMENESS
            before = 0.0
            for count, place in enumerate(places, start=1):
                so_far = math.log1p(count * weight)
                steps[place - first] += so_far - before
                before = so_far
            places.appendleft(first)
        gains[first + 1 : last + 1] += np.cumsum(steps)
        yield first, gains[first + 1 : last + 1] - dilution[said[first + 1 : last + 1] - said[first]]


def _dilution(said: int) -> float:
    """How much unlikelier words are for those said before each, summed up: log of a rising factorial."""
    return math.lgamma(said + SAMENESS) - math.lgamma(SAMENESS) - said * math.log(SAMENESS)
