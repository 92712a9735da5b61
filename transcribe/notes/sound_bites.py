"""Stretches that can be played by themselves: whole sentences of one speaker, 15 to 120 s."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from transcribe.core.show_notes import SoundBite
from transcribe.notes.titles import shortened
from transcribe.notes.weighing import Weighed

SHORTEST_MS = 15_000
LONGEST_MS = 120_000
"""Podcasting 2.0, `<podcast:soundbite>`: between 15 and 120 seconds are recommended."""

USUAL_MS = 45_000
"""A longer stretch is not looked for, but one sentence may be longer."""

TITLE_CHARS = 128
"""Podcasting 2.0: "Limit to 128 characters"."""

LONGEST_PAUSE_MS = 3_000
"""A longer silence inside sounds like the end."""

COUNT = 3


@dataclass(frozen=True)
class _Stretch:
    first: int
    end: int
    value: float


def sound_bites_of(weighed: Weighed) -> tuple[SoundBite, ...]:
    """The best stretches, without overlap, in the recording's order."""
    sentences = weighed.material.sentences
    chosen: list[_Stretch] = []
    for stretch in sorted(_stretches(weighed), key=lambda each: (-each.value, each.first)):
        if all(stretch.end <= other.first or other.end <= stretch.first for other in chosen):
            chosen.append(stretch)
        if len(chosen) == COUNT:
            break
    bites = []
    for stretch in sorted(chosen, key=lambda each: each.first):
        inside = sentences[stretch.first : stretch.end]
        best = max(range(stretch.first, stretch.end), key=lambda index: (weighed.scores[index], -index))
        segments = dict.fromkeys(segment for sentence in inside for segment in sentence.segments)
        title = shortened(sentences[best].text, TITLE_CHARS)[:TITLE_CHARS]
        bites.append(SoundBite(inside[0].start_ms, inside[-1].end_ms, title, tuple(segments)))
    return tuple(bites)


def _stretches(weighed: Weighed) -> Iterator[_Stretch]:
    for first in weighed.candidates:
        best = max(_from(weighed, first), key=lambda stretch: stretch.value, default=None)
        if best is not None:
            yield best


def _from(weighed: Weighed, first: int) -> Iterator[_Stretch]:
    """Every stretch that begins with a sentence and is neither too short nor too long."""
    sentences = weighed.material.sentences
    start_ms = sentences[first].start_ms
    total = 0.0
    for index in range(first, len(sentences)):
        sentence = sentences[index]
        apart = index > first and sentence.start_ms - sentences[index - 1].end_ms > LONGEST_PAUSE_MS
        if index in weighed.shaky or apart or sentence.speaker != sentences[first].speaker:
            return
        duration = sentence.end_ms - start_ms
        if duration > LONGEST_MS:
            return
        total += weighed.scores[index]
        if duration >= SHORTEST_MS and weighed.fit[index] > 0:
            yield _Stretch(first, index + 1, weighed.fit[first] * total / (index + 1 - first))
        if duration >= USUAL_MS:
            return
