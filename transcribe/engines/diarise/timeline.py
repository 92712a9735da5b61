"""Who speaks in every frame: one person by what voices sound like, further ones by the windows.

How many speak at a time, the segmentation says. Who, the snippets say, along the cheapest path: every tenth
of a second costs less the more alike it sounds, and a change of person costs something too.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from transcribe.core.recording import SAMPLES_PER_MS, SpeechSpan, joined
from transcribe.core.viterbi import cheapest_path
from transcribe.core.waveform import runs_in
from transcribe.engines.diarise.segmentation import (
    FRAME_CENTRE,
    FRAME_STEP,
    LOCAL,
    WINDOW_FRAMES,
    Window,
)
from transcribe.engines.diarise.snippets import Snippets

UNIT = 6
"""Frames that are decided together: 0.1 s."""

CHANGE = 0.5
"""Cost of a change of person, in likeness of a unit; 0.2 to 1 gave the same (before there were strands)."""

SHORTEST_PAUSE_MS = 250
"""A shorter pause of a speaker does not end their turn."""

SHORTEST_TURN_MS = 100
"""A shorter turn is a flicker."""


def speaker_counts(windows: Sequence[Window], frames: int) -> NDArray[np.uint8]:
    """How many people speak in every frame, as windows say on average."""
    voices = np.zeros(frames + WINDOW_FRAMES, np.uint16)
    looks = np.zeros(frames + WINDOW_FRAMES, np.uint16)
    for window in windows:
        place = slice(window.first, window.first + WINDOW_FRAMES)
        voices[place] += window.speech.sum(axis=1).astype(np.uint16)
        looks[place] += 1
    return ((2 * voices + looks) // np.maximum(2 * looks, 1)).astype(np.uint8)[:frames]


def likeness(snippets: Snippets, people: NDArray[np.float32], frames: int) -> NDArray[np.float32]:
    """How much every unit of UNIT frames sounds like each person, between the snippets around it."""
    scores = snippets.vectors @ people.T
    middles = np.arange(-(-frames // UNIT)) * UNIT + UNIT / 2
    columns = [np.interp(middles, snippets.centre, scores[:, person]) for person in range(len(people))]
    return np.stack(columns, axis=1).astype(np.float32)


def speaking(
    windows: Sequence[Window], counts: NDArray[np.uint8], alike: NDArray[np.float32]
) -> NDArray[np.bool_]:
    """Who speaks in every frame: frames × people."""
    frames, people = len(counts), alike.shape[1]
    units = np.arange(frames) // UNIT
    first = np.array(cheapest_path(-alike, CHANGE), np.intp)[units]
    active = np.zeros((frames, people), bool)
    spoken = np.flatnonzero(counts)
    active[spoken, first[spoken]] = True
    both = np.flatnonzero(counts > 1)
    if people == 1 or not len(both):
        return active
    votes = _votes(windows, alike, frames)[both]
    votes[np.arange(len(both)), first[both]] = 0
    second = votes.argmax(axis=1)
    named = votes[np.arange(len(both)), second] > 0
    active[both[named], second[named]] = True
    return active


def _votes(windows: Sequence[Window], alike: NDArray[np.float32], frames: int) -> NDArray[np.uint8]:
    """How many windows name each person in each frame."""
    from scipy.optimize import linear_sum_assignment

    votes = np.zeros((frames + WINDOW_FRAMES, alike.shape[1]), np.uint8)
    for window in windows:
        if not (window.speech.sum(axis=1) > 1).any():
            continue  # nobody speaks at the same time here
        locals_ = [local for local in range(LOCAL) if window.speech[:, local].any()]
        scores = np.stack([_score(window, local, alike, frames) for local in locals_])
        chosen = scores.argmax(axis=1)
        rows, columns = linear_sum_assignment(scores, maximize=True)
        chosen[rows] = columns
        place = slice(window.first, window.first + WINDOW_FRAMES)
        for local, person in zip(locals_, chosen, strict=True):
            votes[place, person] += window.speech[:, local]
    return votes[:frames]


def _score(window: Window, local: int, alike: NDArray[np.float32], frames: int) -> NDArray[np.float32]:
    """How much a local speaker sounds like each person, where they speak alone if they ever do."""
    spoken = window.speech[:, local]
    alone = spoken & (window.speech.sum(axis=1) == 1)
    places = np.flatnonzero(alone if alone.any() else spoken) + window.first
    score: NDArray[np.float32] = alike[np.minimum(places, frames - 1) // UNIT].mean(axis=0)
    return score


def stretches(active: NDArray[np.bool_], start_ms: int, end_ms: int) -> list[SpeechSpan]:
    """Every turn of one person, on the recording's timeline."""
    spans = (
        SpeechSpan(_ms(first, start_ms), min(_ms(last, start_ms), end_ms)) for first, last in runs_in(active)
    )
    return [span for span in joined(spans, SHORTEST_PAUSE_MS) if span.duration_ms >= SHORTEST_TURN_MS]


def _ms(frame: int, start_ms: int) -> int:
    """Where a frame begins: half a step before the sample it looks at."""
    sample = max(0, frame * FRAME_STEP + FRAME_CENTRE - FRAME_STEP // 2) if frame else 0
    return start_ms + sample // SAMPLES_PER_MS
