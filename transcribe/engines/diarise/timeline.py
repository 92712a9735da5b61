"""From windows whose local speakers are named to turns on one timeline, with overlaps."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from transcribe.engines.diarise.clustering import NOBODY
from transcribe.engines.diarise.segmentation import FRAME_CENTRE, FRAME_STEP, WINDOW_FRAMES, Window
from transcribe.episode import SAMPLES_PER_MS

BLOCK = 65_536
"""Frames decided at a time (18 minutes): memory does not grow with the recording's length."""

SHORTEST_PAUSE_MS = 250
"""A shorter pause of a speaker does not end their turn."""

SHORTEST_TURN_MS = 100
"""A shorter turn is a flicker between two windows."""


def speaking(
    windows: Sequence[Window], people: Sequence[NDArray[np.intp]], frames: int, count: int
) -> NDArray[np.bool_]:
    """Who speaks in every frame: frames × people.

    Where windows disagree, as many people speak as most of them say, and those whom most of them name.

    Args:
        windows: In any order; they may overlap.
        people: For each window, the person behind each local speaker, or NOBODY.
        frames: Of the recording.
        count: People there are.
    """
    votes = np.zeros((frames + WINDOW_FRAMES, count), np.uint8)
    voices = np.zeros(frames + WINDOW_FRAMES, np.uint16)
    looks = np.zeros(frames + WINDOW_FRAMES, np.uint16)
    for window, persons in zip(windows, people, strict=True):
        place = slice(window.first, window.first + WINDOW_FRAMES)
        for person in set(persons.tolist()) - {NOBODY}:
            votes[place, person] += window.speech[:, persons == person].any(axis=1)
        voices[place] += window.speech[:, persons != NOBODY].sum(axis=1).astype(np.uint16)
        looks[place] += 1
    active = np.zeros((frames, count), bool)
    for first in range(0, frames, BLOCK):
        block = slice(first, min(first + BLOCK, frames))
        expected = np.floor(voices[block] / np.maximum(looks[block], 1) + 0.5)
        active[block] = _most_named(votes[block], expected)
    return active


def _most_named(votes: NDArray[np.uint8], expected: NDArray[np.floating]) -> NDArray[np.bool_]:
    """Of each frame, as many people as are expected: those with the most votes."""
    order = np.argsort(-votes.astype(np.int16), axis=1, kind="stable")
    ranks = np.empty_like(order)
    np.put_along_axis(ranks, order, np.arange(votes.shape[1])[None, :], axis=1)
    return np.asarray((ranks < expected[:, None]) & (votes > 0))


def stretches(active: NDArray[np.bool_], start_ms: int, end_ms: int) -> Iterator[tuple[int, int]]:
    """Start and end of every turn of one person, in ms on the recording's timeline."""
    changes = np.flatnonzero(np.diff(active.astype(np.int8), prepend=0, append=0))
    spans = [(_ms(first, start_ms), min(_ms(last, start_ms), end_ms)) for first, last in _pairs(changes)]
    if not spans:
        return
    joined = [spans[0]]
    for (_, before), span in pairwise(spans):
        if span[0] - before < SHORTEST_PAUSE_MS:
            joined[-1] = (joined[-1][0], span[1])
        else:
            joined.append(span)
    yield from (span for span in joined if span[1] - span[0] >= SHORTEST_TURN_MS)


def _pairs(changes: NDArray[np.intp]) -> list[tuple[int, int]]:
    return list(zip(changes[::2].tolist(), changes[1::2].tolist(), strict=True))


def _ms(frame: int, start_ms: int) -> int:
    """Where a frame begins: half a step before the sample it looks at."""
    sample = max(0, frame * FRAME_STEP + FRAME_CENTRE - FRAME_STEP // 2) if frame else 0
    return start_ms + sample // SAMPLES_PER_MS
