"""Word times corrected by what can be heard: pauses lie between words, not inside them.

A decoder's alignment says where one word gives way to the next, and puts the pause between two
words into either of them; sometimes it gives several short words no time at all. Measured against
faster-whisper's word times on ten clips in four languages: mean error of word ends 119 ms before
and 80 ms after, of the worst tenth 440 ms and 190 ms (docs/architecture.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from transcribe.core.episode import Word
from transcribe.core.recording import SAMPLE_RATE, SAMPLES_PER_MS
from transcribe.core.waveform import runs_in

HOP_MS = 10
SHORTEST_PAUSE_MS = 120
"""Shorter quiet moments belong to speech: the closure of a plosive takes up to about 100 ms."""

LOWEST_HZ = 300
"""Level is measured from here upwards: hum and rumble lie below, and the consonants between pauses above."""

BELOW_LOUDEST_DB = 32.0
ABOVE_QUIETEST_DB = 8.0
"""A moment is quiet when it is this far under the loud moments, or near the room's own noise."""

UNDER_SPEECH_DB = 10.0
LEAST_MARGIN_DB = 2.0
"""Where quiet and loud moments differ little (steady noise, hum, heavy compression), a moment counts as quiet
only if it is so far under the loud ones; and if less than the margin is left between that and the quietest
moments, noise and speech cannot be told apart by level, no pause is believed, and the alignment stays. Levels
of steady noise over 30 ms lie within 2 dB. On five clips disturbed in eleven ways (`benchmarks/disturb.py`,
3,004 word starts, tiny.en): 142 are more than 300 ms off by the alignment alone, 232 with pauses at 8 dB over
the quietest moments whatever the loud ones are, 38 with this rule.
"""

DIGITAL_SILENCE_DB = -90.0
"""What lies below says nothing of the room's own noise: an editor or a gate put it there."""

SNAP_MS = 130
"""A word boundary this near to a pause is meant to be at the pause."""

LEAST_WORD_MS = 20
"""A word that is given less shares the time of a neighbour."""

FIRST_SOUND_MS = 400
"""The first word starts where its sound does, if the alignment is late by no more: a syllable or two."""

LONG_WORD_MS = 200
SQUEEZED_MS = 100
LONGEST_DIP_MS = 400
"""In noise, a word that the alignment gives at least the first is not left with less than the second: what
seems a pause in it, up to the third, is a vowel that sinks into the noise. What a window begins with is a
pause: it begins before somebody speaks."""

Pause = tuple[int, int]
"""First hop, and the one behind the last."""


@dataclass(frozen=True)
class _Clock:
    """Voiced time: how much of the window up to each hop is not a pause, in ms.

    Attributes:
        voiced_ms: At each hop boundary, from 0; never falls.
        pauses: First and last hop of each pause.
    """

    voiced_ms: NDArray[np.int64]
    pauses: tuple[Pause, ...]

    @classmethod
    def of(cls, pauses: tuple[Pause, ...], hops: int) -> _Clock:
        """The clock of a window of so many hops."""
        voiced = np.ones(hops, np.int64)
        for start, end in pauses:
            voiced[start:end] = 0
        return cls(np.concatenate(([0], np.cumsum(voiced) * HOP_MS)), pauses)

    def voiced(self, ms: int) -> int:
        return int(self.voiced_ms[min(len(self.voiced_ms) - 1, ms // HOP_MS)])

    def earliest(self, voiced: int) -> int:
        """The first moment with this much voiced time before it, in ms: where a word ends."""
        return int(self.voiced_ms.searchsorted(voiced, "left")) * HOP_MS

    def latest(self, voiced: int) -> int:
        """The last such moment, in ms: where the next word starts."""
        return (int(self.voiced_ms.searchsorted(voiced, "right")) - 1) * HOP_MS


def settle(
    segments: Sequence[tuple[Word, ...]], samples: NDArray[np.float32]
) -> tuple[tuple[Word, ...], ...]:
    """Move word boundaries to the pauses they are near to, and give every word some time.

    Args:
        segments: Words in order, on the window's timeline.
        samples: The window, mono float32 at 16 kHz.
    """
    words = [word for segment in segments for word in segment]
    if not words:
        return tuple(segments)
    longest_ms = len(samples) // SAMPLES_PER_MS
    aligned = spaced(words, longest_ms)
    settled = aligned
    pauses, noisy = _listen(samples)
    while pauses:
        moved = _settled(words, _Clock.of(pauses, longest_ms // HOP_MS), longest_ms)
        believed = _believed(pauses, aligned, moved) if noisy else pauses
        if believed == pauses:
            settled = moved
            break
        pauses = believed
    following = iter(settled)
    return tuple(tuple(next(following) for _ in segment) for segment in segments)


def spaced(words: Sequence[Word], longest_ms: int) -> list[Word]:
    """The words in order, each with some time of its own; only those without are given any."""
    least = max(1, min(LEAST_WORD_MS, longest_ms // max(1, len(words))))
    ends: list[int] = []
    clock_ms = 0
    for word in words:
        clock_ms = max(word.end_ms, clock_ms + least)
        ends.append(clock_ms)
    latest = longest_ms
    for index in range(len(words) - 1, -1, -1):
        ends[index] = min(ends[index], latest)
        latest = max(0, ends[index] - least)
    clock_ms = 0
    found: list[Word] = []
    for word, end in zip(words, ends, strict=True):
        start = min(end, max(clock_ms, min(word.start_ms, end - least)))
        clock_ms = end
        found.append(replace(word, start_ms=start, end_ms=end))
    return found


def _settled(words: Sequence[Word], clock: _Clock, longest_ms: int) -> list[Word]:
    """The words with their boundaries at these pauses."""
    bounds = [
        clock.voiced(_onset(words[0].start_ms, clock.pauses)),
        *(clock.voiced(word.end_ms) for word in words),
    ]
    bounds = _at_pauses(_shared(bounds, words), clock)
    return spaced(_timed(words, bounds, clock, longest_ms), longest_ms)


def _onset(start_ms: int, pauses: Sequence[Pause]) -> int:
    """Where the sound begins in which a word starts, or just behind which; its start if that is far."""
    ends = [end * HOP_MS for begin, end in pauses if begin * HOP_MS <= start_ms - SNAP_MS]
    return ends[-1] if ends and 0 <= start_ms - ends[-1] <= FIRST_SOUND_MS else start_ms


def _believed(
    pauses: tuple[Pause, ...], aligned: Sequence[Word], settled: Sequence[Word]
) -> tuple[Pause, ...]:
    """Pauses without the short ones that lie in a word which they leave next to nothing of."""
    squeezed = [
        before
        for before, after in zip(aligned, settled, strict=True)
        if before.end_ms - before.start_ms >= LONG_WORD_MS and after.end_ms - after.start_ms < SQUEEZED_MS
    ]
    return tuple(
        (start, end)
        for start, end in pauses
        if not start
        or (end - start) * HOP_MS > LONGEST_DIP_MS
        or not any(word.start_ms < end * HOP_MS and start * HOP_MS < word.end_ms for word in squeezed)
    )


def _listen(samples: NDArray[np.float32]) -> tuple[tuple[Pause, ...], bool]:
    """Where nobody speaks, nothing where that cannot be heard; whether it is noise that limits what can."""
    hop = HOP_MS * SAMPLES_PER_MS
    count = len(samples) // hop
    if count < 3:
        return (), False
    frames = np.lib.stride_tricks.sliding_window_view(np.pad(samples[: count * hop], hop), 3 * hop)[::hop]
    spectrum = np.abs(np.fft.rfft(frames * np.hanning(3 * hop), axis=1))
    heard = spectrum[:, LOWEST_HZ * 3 * hop // SAMPLE_RATE :]
    level = 10 * np.log10(np.square(heard / (3 * hop)).sum(axis=1) + 1e-10)
    recorded = level[level > DIGITAL_SILENCE_DB]
    if not len(recorded):
        return (), False
    loud, quiet = np.percentile(recorded, 95), np.percentile(recorded, 5)
    threshold = max(loud - BELOW_LOUDEST_DB, min(quiet + ABOVE_QUIETEST_DB, loud - UNDER_SPEECH_DB))
    noisy = bool(threshold > loud - BELOW_LOUDEST_DB)
    if threshold < quiet + LEAST_MARGIN_DB:
        return (), False
    quiet_runs = runs_in(level <= threshold)
    return tuple(run for run in quiet_runs if (run[1] - run[0]) * HOP_MS >= SHORTEST_PAUSE_MS), noisy


def _shared(bounds: list[int], words: Sequence[Word]) -> list[int]:
    """Spread words without time over the longer of their neighbours, by their letters."""
    shared = list(bounds)
    index = 0
    while index < len(words):
        stop = index
        while stop < len(words) and shared[stop + 1] - shared[stop] < LEAST_WORD_MS:
            stop += 1
        if stop > index:
            before = shared[index] - shared[index - 1] if index else 0
            after = shared[stop + 1] - shared[stop] if stop < len(words) else 0
            first, last = (index - 1, stop) if before > after else (index, min(stop + 1, len(words)))
            _spread(shared, words, first, last)
        index = max(stop, index + 1)
    return shared


def _spread(bounds: list[int], words: Sequence[Word], first: int, last: int) -> None:
    """Divide the time of the words from `first` to before `last` by how long they are written."""
    weights = [1 + len(word.text) for word in words[first:last]]
    start, length = bounds[first], bounds[last] - bounds[first]
    for offset in range(1, len(weights)):
        bounds[first + offset] = start + length * sum(weights[:offset]) // sum(weights)


def _at_pauses(bounds: list[int], clock: _Clock) -> list[int]:
    """Move the boundary nearest to each pause onto it; the longest pause wins a boundary."""
    moved = list(bounds)
    taken: set[int] = set()
    for start, end in sorted(clock.pauses, key=lambda pause: pause[0] - pause[1]):
        at = int(clock.voiced_ms[start])
        nearest = min(range(len(bounds)), key=lambda i: (abs(bounds[i] - at), i))
        reach = SNAP_MS + (end - start) * HOP_MS * 3 // 10
        if nearest not in taken and abs(bounds[nearest] - at) <= reach:
            taken.add(nearest)
            moved[nearest] = at
    for index in range(1, len(moved)):
        moved[index] = max(moved[index], moved[index - 1])
    return moved


def _timed(words: Sequence[Word], bounds: Sequence[int], clock: _Clock, longest_ms: int) -> list[Word]:
    timed: list[Word] = []
    clock_ms = 0
    for word, begin, finish in zip(words, bounds, bounds[1:], strict=False):
        start = min(max(clock_ms, clock.latest(begin)), longest_ms)
        clock_ms = min(max(start, clock.earliest(finish)), longest_ms)
        timed.append(replace(word, start_ms=start, end_ms=clock_ms))
    return timed
