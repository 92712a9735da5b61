"""Who speaks in a window of ten seconds, as far as it alone can tell: up to three local speakers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from transcribe.core.recording import SAMPLES_PER_MS, SpeechSpans
from transcribe.core.waveform import Waveform

FRAME_STEP = 270
"""Samples from one frame of the network's output to the next (16.9 ms)."""

FRAME_CENTRE = 495
"""Sample of a window that its first frame looks at: the middle of its 991 samples."""

WINDOW_SAMPLES = 160_000
"""Ten seconds: what the network was trained on."""

WINDOW_FRAMES = 589
LOCAL = 3
"""Speakers that the network can tell apart in one window."""

CLASSES = np.array([(0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1), (1, 1, 0), (1, 0, 1), (0, 1, 1)], dtype=bool)
"""Who speaks in each of the network's seven classes."""

BATCH = 2
"""Windows rated at a time; more take more memory and no less time."""


@dataclass(frozen=True)
class Window:
    """What the network says about one window.

    Attributes:
        speech: Frames × local speakers: who speaks when.
    """

    first: int
    speech: NDArray[np.bool_]


def window_starts(waveform: Waveform, speech: SpeechSpans, step: int) -> list[int]:
    """First frames of the windows to look at, `step` frames apart; none where nobody speaks."""
    last = max(0, -(-(waveform.samples - WINDOW_SAMPLES) // FRAME_STEP))
    starts = [*range(0, last, step), last]
    spans = iter(speech.spans)
    span = next(spans, None)
    wanted = []
    for start in starts:
        from_ms = waveform.start_ms + start * FRAME_STEP // SAMPLES_PER_MS
        while span is not None and span.end_ms <= from_ms:
            span = next(spans, None)
        if span is not None and span.start_ms < from_ms + WINDOW_SAMPLES // SAMPLES_PER_MS:
            wanted.append(start)
    return wanted


def read_window(waveform: Waveform, start: int) -> NDArray[np.float32]:
    """The samples of a window; silence after the recording's end."""
    first = start * FRAME_STEP
    samples = waveform.samples_at(first, min(WINDOW_SAMPLES, max(0, waveform.samples - first)))
    return np.pad(samples, (0, WINDOW_SAMPLES - len(samples)))


def rate(
    network: Callable[[NDArray[np.float32]], NDArray[np.float32]],
    windows: list[tuple[int, NDArray[np.float32]]],
) -> list[Window]:
    """What the network says about several windows."""
    scores = network(np.stack([samples for _, samples in windows])[:, None, :])
    speech = CLASSES[scores.argmax(axis=2)]
    return [Window(start, each) for (start, _), each in zip(windows, speech, strict=True)]
