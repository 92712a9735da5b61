"""What is wrong with recorded sound so that speech in it may go unnoticed: clipping and offsets.

Measured on the development clips (`benchmarks/results/faint.md`): in clean ones at most 0.007 % of the
samples of a channel have its lowest or highest value; offsets reach 0.8 % of full scale in speech, 1.5 % in
noise.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from itertools import groupby
from operator import attrgetter

from transcribe.core.media import Recorded

LEAST_CLIPPED = 0.0002
"""Share of the samples that are cut off: 0.025 to 0.7 % where peaks reach 3 dB over what can be recorded."""

LEAST_FLAT_DB = 3.0
"""Samples at a ceiling come in runs: at 16 kHz, of 3 and more where peaks are 3 dB over it; half at 8 kHz."""

LEAST_PEAK_DB = -30.0
"""Under this, speech has so few steps (4 of 8 bits) that the highest ones come in runs."""

TONE_CREST_DB = 6.0
CLIPPED_BESIDE_TONE = 0.1
"""A low tone stays at its peaks, too, 3 dB over its level: 0.9 % of the samples at 50 Hz. Speech that is
clipped until its peaks are under 6 dB over its level has 18 % and more of them at the ceiling."""

LOUDEST_PEAK_DB = 1.0
"""A lossy codec blurs what was cut off: it comes out up to 6 dB over full scale. What was limited with care
stays within 1 dB (EBU R128 s1, true peak)."""

LEAST_OFFSET = 0.018
"""In shares of full scale; or `LEAST_OFFSET_BESIDE`, where it is as strong as the sound."""

LEAST_OFFSET_BESIDE = 0.001

LOSSLESS = "pcm_", "flac", "alac", "wavpack", "ape", "tta", "shorten", "mlp", "truehd", "als", "ra_144"
"""How ffmpeg's names of codecs begin that give the samples as they were."""


def faults_of(recorded: Sequence[Recorded], codec: str) -> tuple[str, ...]:
    """What is wrong, a line for each kind: that of the channel where it is worst."""
    channels = [
        tuple(each) for _, each in groupby(sorted(recorded, key=attrgetter("channel")), attrgetter("channel"))
    ]
    found: list[str] = []
    clipped = max((_mean(each, _clipped) for each in channels), default=0.0)
    over_db = max((each.peak_db for each in recorded), default=-math.inf)
    if clipped >= LEAST_CLIPPED:
        found.append(f"{_percent(clipped)} of the samples are clipped")
    elif over_db >= LOUDEST_PEAK_DB and not codec.startswith(LOSSLESS):
        found.append(f"the peaks were clipped before they were coded ({over_db:.1f} dB over full scale)")
    offset = max((_offset(each) for each in channels), default=0.0)
    if offset:
        found.append(f"the samples are offset by {_percent(offset)} of full scale")
    return tuple(found)


def _clipped(recorded: Recorded) -> float:
    """Share of the samples that lie on a ceiling."""
    share = recorded.peaks / recorded.samples if recorded.samples else 0.0
    flat = recorded.flat_db >= LEAST_FLAT_DB and recorded.peak_db >= LEAST_PEAK_DB
    tone = recorded.peak_db - recorded.rms_db < TONE_CREST_DB and share < CLIPPED_BESIDE_TONE
    return share if flat and not tone else 0.0


def _offset(recorded: Iterable[Recorded]) -> float:
    """How far a channel is off, where that is worth telling; else 0."""
    parts = tuple(recorded)
    offset = abs(_mean(parts, attrgetter("offset")))
    power = _mean(parts, lambda each: 10 ** (each.rms_db / 10)) - offset**2
    beside = offset >= LEAST_OFFSET_BESIDE and offset**2 >= power
    return offset if offset >= LEAST_OFFSET or beside else 0.0


def _mean(parts: Sequence[Recorded], value: Callable[[Recorded], float]) -> float:
    """Over all samples of a channel."""
    samples = sum(each.samples for each in parts)
    return sum(value(each) * each.samples for each in parts) / samples if samples else 0.0


def _percent(share: float) -> str:
    """Such as `12 %` or `0.3 %`."""
    percent = 100 * share
    return f"{percent:.0f} %" if percent >= 1 else f"{percent:.1g} %"
