"""Where one recorder's track lies on another's timeline: offset and drift, told from the sound both have.

Every microphone hears a little of the others, or of the room. First the outlines of loudness are compared
(coarse, over all offsets), then the sound itself at many places along the recording (GCC-PHAT: Knapp and
Carter, IEEE Trans. ASSP 24(4), 1976). A straight line through the delays found there is the offset and the
drift of the clocks. Where too few places agree, the tracks share no sound, and nothing is claimed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from transcribe.core.recording import SAMPLE_RATE, SAMPLES_PER_MS
from transcribe.core.waveform import Waveform

Signal = NDArray[np.float32]

OUTLINE_MS = 10
"""Resolution of the outlines of loudness."""

SECTION_FRAMES = 60_000 // OUTLINE_MS * 10
"""Outlines are compared ten minutes at a time: 100 ppm of drift are 60 ms then, about a syllable's rise."""

SLOW_FRAMES = 1000 // OUTLINE_MS
"""What changes more slowly than a second is taken out: who speaks when is opposite on the two tracks."""

CANDIDATES = 4
"""Peaks of the coarse comparison that are looked at closely."""

WINDOW_MS = 8_000
"""Longer ones blur with the drift: 80 ppm over 16 s cost half of a peak's height at -30 dB of bleed."""
SHORTEST_WINDOW_MS = 2_000
PLACES = 120
"""Close looks along a recording; each is a transform of 2^18 samples."""

PATIENCE = 15
"""After so many places without common sound, and none with, an offset is given up."""

SEARCH_MS = 250
"""How far from where it is expected a delay is looked for: 30 m of air and 1000 ppm over two minutes."""

LOW_HZ, HIGH_HZ = 200, 3500

SHARP = 9.0
"""A peak of GCC-PHAT counts from so many standard deviations. Of 8,000 samples of noise the highest is
about 4; at wrong offsets of two tracks of a dialogue it stayed below 8, at the right one it was 10 to 35
with bleed of -30 dB (simulated rooms, benchmarks/rooms.py)."""

TOLERANCE_MS = 12
"""So far from the line a delay may lie: 4 m of air, since each mouth is nearer to its own microphone."""

LEAST_PLACES = 3
LEAST_SHARE = 0.5
"""So many of the places with a sharp peak have to lie on the line."""

DRIFT_FROM_MS = 120_000
"""Over less than two minutes drift cannot be told from where people sit (1 ms is 8 ppm)."""

MOST_DRIFT_PPM = 500.0
"""More than any quartz is off; recorders of the same make differ by about 5 ppm, cheap ones by 100."""


@dataclass(frozen=True)
class Placement:
    """Where a track lies on another one's clock.

    Attributes:
        offset_ms: Time of its first sample there.
        drift_ppm: How much longer everything lasts there, in millionths.
        places: At how many places along the recording the sound agrees with that.
    """

    offset_ms: float
    drift_ppm: float
    places: int


def place(reference: Waveform, other: Waveform) -> Placement | None:
    """Find a track on the clock of another; None where the two share too little sound.

    Both have to start at their own 0. Memory: about 30 MB and 8 bytes for each 10 ms of the reference.

    Raises:
        EngineError: The samples cannot be read.
    """
    best: Placement | None = None
    for at_ms, lag_ms in candidates(outline(reference), outline(other)):
        delays = list(_trace(reference, other, at_ms, lag_ms))
        found = line_through(delays)
        if found is not None and (best is None or found.places > best.places):
            best = found
        if best is not None and best.places >= max(LEAST_PLACES, len(delays) // 2):
            break
    return best


def outline(waveform: Waveform) -> Signal:
    """How loudness rises and falls, every OUTLINE_MS, without what changes slowly; mean 0."""
    size = OUTLINE_MS * SAMPLES_PER_MS
    parts: list[Signal] = []
    for block in waveform.blocks(size * 8192):
        whole = block[: len(block) // size * size]
        rises = np.diff(whole, prepend=np.float32(0)).reshape(-1, size)  # consonants weigh as much as vowels
        parts.append(np.log(np.mean(rises**2, axis=1) + 1e-12).astype(np.float32))
    levels = np.concatenate([*parts, np.zeros(0, np.float32)])
    if not len(levels):
        return levels
    levels = np.maximum(levels, np.percentile(levels, 98) - 11.5)  # 50 dB below speech is nothing
    slow = np.convolve(levels, np.ones(SLOW_FRAMES) / SLOW_FRAMES, mode="same")
    if len(levels) < SLOW_FRAMES:
        slow = np.full(len(levels), levels.mean())
    outlined: Signal = (levels - slow).astype(np.float32)
    return outlined


def candidates(reference: Signal, other: Signal) -> list[tuple[int, float]]:
    """Likely offsets, the likeliest first: middle of the section of `other` that told, and offset, in ms."""
    found: list[tuple[float, int, float]] = []
    for first in range(0, max(1, len(other) - SECTION_FRAMES // 2), SECTION_FRAMES):
        section = other[first : first + SECTION_FRAMES]
        if len(reference) < 2 or len(section) < 2 or not section.any() or not reference.any():
            continue
        size = 1 << (len(reference) + len(section) - 1).bit_length()
        spectrum = np.fft.rfft(reference, size) * np.conj(np.fft.rfft(section, size))
        alike = np.fft.irfft(spectrum, size)
        alike = np.concatenate([alike[-(len(section) - 1) :], alike[: len(reference)]])
        spread = float(np.std(alike)) or 1.0
        for _ in range(CANDIDATES):
            peak = int(np.argmax(alike))
            lag = peak - (len(section) - 1) - first
            middle = (first + len(section) // 2) * OUTLINE_MS
            found.append((float(alike[peak]) / spread, middle, lag * OUTLINE_MS))
            alike[max(0, peak - 50) : peak + 50] = 0
    found.sort(reverse=True)
    return [(middle, lag) for _, middle, lag in found[:CANDIDATES]]


def _trace(reference: Waveform, other: Waveform, at_ms: int, lag_ms: float) -> Iterator[tuple[float, float]]:
    """Delays in ms along the recording, from `at_ms` of `other` to both ends: (time in `other`, offset)."""
    length_ms = other.end_ms
    window_ms = int(min(WINDOW_MS, max(SHORTEST_WINDOW_MS, min(length_ms, reference.end_ms) // 6)))
    step = max(window_ms, (length_ms - window_ms) // PLACES + 1)
    starts = range(0, max(1, length_ms - window_ms + 1), step)
    later = [start for start in starts if start >= at_ms]
    earlier = [start for start in reversed(starts) if start < at_ms]
    found = missed = 0
    for direction in (later, earlier):
        expected = lag_ms
        for start in direction:
            delay = delay_at(reference, other, start, window_ms, expected)
            if delay is not None:
                found += 1
                expected = delay
                yield start + window_ms / 2, delay
            elif not found and (missed := missed + 1) >= PATIENCE:
                return


def delay_at(
    reference: Waveform, other: Waveform, start_ms: int, window_ms: int, expected_ms: float
) -> float | None:
    """How much later than in `other` the same sound is in `reference`, in ms; None where none is the same.

    Args:
        reference: The track whose clock counts.
        start_ms: Where to look, in `other`.
        expected_ms: The delay expected; it is looked for up to SEARCH_MS around it.
    """
    wanted = round(start_ms + expected_ms) - SEARCH_MS
    heard = _padded(reference, wanted, window_ms + 2 * SEARCH_MS)
    said = other.read(start_ms, start_ms + window_ms)
    if heard is None or not said.any() or not heard.any():
        return None
    size = 1 << (len(heard) + len(said) - 1).bit_length()
    spectrum = np.fft.rfft(heard, size) * np.conj(np.fft.rfft(said, size))
    hz = np.fft.rfftfreq(size, 1 / SAMPLE_RATE)
    spectrum = np.where((hz >= LOW_HZ) & (hz <= HIGH_HZ), spectrum / (np.abs(spectrum) + 1e-12), 0)
    alike = np.fft.irfft(spectrum, size)[: 2 * SEARCH_MS * SAMPLES_PER_MS]
    peak = int(np.argmax(alike))
    if alike[peak] < SHARP * float(np.std(alike)):
        return None
    return wanted + peak / SAMPLES_PER_MS - start_ms


def _padded(waveform: Waveform, start_ms: int, length_ms: int) -> Signal | None:
    """A stretch with silence where there is no recording; None where less than half of it is recorded."""
    end_ms = start_ms + length_ms
    first, last = max(start_ms, 0), min(end_ms, waveform.samples // SAMPLES_PER_MS)
    if last - first < length_ms // 2:
        return None
    samples = waveform.read(first, last)
    before, behind = first - start_ms, end_ms - last
    return np.pad(samples, (before * SAMPLES_PER_MS, behind * SAMPLES_PER_MS))


def line_through(delays: Sequence[tuple[float, float]]) -> Placement | None:
    """The line that most delays lie on (Theil 1950, Sen 1968: median of slopes); None where too few agree.

    Args:
        delays: Time on the track's own clock and its offset there, in ms.
    """
    if len(delays) < LEAST_PLACES:
        return None
    times, offsets = np.array(sorted(delays)).T
    slope = 0.0
    if times[-1] - times[0] >= DRIFT_FROM_MS:
        first, second = np.triu_indices(len(times), 1)
        apart = times[second] - times[first] >= DRIFT_FROM_MS / 4
        slopes = (offsets[second] - offsets[first])[apart] / (times[second] - times[first])[apart]
        slope = float(np.median(slopes))
    offset = float(np.median(offsets - slope * times))
    near = np.abs(offsets - offset - slope * times) <= TOLERANCE_MS
    agreeing = int(near.sum())
    if agreeing < max(LEAST_PLACES, LEAST_SHARE * len(times)) or abs(slope) * 1e6 > MOST_DRIFT_PPM:
        return None
    offset = float(np.median((offsets - slope * times)[near]))
    return Placement(round(offset, 1), round(slope * 1e6, 1), agreeing)
