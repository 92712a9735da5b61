"""Which snippets are one person's, and how many people there are: average linkage by cosine distance, twice.

First within each local speaker of a window: the segmentation may take two people for one, and 1.5 s tell them
apart if they differ much. What sounds alike there is a strand, and the mean of its snippets a far better
picture of a voice than each of them. Then strands are joined to people. See docs/speakers.md for the
distances that were met.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from transcribe.core.diarisation import INSTALL
from transcribe.core.errors import DependencyError
from transcribe.engines.diarise.segmentation import LOCAL, WINDOW_FRAMES, Window
from transcribe.engines.diarise.snippets import Snippets

SAME_STRAND = 0.8
"""Distance up to which snippets of one local speaker are one strand; the best of 0.7 to 0.85 on six."""

SAME_PERSON = 0.48
"""Distance up to which strands are one person's: on six clips 0.45 and 0.5 gave the same, 0.55 lost one."""

PURE = 0.7
"""Share of a snippet that has to be one local speaker's."""

FEWEST_SNIPPETS = 2
"""A strand with fewer is no good picture of a voice, and is used only where there is no better one."""

MOST_COMPARED = 3000
"""Strands compared with each other: memory grows with the square (36 MB for so many)."""

MOST_PEOPLE = 200
"""More are never told apart; `timeline` counts them in a byte."""

SMALLEST_SHARE = 0.04
SMALLEST_SECONDS = (1.0, 6.0)
"""Who speaks less than this share, but at least and at most so long, is taken for a mistake, unless the user
says that there are more people."""


def strands(windows: Sequence[Window], snippets: Snippets) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The voice of every strand, of length 1, and how many snippets it has.

    Raises:
        DependencyError: SciPy is missing.
    """
    voices: list[NDArray[np.float32]] = []
    counts: list[int] = []
    for window in windows:
        alone = window.speech.sum(axis=1) == 1
        near = np.arange(
            np.searchsorted(snippets.centre, window.first),
            np.searchsorted(snippets.centre, window.first + WINDOW_FRAMES),
        )
        for local in range(LOCAL):
            mine = _pure(snippets, near, window, window.speech[:, local] & alone, alone)
            if not len(mine):
                continue
            labels = cut(tree_of(snippets.vectors[mine]), SAME_STRAND, "distance")
            for label in np.unique(labels):
                members = mine[labels == label]
                voices.append(_mean(snippets.vectors[members], np.ones(len(members), np.float32)))
                counts.append(len(members))
    found, sizes = np.array(voices, np.float32), np.array(counts, np.float32)
    good = sizes >= min(FEWEST_SNIPPETS, sizes.max(initial=0))
    return found[good], sizes[good]


def _pure(
    snippets: Snippets,
    near: NDArray[np.intp],
    window: Window,
    mine: NDArray[np.bool_],
    alone: NDArray[np.bool_],
) -> NDArray[np.intp]:
    """The snippets near a window in which one local speaker, and nearly nobody else, speaks."""
    sums = np.concatenate([[0], np.cumsum(mine)]), np.concatenate([[0], np.cumsum(alone)])
    first = np.clip(snippets.first[near] - window.first, 0, WINDOW_FRAMES)
    last = np.clip(snippets.last[near] - window.first, 0, WINDOW_FRAMES)
    own, all_alone = (each[last] - each[first] for each in sums)
    pure: NDArray[np.intp] = near[(all_alone >= FEWEST_FRAMES) & (own >= PURE * all_alone)]
    return pure


FEWEST_FRAMES = 20
"""Frames of a window in which somebody has to speak alone for a snippet to count: 0.34 s."""


def people(
    voices: NDArray[np.float32], seconds: NDArray[np.float32], fewest: int, most: int | None
) -> NDArray[np.float32]:
    """The mean voice of each person, of length 1: people × dimensions.

    Args:
        voices: Voices of length 1, n × dimensions; n at least 1.
        seconds: How much speech each stands for.
        fewest: People there are at the least, as far as there are as many voices.
        most: People there are at the most; None: as many as are found.

    Raises:
        DependencyError: SciPy is missing.
    """
    voices, seconds = _compared(voices, seconds)
    tree = tree_of(voices)
    labels = cut(tree, SAME_PERSON, "distance")
    large = _large(labels, seconds)
    if len(large) < fewest:
        labels, large = _at_least(tree, seconds, min(fewest, len(voices)))
    large = large[: min(most or MOST_PEOPLE, MOST_PEOPLE)]
    return np.stack([_mean(voices[labels == label], seconds[labels == label]) for label in large])


def _compared(
    voices: NDArray[np.float32], seconds: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Of too many voices, in their order, the best of each stretch; they stand for all the speech."""
    if len(voices) <= MOST_COMPARED:
        return voices, seconds
    parts = np.array_split(np.arange(len(voices)), MOST_COMPARED)
    chosen = [part[seconds[part].argmax()] for part in parts]
    return voices[chosen], np.array([seconds[part].sum() for part in parts], np.float32)


def tree_of(voices: NDArray[np.float32]) -> NDArray[np.float64]:
    """How voices are joined, the most alike first (SciPy's linkage matrix)."""
    try:
        from scipy.cluster.hierarchy import linkage
        from scipy.spatial.distance import pdist
    except ImportError as error:
        raise DependencyError(f"telling speakers apart needs the package {error.name}", INSTALL) from error
    if len(voices) == 1:
        return np.zeros((0, 4))
    tree: NDArray[np.float64] = linkage(np.maximum(pdist(voices, "cosine"), 0), "average")
    return tree


def cut(tree: NDArray[np.float64], value: float, criterion: str) -> NDArray[np.intp]:
    """A label for each voice."""
    from scipy.cluster.hierarchy import fcluster

    return np.asarray(fcluster(tree, value, criterion)) if len(tree) else np.ones(1, np.intp)


def _large(labels: NDArray[np.intp], seconds: NDArray[np.float32]) -> NDArray[np.intp]:
    """The labels with enough speech, the most first; at least one."""
    sums = np.bincount(labels, seconds)
    order = np.argsort(-sums, kind="stable")
    enough = float(np.clip(SMALLEST_SHARE * sums.sum(), *SMALLEST_SECONDS))
    large: NDArray[np.intp] = order[sums[order] >= enough]
    return large if len(large) else order[:1]


def _at_least(
    tree: NDArray[np.float64], seconds: NDArray[np.float32], wanted: int
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """The first cut of the tree with so many people who speak enough, else the largest of that many."""
    voices = len(tree) + 1
    for count in range(wanted, min(voices, 10 * wanted) + 1):
        labels = cut(tree, count, "maxclust")
        large = _large(labels, seconds)
        if len(large) >= wanted:
            return labels, large[:wanted]
    labels = cut(tree, wanted, "maxclust")
    sums = np.bincount(labels, seconds)
    order = np.argsort(-sums, kind="stable")
    return labels, order[sums[order] > 0][:wanted]


def _mean(voices: NDArray[np.float32], weights: NDArray[np.float32]) -> NDArray[np.float32]:
    mean = np.average(voices, axis=0, weights=weights)
    return np.asarray(mean / max(float(np.linalg.norm(mean)), 1e-9), np.float32)
