"""Sequences in parts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import TypeVar

T = TypeVar("T")


def parted(items: Sequence[T], apart: Callable[[T, T], bool]) -> Iterator[Sequence[T]]:
    """The parts of a sequence, cut wherever two neighbours are `apart`; none of nothing."""
    cuts = [place for place, pair in enumerate(pairwise(items), 1) if apart(*pair)]
    for first, end in pairwise([0, *cuts, len(items)] if items else [0]):
        yield items[first:end]
