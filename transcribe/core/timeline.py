"""Timestamps of decoded sound, gaps and broken ones too, as places on the timeline; docs/containers.md.

Everything here counts samples at 16 kHz, on the clock of the container that starts where a player starts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import inf

from transcribe.core.media import Decoding, Extract, Run
from transcribe.core.recording import SAMPLE_RATE, SAMPLES_PER_MS, Piece

LONGEST_GAP = 24 * 3600 * SAMPLE_RATE
"""Nobody records on after a day of nothing; a clock of 33 bits at 90 kHz (MPEG) is off by 26.5 hours."""

SLACK = SAMPLE_RATE
"""A timestamp may lie so far before the end of what precedes it: the sound is late, the clock goes on."""

LOSS = 10 * SAMPLE_RATE
"""After timestamps that went astray, so much sound may be missing until they are right again."""

LONG_GAP = 10 * SAMPLE_RATE
SHORTEST_ENDING = 3 * SAMPLE_RATE // 2
"""Less sound than this, alone after a long gap at the end of a recording, is no evidence of that gap: it has
one timestamp in Ogg, whose pages are a second long, and in Matroska, where clusters have one."""

SHORTEST = SAMPLE_RATE // 2
"""Less sound than this is no evidence of anything elsewhere."""

FIRST_SOUND = SAMPLE_RATE // 10
"""What follows less sound than this at the beginning is no gap: the sound starts late (fragmented MP4 has its
first packet at 0 even so)."""

VERY_LONG_GAP = 3600 * SAMPLE_RATE
"""The same at the beginning, where a wrong belief would move the whole recording."""

PROBE = 3 * SAMPLE_RATE
"""After a jump, timestamps have to go on with the sound for so long."""

LOOK_AHEAD = 200
"""Runs; timestamps that are astray for longer are believed."""

MOST_CLOCKS = 16

MOST_PIECES = 20_000
"""Of timestamps that jump more often than this nothing can be believed; the sound is laid end to end."""


@dataclass(frozen=True)
class Gap:
    """A stretch of the timeline without sound: `start ≤ sample < end`."""

    start: int
    end: int


@dataclass(frozen=True)
class Stray:
    """A timestamp that cannot be right.

    Attributes:
        at: Where its sound was put.
        stated: Where it claims to lie.
    """

    at: int
    stated: int


@dataclass(frozen=True)
class Timeline:
    """Where the decoded samples lie.

    Attributes:
        pieces: In order, without overlap; together they are all samples.
        gaps: Between pieces; silence before the sound starts is no gap.
        restarts: Whether timestamps start again: recordings put together, a clock that wraps around.
    """

    pieces: tuple[Piece, ...]
    gaps: tuple[Gap, ...] = ()
    strays: tuple[Stray, ...] = ()
    restarts: bool = False


def timeline_of(extract: Extract, decoding: Decoding, samples: int) -> Timeline:
    """Where what was decoded lies, counted from where the extract starts."""
    start = extract.start_ms * SAMPLES_PER_MS
    length = None if extract.duration_ms is None else extract.duration_ms * SAMPLES_PER_MS
    end = None if decoding.end_ms is None else decoding.end_ms * SAMPLES_PER_MS
    return cut(arrange(decoding.runs or (Run(0, start),), samples, end), start, length)


def arrange(runs: Sequence[Run], samples: int, end: int | None = None) -> Timeline:
    """Decide where decoded sound lies: timestamps are followed unless others contradict them.

    Times never run backwards and no sample is dropped. Sound whose timestamps start again (recordings put
    together) follows what precedes it, on a clock of its own. A jump ahead is a gap in the recording, unless
    the timestamps come back to where the sound would be without it, it is longer than a day, or it leads
    beyond the end of the file that is stated although without it all of the sound fits.

    Args:
        runs: Where timestamps jump, in the order of the sound; the first one starts with the first sample.
        end: Where the file says that it ends, on the container's clock; None where it does not.
    """
    inside = [run for run in runs if run.first < samples]
    if len(inside) > MOST_PIECES:
        inside = []
    arranging = _Arranging(inside or [Run(0, 0)], samples, end)
    for index in range(len(arranging.runs)):
        arranging.add(index)
    return Timeline(
        tuple(arranging.pieces), tuple(arranging.gaps), tuple(arranging.strays), arranging.restarts
    )


def cut(timeline: Timeline, start: int, length: int | None) -> Timeline:
    """A part of a timeline, counted from its start: a number of samples, or all that follows."""
    end = None if length is None else start + length
    pieces = (piece.part(start, piece.end if end is None else end) for piece in timeline.pieces)
    return Timeline(
        tuple(replace(piece, at=piece.at - start) for piece in pieces if piece.samples > 0),
        tuple(
            Gap(gap.start - start, gap.end - start)
            for gap in timeline.gaps
            if gap.start >= start and (end is None or gap.end <= end)
        ),
        tuple(replace(stray, at=stray.at - start) for stray in timeline.strays),
        timeline.restarts,
    )


def fewer(pieces: Sequence[Piece], most: int) -> list[Piece]:
    """At most so many pieces: the shortest gaps are closed, and no sound moves by more than one of them."""
    least = 0
    while True:
        parts: list[Piece] = []
        for piece in pieces:
            last = parts[-1] if parts else None
            if last and piece.at - last.end <= least:
                parts[-1] = replace(last, samples=piece.stored + piece.samples - last.stored)
            else:
                parts.append(piece)
        if len(parts) <= most:
            return parts
        least = 2 * least or SAMPLES_PER_MS


class _Arranging:
    """Puts one run after the other on the timeline.

    A clock is what has to be added to timestamps; there is a new one whenever they are not followed.
    """

    def __init__(self, runs: Sequence[Run], samples: int, stated_end: int | None) -> None:
        self.runs = runs
        self._stated_end = inf if stated_end is None else stated_end + LONG_GAP
        self.lengths = [
            after - run.first
            for run, after in zip(runs, [*(r.first for r in runs[1:]), samples], strict=True)
        ]
        self.pieces: list[Piece] = []
        self.gaps: list[Gap] = []
        self.strays: list[Stray] = []
        self.restarts = False
        self._clocks = [0]
        self._end = 0

    def add(self, index: int) -> None:
        """Put the run with this number behind those before it."""
        run, length = self.runs[index], self.lengths[index]
        if length <= 0:
            return
        clock = min(self._clocks, key=lambda each: self._jump(run, each))
        jump = self._jump(run, clock)
        if jump == inf:
            self.restarts = True
            self._follow(self._end - run.at)
        elif jump and not self._believed(index, clock, jump):
            if jump > SLACK:  # less is jitter
                self.strays.append(Stray(self._end, run.at + clock))
            self._follow(self._end - run.at)
            jump = 0
        else:
            self._follow(clock)
        self._append(run.first, length, 0 if jump == inf else int(jump))

    def _jump(self, run: Run, clock: int) -> float:
        """How far ahead of the end a run lies by a clock; infinite where it lies behind."""
        jump = run.at + clock - self._end
        return inf if jump < -SLACK else max(0, jump)

    def _follow(self, clock: int) -> None:
        """Make this the first clock that is asked next time."""
        rest = [each for each in self._clocks if each != clock]
        self._clocks = [clock, *rest][:MOST_CLOCKS]

    def _append(self, stored: int, length: int, gap: int) -> None:
        start = self._end + gap
        self._end = start + length
        if self.pieces and not gap:
            self.pieces[-1] = replace(self.pieces[-1], samples=self.pieces[-1].samples + length)
            return
        if start - gap > FIRST_SOUND:
            self.gaps.append(Gap(start - gap, start))
        self.pieces.append(Piece(start, stored, length))

    def _believed(self, index: int, clock: int, jump: float) -> bool:
        if jump > LONGEST_GAP or self._comes_back(index, clock) or self._stands_still(index):
            return False
        before, after = sum(self.lengths[:index]), sum(self.lengths[index:])
        if self.runs[index].at + clock > self._stated_end >= self._end + after:
            return False
        if after < SHORTEST_ENDING and jump > LONG_GAP and index:
            return False
        return not (0 < before < SHORTEST and jump > VERY_LONG_GAP)

    def _stands_still(self, index: int) -> bool:
        """Whether timestamps do not go on with the sound after a jump, such as all being the same."""
        first = self.runs[index]
        for later in self.runs[index + 1 : index + 1 + LOOK_AHEAD]:
            sound, time = later.first - first.first, later.at - first.at
            if sound > PROBE or time > sound or time < -SLACK:
                return False
            if sound >= SHORTEST and time < sound / 2:
                return True
        return False

    def _comes_back(self, index: int, clock: int) -> bool:
        """Whether later timestamps contradict a jump: they are where the sound would be without it."""
        ahead, sound = self.runs[index].at, self.lengths[index]
        for later in range(index + 1, min(index + 1 + LOOK_AHEAD, len(self.runs))):
            at = self.runs[later].at
            missing = at + clock - (self._end + sound)
            if at < ahead and -SLACK <= missing <= LOSS:
                return True
            sound += self.lengths[later]
        return False
