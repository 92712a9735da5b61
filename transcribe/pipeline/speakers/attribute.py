"""Which word is whose: words are given to turns one by one, and segments end where the speaker changes.

The cheapest way through the words is taken (core/viterbi.py): a word costs as much as lies outside its
speaker's turns, and a change of speaker costs something too, more inside a sentence than between two. So a
word whose time is a little off stays with its sentence, and "Mhm." between two sentences stays with whoever
says it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import groupby

import numpy as np

from transcribe.core.episode import Segment, Transcript, Turn, Turns, Word
from transcribe.core.viterbi import cheapest_path

CHANGE_INSIDE = 0.6
"""Cost of a change inside a sentence: twice that is more than one word outside its turn costs."""

CHANGE_BETWEEN = 0.1
"""Cost of a change after the end of a sentence or a pause."""

TOLERANCE_MS = 300
NEAR = 0.4
"""What lies so near to a turn costs only so much of what lies farther away: the times of words and of turns
are both off now and then, and then the end of a sentence says better where the change is."""

PAUSE_MS = 300
"""Silence between two words that counts as a pause."""

FAR_MS = 2_000
"""A word in no turn costs as much as it is far from the speaker's nearest one; farther is all the same."""

ENDS = frozenset(".!?…。！？؟।॥")
"""Characters that end a sentence."""

CLOSING = "\"'”’»)]」』"


def attribute(transcript: Transcript, turns: Turns) -> Transcript:
    """The transcript with a speaker for every segment; those in which speakers change are split.

    Words and their times stay as they are. Without turns nobody has said anything.
    """
    speakers = turns.speakers
    if not speakers:
        return transcript
    near = _Nearby(turns)
    words = [word for segment in transcript.segments for word in segment.words]
    costs = np.reshape([near.costs(word) for word in words], (-1, len(speakers)))
    names = iter([speakers[place] for place in cheapest_path(costs, [*_changes(transcript)])])
    segments = [part for segment in transcript.segments for part in _split(segment, names)]
    return replace(transcript, segments=tuple(segments))


def _changes(transcript: Transcript) -> Iterator[float]:
    """What it costs, at each word, if its speaker is not that of the word before."""
    before: Word | None = None
    for segment in transcript.segments:
        for number, word in enumerate(segment.words):
            yield _change(before, word, first=number == 0)
            before = word


def _change(before: Word | None, word: Word, *, first: bool) -> float:
    """Segments end where sentences do, or where a window had to."""
    if before is None:
        return 0.0
    ended = before.text.rstrip(CLOSING)[-1:] in ENDS or word.start_ms - before.end_ms >= PAUSE_MS
    return CHANGE_BETWEEN if ended or (first and word.text[:1].isupper()) else CHANGE_INSIDE


class _Nearby:
    """The turns around a word; words must come in order."""

    def __init__(self, turns: Turns) -> None:
        self._order = {speaker: place for place, speaker in enumerate(turns.speakers)}
        self._waiting = sorted(turns.turns, key=lambda turn: -turn.start_ms)
        self._open: list[Turn] = []

    def costs(self, word: Word) -> list[float]:
        """For each speaker, how much of the word lies outside their turns, 0 to 1."""
        while self._waiting and self._waiting[-1].start_ms < word.end_ms + FAR_MS:
            self._open.append(self._waiting.pop())
        self._open = [turn for turn in self._open if turn.end_ms > word.start_ms - FAR_MS]
        if not any(_shared(word, turn) > 0 for turn in self._open):
            return self._distances(word)
        inside, around = [0] * len(self._order), [0] * len(self._order)
        for turn in self._open:
            place = self._order[turn.speaker]
            inside[place] += max(0, _shared(word, turn))
            around[place] += max(0, _shared(word, turn, TOLERANCE_MS))
        length = max(1, word.end_ms - word.start_ms)
        return [
            _cost(min(1.0, a / length), min(1.0, b / length)) for a, b in zip(inside, around, strict=True)
        ]

    def _distances(self, word: Word) -> list[float]:
        """For a word in no turn: how far each speaker's nearest one is."""
        costs = [1.0] * len(self._order)
        for turn in self._open:
            place = self._order[turn.speaker]
            costs[place] = min(costs[place], -_shared(word, turn) / FAR_MS)
        return costs


def _cost(inside: float, around: float) -> float:
    """For the shares of a word that lie in a speaker's turns and in those or near them."""
    return (around - inside) * NEAR + 1 - around


def _shared(word: Word, turn: Turn, margin_ms: int = 0) -> int:
    """Time in both, in ms; below 0: the time between them. A word of no length counts as 1 ms."""
    end_ms = max(word.end_ms, word.start_ms + 1)
    return min(end_ms, turn.end_ms + margin_ms) - max(word.start_ms, turn.start_ms - margin_ms)


def _split(segment: Segment, names: Iterator[str]) -> Iterator[Segment]:
    """The segment in parts of one speaker each."""
    spoken = [(next(names), word) for word in segment.words]
    for speaker, part in groupby(spoken, key=lambda pair: pair[0]):
        yield replace(segment.of([word for _, word in part]), speaker=speaker)
