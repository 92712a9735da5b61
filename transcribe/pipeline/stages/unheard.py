"""Where it sounds like speech although the detector found none: so that silence is not claimed.

Two things are asked of what lies between detected speech. Does its level vary as in speech? And does the
detector hear speech when that is raised to the level of speech and heard by itself: a faint voice that it did
not notice beside a loud one? Measured by `benchmarks/faint.py` (`benchmarks/results/faint.md`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from transcribe.core.episode import Spot
from transcribe.core.own_process import Died
from transcribe.core.recording import SpeechSpan, SpeechSpans, joined
from transcribe.core.settings import DetectSettings
from transcribe.core.waveform import Waveform
from transcribe.pipeline.ports import SpeechDetector
from transcribe.pipeline.stages.detect import STEADY_DB, speech_in
from transcribe.pipeline.stages.level import level_of

NOT_HEARD = "not heard: no speech was detected, but the level is like speech"
FAINT = "not heard: a faint voice may be here; no speech was detected, but raised by {} dB it sounds like it"
FAILED = "not heard: the speech detector failed here, so speech may be here"

WINDOW_MS = 2_000
VARIES_DB = 8.0
LEAST_RISES = 3
"""Within two seconds of speech the level varies by 8 dB and more and rises again and again (`level.py`):
syllables stand beside stops and pauses."""

LEAST_SHARE_DB = -15.0
"""Where the voice's band is so far under all of the sound, it is a drum or a step."""

FAINTEST_DB = -70.0
"""Loudest frames under this, in dB of full scale before any gain, are the recorder's own noise."""

LEAST_GAP_MS = 700
RAISED_MS = 10_000
RAISED_TO_DB = -23.0
"""A gap is raised so that its loudest frames come to where those of speech are, about 10 s at a time."""

EDGE_MS = 100
LEAST_EDGE_MS = 500
"""Shorter ones at the edge of a gap are the breath before what was detected, or its echo."""

TOGETHER_MS = 1_000
"""Bursts that are nearer to each other are one spot."""


def unheard(
    waveform: Waveform, speech: SpeechSpans, settings: DetectSettings, detector: SpeechDetector
) -> tuple[Spot, ...]:
    """Missing speech that was not detected: no two of the spots overlap.

    Raises:
        EngineError: The samples cannot be read.
    """
    spots: list[Spot] = []
    for gap in gaps(speech, waveform.start_ms, waveform.end_ms):
        alike = like_speech(waveform, gap)
        spots += (Spot(each.start_ms, each.end_ms, "missing", NOT_HEARD) for each in alike)
        spots += (
            spot
            for spot in faint(waveform, gap, settings, detector)
            if all(spot.end_ms <= each.start_ms or spot.start_ms >= each.end_ms for each in alike)
        )
    return tuple(spots)


def gaps(speech: SpeechSpans, start_ms: int, end_ms: int) -> Iterator[SpeechSpan]:
    """What lies before, between and after the spans of speech."""
    edges = [start_ms, *(edge for span in speech.spans for edge in (span.start_ms, span.end_ms)), end_ms]
    for index, (first, last) in enumerate(pairwise(edges)):
        if index % 2 == 0 and first < last:
            yield SpeechSpan(first, last)


def like_speech(waveform: Waveform, gap: SpeechSpan) -> list[SpeechSpan]:
    """Parts of a gap, of at least 2 s, in which the level varies as in speech."""
    found: list[SpeechSpan] = []
    for start_ms in range(gap.start_ms, gap.end_ms - WINDOW_MS + 1, WINDOW_MS):
        window = SpeechSpan(start_ms, start_ms + WINDOW_MS)
        samples = waveform.read(window.start_ms, window.end_ms)
        if samples.any() and is_speech_like(samples, waveform.gain_db):  # zeros: a gap
            found.append(window)
    return joined(found)


def is_speech_like(samples: NDArray[np.float32], gain_db: float) -> bool:
    """Whether the level of a stretch varies as in speech.

    Args:
        samples: Mono, 16 kHz.
        gain_db: What they were raised by.
    """
    level = level_of(samples)
    is_voice = level.loudest_db - gain_db > FAINTEST_DB and level.share_db >= LEAST_SHARE_DB
    return is_voice and level.varies_db >= VARIES_DB and level.rises >= LEAST_RISES


def faint(
    waveform: Waveform, gap: SpeechSpan, settings: DetectSettings, detector: SpeechDetector
) -> Iterator[Spot]:
    """What the detector takes for speech in a gap when that is raised to the level of speech."""
    if gap.duration_ms < LEAST_GAP_MS:
        return
    count = -(-gap.duration_ms // RAISED_MS)
    edges = [gap.start_ms + gap.duration_ms * number // count for number in range(count + 1)]
    for part in map(SpeechSpan, edges, edges[1:]):
        samples = waveform.read(part.start_ms, part.end_ms)
        if not samples.any():
            continue
        level = level_of(samples)
        if level.loudest_db - waveform.gain_db <= FAINTEST_DB or level.varies_db < STEADY_DB:
            continue
        raised_db = RAISED_TO_DB - level.loudest_db
        if raised_db <= 0:  # the detector heard it as loud as speech
            continue
        louder = replace(waveform, gain_db=waveform.gain_db + raised_db)
        try:
            heard = speech_in(louder, part, settings, detector)
        except Died:
            yield Spot(part.start_ms, part.end_ms, "missing", FAILED)
            continue
        bursts = (each for each in heard if not _is_edge(each, gap))
        for each in joined(bursts, TOGETHER_MS):
            yield Spot(each.start_ms, each.end_ms, "missing", FAINT.format(round(raised_db)))


def _is_edge(burst: SpeechSpan, gap: SpeechSpan) -> bool:
    at_edge = burst.start_ms < gap.start_ms + EDGE_MS or burst.end_ms > gap.end_ms - EDGE_MS
    return at_edge and burst.duration_ms < LEAST_EDGE_MS
