"""Which voices are one person's: average linkage by cosine distance, and how many people there are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from transcribe.engines.diarise import INSTALL
from transcribe.errors import DependencyError

if TYPE_CHECKING:
    from numpy.typing import NDArray

NOBODY = -1
"""Stands for the person behind a local speaker whose voice was not heard."""

THRESHOLD = 0.5
"""Cosine distance up to which two groups of voices are one person's; see docs/speakers.md."""

MOST_COMPARED = 3000
"""Voices compared with each other: memory grows with the square (36 MB for so many)."""

SMALLEST_SHARE = 0.05
SMALLEST_SECONDS = 4.0
"""Who speaks less than both of these is taken for a mistake, unless people were counted by the user."""


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
    tree = _tree(voices)
    labels = _cut(tree, THRESHOLD, "distance")
    large = _large(labels, seconds)
    if len(large) < fewest:
        labels, large = _at_least(tree, seconds, min(fewest, len(voices)))
    large = large[: max(1, most or len(large))]
    return np.stack([_mean(voices[labels == label], seconds[labels == label]) for label in large])


def _compared(
    voices: NDArray[np.float32], seconds: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Of too many voices, in their order, the best of each stretch; they stand for all the speech."""
    if len(voices) <= MOST_COMPARED:
        return voices, seconds
    stretches = np.array_split(np.arange(len(voices)), MOST_COMPARED)
    chosen = [stretch[seconds[stretch].argmax()] for stretch in stretches]
    return voices[chosen], np.array([seconds[stretch].sum() for stretch in stretches], np.float32)


def _tree(voices: NDArray[np.float32]) -> NDArray[np.float64]:
    try:
        from scipy.cluster.hierarchy import linkage
        from scipy.spatial.distance import pdist
    except ImportError as error:
        raise DependencyError(f"telling speakers apart needs the package {error.name}", INSTALL) from error
    if len(voices) == 1:
        return np.zeros((0, 4))
    tree: NDArray[np.float64] = linkage(pdist(voices, "cosine"), "average")
    return tree


def _cut(tree: NDArray[np.float64], value: float, criterion: str) -> NDArray[np.intp]:
    """A label for each voice."""
    from scipy.cluster.hierarchy import fcluster

    return np.asarray(fcluster(tree, value, criterion)) if len(tree) else np.ones(1, np.intp)


def _large(labels: NDArray[np.intp], seconds: NDArray[np.float32]) -> NDArray[np.intp]:
    """The labels with enough speech, the most first; at least one."""
    sums = np.bincount(labels, seconds)
    order = np.argsort(-sums, kind="stable")
    enough = min(SMALLEST_SECONDS, SMALLEST_SHARE * float(sums.sum()))
    large: NDArray[np.intp] = order[sums[order] >= max(enough, 1e-9)]
    return large if len(large) else order[:1]


def _at_least(
    tree: NDArray[np.float64], seconds: NDArray[np.float32], wanted: int
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """The first cut of the tree with so many people who speak enough, else the largest of that many."""
    voices = len(tree) + 1
    for count in range(wanted, min(voices, 10 * wanted) + 1):
        labels = _cut(tree, count, "maxclust")
        large = _large(labels, seconds)
        if len(large) >= wanted:
            return labels, large[:wanted]
    labels = _cut(tree, wanted, "maxclust")
    return labels, np.argsort(-np.bincount(labels, seconds), kind="stable")[:wanted]


def _mean(voices: NDArray[np.float32], seconds: NDArray[np.float32]) -> NDArray[np.float32]:
    mean = np.average(voices, axis=0, weights=seconds)
    return np.asarray(mean / max(float(np.linalg.norm(mean)), 1e-9), np.float32)


def match(
    likeness: NDArray[np.float32], places: list[tuple[int, int]], windows: int, local: int
) -> list[NDArray[np.intp]]:
    """The person behind each local speaker of each window; NOBODY where no voice was heard.

    Two local speakers of a window are two people, as far as there are as many.

    Args:
        likeness: Voices × people.
        places: Window and local speaker of each voice, in order of windows.
        windows: How many windows there are.
        local: Local speakers of a window.
    """
    from scipy.optimize import linear_sum_assignment

    persons = [np.full(local, NOBODY, np.intp) for _ in range(windows)]
    voices: dict[int, list[int]] = {}
    for voice, (window, _) in enumerate(places):
        voices.setdefault(window, []).append(voice)
    for window, rows in voices.items():
        chosen = likeness[rows].argmax(axis=1)
        mine, theirs = linear_sum_assignment(likeness[rows], maximize=True)
        chosen[mine] = theirs
        for voice, person in zip(rows, chosen, strict=True):
            persons[window][places[voice][1]] = person
    return persons
