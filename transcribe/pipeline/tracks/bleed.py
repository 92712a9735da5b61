"""Whose voice a microphone hears: its own speaker's, or what comes over from another one.

How strongly one speaker comes over into another one's microphone is measured in every band of frequency
where both tracks have the same outline and the other track is clearly louder. From that, and the levels of
the other tracks, follows how loud the bleed must be at every moment. A voice of the track's own is what
stands out above it; two people who talk at once both do.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from transcribe.core.recording import SpeechSpan, SpeechSpans
from transcribe.core.waveform import runs_in
from transcribe.pipeline.tracks.bands import FRAME_MS, loudness

if TYPE_CHECKING:
    from transcribe.pipeline.tracks.bands import Levels

Mask = NDArray[np.bool_]
Line = NDArray[np.float32]

ALIKE = 0.6
"""Correlation of the outlines, over half a second and all bands, from which two tracks hear the same. Two
voices stay below 0.4 in 99 % of frames; bleed has 0.9 at -12 dB and 0.7 at -30 dB (medians over frames,
simulated rooms of benchmarks/rooms.py with noise at -60 dB)."""

ALIKE_FRAMES = 500 // FRAME_MS

BLOCK_FRAMES = 600_000 // FRAME_MS
"""Ten minutes are compared at a time."""

LOUDER_DB = 6.0
"""The other track counts as louder from here: twice the sound pressure, which half the distance makes."""

MOST_CORRECTION_DB = 12.0
"""Differences in microphone gain are evened out up to here: beyond, a track more likely has no own voice."""

SAME = 0.8
SAME_SHARE = 0.8
SAME_DB = 4.0
"""A mix, or the same sound twice: alike nearly everywhere and hardly quieter, as recorded. Bleed
between microphones that stand apart is 6 dB and more below."""

LEAST_BLEED_FRAMES = 1000 // FRAME_MS
LEAST_BLEED_SHARE = 0.1
"""Bleed is believed where so much of what the other one says comes over."""

MARGIN_DB = (4.0, 10.0)
"""How far above the bleed an own voice stands out: as far as bleed itself varies, within these limits."""

DECAY_DB = 1.5
"""A room holds on to a sound: 1.5 dB per frame is a reverberation time of 0.8 s, a furnished room's upper end
(ISO 3382-2 gives about 0.5 s)."""

OWN_FRAMES = 100 // FRAME_MS
"""An own voice shorter than this is noise; the shortest `mhm` lasts about 150 ms."""

PAD_MS = 300
"""Kept around an own voice, as voice activity detection keeps 200 ms."""

CUT_MS = 600
"""Shorter stretches of bleed inside speech are not cut out."""

DEEP_DB = 50.0
"""Levels this far below speech are all taken for silence."""


@dataclass(frozen=True)
class Heard:
    """One track on the common timeline.

    Attributes:
        levels: dB of every frame and band on the common timeline, as recorded.
        speech: Where somebody speaks on it, on the common timeline.
    """

    levels: Levels
    speech: SpeechSpans


@dataclass(frozen=True)
class Own:
    """What of a track's speech is its own speaker's, on the common timeline.

    Attributes:
        speech: The spans that are left to be recognised.
        voice: Where the own voice stands out; None where the track has no bleed at all.
        bleed_db: How much quieter others come over than on their own tracks, in dB, by index of the track.
    """

    speech: SpeechSpans
    voice: tuple[SpeechSpan, ...] | None = None
    bleed_db: tuple[tuple[int, float], ...] = ()


def own_speech(tracks: Sequence[Heard]) -> list[Own]:
    """Tell for every track which of its speech is its own."""
    floors = [_floor(track.levels) for track in tracks]
    levels = [track.levels for track in tracks]
    outlines = [_deep(track) for track in tracks]
    broad = [loudness(each) for each in levels]
    usual = [_usual(track, each) for track, each in zip(tracks, broad, strict=True)]
    result: list[Own] = []
    for here, track in enumerate(tracks):
        power = 10 ** (floors[here] / 10) * np.ones(len(broad[here]), np.float32)
        varies: list[float] = []
        strengths: list[tuple[int, float]] = []
        for there in range(len(tracks)):
            if there == here:
                continue
            louder = broad[there] - broad[here] - _correction(usual[there], usual[here])
            active = _inside(tracks[there].speech, len(louder)) & (broad[there] >= usual[there] - 15)
            theirs = active & (louder >= LOUDER_DB)
            same = theirs & (alikeness(outlines[there], outlines[here]) >= ALIKE)
            if same.sum() < max(LEAST_BLEED_FRAMES, LEAST_BLEED_SHARE * theirs.sum()):
                continue
            path = np.median((levels[here] - levels[there])[same], axis=0)
            expected = loudness(levels[there] + path)
            varies.append(float(np.percentile((broad[here] - expected)[same], 95)))
            strengths.append((there, round(float(np.median((broad[here] - broad[there])[same])), 1)))
            power = power + 10 ** (_lasting(expected) / 10)
        if not strengths:
            result.append(Own(track.speech))
            continue
        margin = float(np.clip(max(varies), *MARGIN_DB))
        voice = broad[here] >= 10 * np.log10(power) + margin
        bled = ~voice & (10 * np.log10(power) >= floors[here] + 3)
        result.append(_own(track.speech, _lasting_runs(voice), bled, tuple(strengths)))
    return result


def repeats(this: Heard, others: Sequence[Heard], *, both: bool) -> bool:
    """Whether nearly everything that is said on each of the other tracks is as loud on this one.

    Args:
        this: The track that may be a mix of the others, or the same as one of them.
        others: The other tracks; silent ones are passed over.
        both: Whether it must be so the other way round, too: then both are the same.
    """
    spoken = [each for each in others if each.speech.spans]
    if not spoken or not this.speech.spans:
        return False
    return all(_repeated(each, this) and (not both or _repeated(this, each)) for each in spoken)


def _repeated(there: Heard, here: Heard) -> bool:
    one, other = loudness(there.levels), loudness(here.levels)
    active = _inside(there.speech, len(one)) & (one >= _usual(there, one) - 15)
    if not active.any():
        return False
    alike = alikeness(_deep(there), _deep(here))
    same = (alike >= SAME) & (one - other <= SAME_DB)
    return bool(np.mean(same[active]) >= SAME_SHARE)


def alikeness(one: Levels, other: Levels) -> Line:
    """How alike two tracks rise and fall, frame by frame: correlation over half a second and all bands.

    A microphone's or a room's own colour does not count: each band's mean is taken out. Memory does not
    grow with the recording beyond what is returned.
    """
    parts = [np.zeros(0, np.float32)]
    for first in range(0, len(one), BLOCK_FRAMES):
        before = min(first, ALIKE_FRAMES)
        block = slice(first - before, first + BLOCK_FRAMES + ALIKE_FRAMES)
        parts.append(_alikeness(one[block], other[block])[before : before + BLOCK_FRAMES])
    return np.concatenate(parts)


def _alikeness(one: Levels, other: Levels) -> Line:
    def mean(values: Levels) -> NDArray[np.float64]:
        sums = np.cumsum(np.pad(values.astype(np.float64), edges), 0)
        means: NDArray[np.float64] = (sums[ALIKE_FRAMES:] - sums[:-ALIKE_FRAMES])[: len(values)]
        return means / ALIKE_FRAMES

    edges = ((ALIKE_FRAMES // 2 + 1, ALIKE_FRAMES // 2), (0, 0))
    one, other = one - one.mean(0), other - other.mean(0)
    one_mean, other_mean = mean(one), mean(other)
    both = (mean(one * other) - one_mean * other_mean).sum(1)
    of_one = (mean(one * one) - one_mean**2).sum(1)
    of_other = (mean(other * other) - other_mean**2).sum(1)
    scale = np.sqrt(np.maximum(of_one, 0) * np.maximum(of_other, 0))
    return np.where(scale > 1e-3, both / np.maximum(scale, 1e-3), 0).astype(np.float32)


def _deep(track: Heard) -> Levels:
    """Levels without what lies too far below speech to mean anything (digital silence, dither)."""
    top = np.percentile(track.levels, 99, axis=0) if len(track.levels) else 0
    return np.maximum(track.levels, top - DEEP_DB)


def _floor(levels: Levels) -> float:
    """Level of the quietest tenth of what was recorded: the track's noise, in dB."""
    broad = loudness(levels)
    recorded = broad[broad > -100]
    return float(np.percentile(recorded, 10)) if len(recorded) else -100.0


def _usual(track: Heard, broad: Line) -> float:
    """How loud speech usually is on a track, in dB."""
    spoken = broad[_inside(track.speech, len(broad))]
    return float(np.percentile(spoken, 75)) if len(spoken) else float(broad.max(initial=-100))


def _correction(usual_there: float, usual_here: float) -> float:
    """What the microphones' gains differ by, in dB."""
    return float(np.clip(usual_there - usual_here, -MOST_CORRECTION_DB, MOST_CORRECTION_DB))


def _inside(spans: SpeechSpans, frames: int) -> Mask:
    inside = np.zeros(frames, bool)
    for span in spans.spans:
        inside[span.start_ms // FRAME_MS : -(-span.end_ms // FRAME_MS)] = True
    return inside


def _lasting(expected: Line) -> Line:
    """The loudest that bleed can be at each frame: one frame early or late, and slowly dying away."""
    near = np.maximum(expected, np.maximum(np.roll(expected, 1), np.roll(expected, -1)))
    slope = DECAY_DB * np.arange(len(near), dtype=np.float32)
    lasting: Line = np.maximum.accumulate(near + slope) - slope
    return lasting


def _lasting_runs(mask: Mask) -> Mask:
    """The mask without runs too short to be a voice, short gaps in them closed."""
    closed = mask.copy()
    for start, end in runs_in(~mask):
        if start > 0 and end < len(mask) and end - start <= 3:
            closed[start:end] = True
    for start, end in runs_in(closed):
        if end - start < OWN_FRAMES:
            closed[start:end] = False
    return closed


def _own(speech: SpeechSpans, voice: Mask, bled: Mask, strengths: tuple[tuple[int, float], ...]) -> Own:
    """Take out of the speech what is bleed, away from the own voice."""
    near = voice.copy()
    pad = PAD_MS // FRAME_MS
    for start, end in runs_in(voice):
        near[max(0, start - pad) : end + pad] = True
    kept: list[SpeechSpan] = []
    for span in speech.spans:
        first, last = span.start_ms // FRAME_MS, -(-span.end_ms // FRAME_MS)
        gone = ~near[first:last]
        for start, end in runs_in(gone):
            heard = int(bled[first + start : first + end].sum())
            if heard * FRAME_MS < CUT_MS and not (start == 0 and first + end >= last and heard):
                gone[start:end] = False
        for start, end in runs_in(~gone):
            start_ms = max(span.start_ms, (first + start) * FRAME_MS)
            kept.append(SpeechSpan(start_ms, min(span.end_ms, (first + end) * FRAME_MS)))
    spans = tuple(span for span in kept if span.duration_ms > 0)
    heard_ms = tuple(SpeechSpan(start * FRAME_MS, end * FRAME_MS) for start, end in runs_in(voice))
    return Own(SpeechSpans(spans), heard_ms, strengths)
