"""What voices sound like, every three quarters of a second: vectors of 1.5 s of one speaker each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from transcribe.core.waveform import Waveform
from transcribe.engines.diarise.mel import FRAME, SHIFT, mel_spectrum
from transcribe.engines.diarise.segmentation import FRAME_CENTRE, FRAME_STEP

LENGTH = 150
"""Mel frames of a snippet: 1.5 s. Shorter ones sound less alike, longer ones hold two speakers more often."""

HOP = 75
"""Mel frames from one snippet to the next."""

FEWEST = 40
"""Mel frames of one speaker alone that a snippet needs: 0.4 s."""

HOP_SECONDS = HOP * SHIFT / 16_000
DIMENSIONS = 192

Network = Callable[[NDArray[np.float32]], NDArray[np.float32]]


@dataclass(frozen=True)
class Snippets:
    """Every snippet with one speaker in it, in order; places are frames of the segmentation.

    Attributes:
        first: Where each starts.
        last: Where it ends (exclusive).
        centre: The middle of what was listened to in it.
        vectors: Its voice, of length 1.
    """

    first: NDArray[np.intp]
    last: NDArray[np.intp]
    centre: NDArray[np.float64]
    vectors: NDArray[np.float32]


def listen(
    waveform: Waveform, alone: NDArray[np.bool_], network: Network, tell: Callable[[float], None]
) -> Snippets:
    """Listen to every snippet.

    Args:
        alone: For every frame, whether one speaker speaks, and nobody else.
        network: From a Mel spectrum (1, frames, 80) to a voice (1, 192).
    """
    frames = max(0, (waveform.samples - FRAME) // SHIFT + 1)
    found: list[tuple[int, int, float, NDArray[np.float32]]] = []
    for start in range(-LENGTH // 2, max(1, frames - LENGTH // 2), HOP):
        begin, end = max(0, start), min(frames, start + LENGTH)
        places = frame_of(np.arange(begin, end), len(alone))
        heard = alone[places]
        if heard.sum() < FEWEST:
            continue
        samples = waveform.samples_at(begin * SHIFT, (end - begin - 1) * SHIFT + FRAME)
        spectrum = mel_spectrum(samples)[heard]
        vector = network((spectrum - spectrum.mean(axis=0))[None])[0]
        vector = vector / max(float(np.linalg.norm(vector)), 1e-9)
        found.append((int(places[0]), int(places[-1]) + 1, float(places[heard].mean()), vector))
        tell(end / frames)
    return Snippets(
        np.array([each[0] for each in found], np.intp),
        np.array([each[1] for each in found], np.intp),
        np.maximum.accumulate(np.array([each[2] for each in found], np.float64)),
        np.array([each[3] for each in found], np.float32).reshape(-1, DIMENSIONS),
    )


def frame_of(mel: NDArray[np.intp], frames: int) -> NDArray[np.intp]:
    """The segmentation's frame that the middle of each Mel frame lies in."""
    centres = mel * SHIFT + FRAME // 2
    return np.clip((centres - FRAME_CENTRE + FRAME_STEP // 2) // FRAME_STEP, 0, frames - 1)
