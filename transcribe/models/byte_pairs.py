"""Byte-pair encoding from ranks alone: the merges behind a vocabulary, and the tokens of a short text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise


def ranks_of(tokens: Sequence[bytes]) -> dict[bytes, int]:
    """The rank of every token; the first, where one stands twice."""
    return {token: rank for rank, token in reversed(list(enumerate(tokens))) if token}


def merges(tokens: Sequence[bytes]) -> Iterator[tuple[bytes, bytes]]:
    """The pairs from which a vocabulary was learned, in the order of their ranks.

    A token's pair is what its bytes become with lower ranks alone. A token that does not end in two parts was
    not learned from a pair, and is left out: it can be read, but no text becomes it.
    """
    ranks = ranks_of(tokens)
    for rank, token in enumerate(tokens):
        if len(token) > 1 and ranks[token] == rank:
            parts = _merged(token, ranks, rank)
            if len(parts) == 2:
                yield parts[0], parts[1]


def encoded(text: bytes, ranks: dict[bytes, int]) -> list[int]:
    """The tokens of a text that is one word, by rank; bytes that are no token are left out."""
    return [ranks[part] for part in _merged(text, ranks, len(ranks) + 1) if part in ranks]


def _merged(text: bytes, ranks: dict[bytes, int], below: int) -> list[bytes]:
    """What is left when neighbours are joined, lowest rank first, while that gives a rank `below`."""
    parts = [text[at : at + 1] for at in range(len(text))]
    while len(parts) > 1:
        rank, at = min((ranks.get(a + b, below), at) for at, (a, b) in enumerate(pairwise(parts)))
        if rank >= below:
            break
        parts[at : at + 2] = [parts[at] + parts[at + 1]]
    return parts
