"""How central each sentence is to what was said."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

DAMPING = 0.85
"""Of PageRank, as LexRank uses it (Erkan and Radev 2004, section 3.2)."""

ROUNDS = 30
"""0.85^30 is below 1 %: ranks do not change after that."""


def centrality(contents: Sequence[Sequence[str]]) -> list[float]:
    """Continuous LexRank (Erkan and Radev 2004): 1 on average, 0 for a sentence without content.

    A sentence counts as much as those it shares words with (cosine of tf·idf). The matrix of
    similarities is never made: a product with it is two products with the sparse matrix of terms,
    so that time and memory grow with the words, not with the square of the sentences.
    """
    if not contents:
        return []
    rows, columns, weights, terms = _matrix(contents)
    row, column = np.array(rows, dtype=np.intp), np.array(columns, dtype=np.intp)
    weight = np.array(weights, dtype=np.float64)
    size = len(contents)
    own = np.bincount(row, weight * weight, minlength=size)  # similarity to itself: 1, or 0 if empty

    def similar(ranks: NDArray[np.float64]) -> NDArray[np.float64]:
        shared = np.bincount(column, weight * ranks[row], minlength=terms)
        return np.bincount(row, weight * shared[column], minlength=size) - own * ranks

    ranks = np.ones(size)
    links = np.maximum(similar(ranks), 1e-12)
    for _ in range(ROUNDS):
        ranks = (1 - DAMPING) + DAMPING * similar(ranks / links)
    return [float(rank) for rank in ranks * (own > 0)]


def _matrix(contents: Sequence[Sequence[str]]) -> tuple[list[int], list[int], list[float], int]:
    """Rows of length 1 as coordinates, and the number of terms."""
    counts = [Counter(content) for content in contents]
    seen = Counter(term for count in counts for term in count)
    column = {term: index for index, term in enumerate(seen)}
    rows: list[int] = []
    columns: list[int] = []
    weights: list[float] = []
    for index, count in enumerate(counts):
        values = {
            term: (1 + math.log(times)) * math.log(1 + len(counts) / seen[term])
            for term, times in count.items()
        }
        length = math.hypot(*values.values())
        rows += [index] * len(values)
        columns += [column[term] for term in values]
        weights += [value / length for value in values.values()]
    return rows, columns, weights, len(column)
