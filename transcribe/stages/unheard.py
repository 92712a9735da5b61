"""Where the level is speech-like although the detector found no speech: so that silence is not claimed.

Within four seconds of speech the level varies by 8 dB and more (`level.py`): syllables stand beside stops and
pauses.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING

from transcribe.episode import SpeechSpan, SpeechSpans
from transcribe.stages.level import level_of
from transcribe.waveform import Waveform

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

WINDOW_MS = 4_000
VARIES_DB = 8.0
LEAST_SHARE_DB = -15.0
"""Where the voice's band is so far under all of the sound, it is a drum or a step."""

FAINTEST_DB = -70.0
"""Loudest frames under this, in dB of full scale before any gain, are the recorder's own noise."""


def unheard(waveform: Waveform, speech: SpeechSpans) -> tuple[SpeechSpan, ...]:
    """Stretches of at least 4 s without detected speech in which the level varies as in speech.

    Args:
        waveform: The recording.
        speech: What was detected.

    Raises:
        EngineError: The samples cannot be read.
    """
    found: list[SpeechSpan] = []
    for gap in gaps(speech, waveform.start_ms, waveform.end_ms):
        for start_ms in range(gap.start_ms, gap.end_ms - WINDOW_MS + 1, WINDOW_MS):
            window = SpeechSpan(start_ms, start_ms + WINDOW_MS)
            samples = waveform.read(window.start_ms, window.end_ms)
            if not samples.any() or not is_speech_like(samples, waveform.gain_db):  # zeros: a gap
                continue
            if found and found[-1].end_ms == window.start_ms:
                window = SpeechSpan(found.pop().start_ms, window.end_ms)
            found.append(window)
    return tuple(found)


def gaps(speech: SpeechSpans, start_ms: int, end_ms: int) -> Iterator[SpeechSpan]:
    """What lies before, between and after the spans of speech."""
    edges = [start_ms, *(edge for span in speech.spans for edge in (span.start_ms, span.end_ms)), end_ms]
    for index, (first, last) in enumerate(pairwise(edges)):
        if index % 2 == 0 and first < last:
            yield SpeechSpan(first, last)


def is_speech_like(samples: NDArray[np.float32], gain_db: float) -> bool:
    """Whether the level of a stretch varies as in speech.

    Args:
        samples: Mono, 16 kHz.
        gain_db: What they were raised by.
    """
    level = level_of(samples)
    is_voice = level.loudest_db - gain_db > FAINTEST_DB and level.share_db >= LEAST_SHARE_DB
    return is_voice and level.varies_db >= VARIES_DB
