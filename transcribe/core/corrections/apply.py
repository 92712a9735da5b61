"""Corrections applied over a recognition: the corrected transcript, with times, speakers and segments."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, groupby, pairwise

from transcribe.core.corrections.place import Layer, Placed, Unfit, lay
from transcribe.core.corrections.record import Corrections
from transcribe.core.corrections.references import moved
from transcribe.core.corrections.units import Unit, units_of
from transcribe.core.episode import CorrectedWord, Episode, Recognition, Segment, Turn, Turns, Word


@dataclass(frozen=True)
class RowLine:
    """A segment of the corrected transcript, and the recognised words that it stands for.

    Attributes:
        first: Where in the row the first of them stands.
        end: Where the next line begins; what was deleted between two lines belongs to the earlier one,
            unless its own segment says otherwise.
    """

    first: int
    end: int
    segment: Segment


@dataclass(frozen=True)
class _Said:
    """A word of the corrected transcript, and which word of the row it stands for."""

    word: Word
    origin: int


def corrected(episode: Episode, corrections: Corrections) -> tuple[Episode, tuple[Unfit, ...]]:
    """The episode as people corrected it; what was recognised is kept in it.

    Args:
        episode: As it was recognised.

    Returns:
        The episode, itself where no correction fits, and the corrections that do not fit.
    """
    if not corrections.records:
        return episode, ()
    layer = lay(episode.transcript, corrections)
    if not layer.placed:
        return episode, layer.unfit
    segments = tuple(sorted(corrected_segments(layer), key=lambda segment: segment.start_ms))
    transcript = replace(episode.transcript, segments=segments)
    notes = episode.notes and moved(episode.notes, episode.transcript.segments, segments)
    turns = episode.turns and _corrected_turns(episode.turns, layer)
    recognised = Recognition(episode.transcript, episode.turns)
    made = replace(episode, transcript=transcript, turns=turns, notes=notes, recognised=recognised)
    return made, layer.unfit


def corrected_segments(layer: Layer) -> tuple[Segment, ...]:
    """The segments in the order of the recognition; where people speak at once, starts may go back."""
    return tuple(line.segment for line in row_lines(layer))


def row_lines(layer: Layer, within: range | None = None) -> tuple[RowLine, ...]:
    """The lines of the corrected transcript, in the order of the recognition; they leave out no word.

    Args:
        within: Only those of these words of the row, which are those of whole lines; None: all.
    """
    row = layer.row
    within = range(len(row.words)) if within is None else within
    begins, speakers = _begins(layer), layer.speakers
    groups = list(accumulate(begins[within.start : within.stop]))

    def line_of(said: _Said) -> tuple[int, str | None]:
        return groups[said.origin - within.start], speakers[said.origin]

    parts = [list(part) for _, part in groupby(_said(layer, within), key=line_of)]
    cuts = [within.start, *(_cut(begins, speakers, *pair) for pair in pairwise(parts)), within.stop]
    return tuple(
        RowLine(first, end, _segment(layer, part))
        for part, (first, end) in zip(parts, pairwise(cuts), strict=False)
    )


def _segment(layer: Layer, said: Sequence[_Said]) -> Segment:
    origin = layer.row.segments[layer.row.segment_of[said[0].origin]]
    words = tuple(each.word for each in said)
    speaker = layer.speakers[said[0].origin]
    same = words == origin.words and speaker == origin.speaker
    return origin if same else replace(origin.of(words), speaker=speaker)


def _cut(
    begins: Sequence[bool], speakers: Sequence[str | None], left: Sequence[_Said], right: Sequence[_Said]
) -> int:
    """Where in the row one line ends and the next begins."""
    after, place = left[-1].origin, right[0].origin
    while place > after + 1 and not begins[place] and speakers[place] == speakers[place - 1]:
        place -= 1
    return place


def _begins(layer: Layer) -> list[bool]:
    """For each word of the row, whether a segment of the corrected transcript begins with it."""
    begins = [False] * len(layer.row.words)
    for number, start in enumerate(layer.row.starts):
        if layer.row.segments[number].words:
            begins[start] = True
    for each in layer.placed:
        if each.correction.kind in ("split", "merge"):
            for index in each.covered:
                begins[index] = each.correction.kind == "split"
    return begins


def _said(layer: Layer, within: range) -> Iterator[_Said]:
    replaced = {each.first: each for each in layer.placed if each.correction.kind == "text"}
    words, index = layer.row.words, within.start
    while index < within.stop:
        each = replaced.get(index)
        if each is None:
            yield _Said(words[index], index)
            index += 1
        else:
            yield from _new_words(words, each)
            index = each.end


def _new_words(words: Sequence[Word], placed: Placed) -> Iterator[_Said]:
    """The words of a correction with the times of those that they replace."""
    old, new = words[placed.first : placed.end], units_of(placed.correction.text)
    times = _times_of(old) if len(old) == len(new) else _spread(old, new)
    for number, (unit, (start, end)) in enumerate(zip(new, times, strict=True)):
        origin = placed.first + number * len(old) // len(new)
        space = unit.space_before if number else old[0].space_before
        yield _Said(CorrectedWord(start, end, unit.text, 1.0, space), origin)


def _times_of(words: Sequence[Word]) -> list[tuple[int, int]]:
    return [(word.start_ms, word.end_ms) for word in words]


def _spread(old: Sequence[Word], new: Sequence[Unit]) -> list[tuple[int, int]]:
    """Times for words that share the span of others, by their lengths."""
    start = old[0].start_ms
    length = max(0, old[-1].end_ms - start)
    total = sum(len(unit.text) for unit in new)
    marks = [start + length * passed // total for passed in accumulate(len(unit.text) for unit in new)]
    return list(zip([start, *marks], marks, strict=False))


def _corrected_turns(turns: Turns, layer: Layer) -> Turns:
    """The turns with other speakers where somebody else says the words."""
    said = list(turns.turns)
    for each in layer.placed:
        if each.correction.kind == "speaker" and each.correction.speaker:
            numbers = layer.row.segment_of[each.first : each.end]
            others = {layer.row.segments[number].speaker for number in numbers}
            said = [part for turn in said for part in _parts(turn, each, others)]
    return replace(turns, turns=tuple(sorted(said, key=lambda turn: turn.start_ms)))


def _parts(turn: Turn, placed: Placed, others: set[str | None]) -> Iterator[Turn]:
    """A turn, what lies in the correction's time given to its speaker."""
    start, end = placed.correction.at.start_ms, placed.correction.at.end_ms
    first, last = max(turn.start_ms, start), min(turn.end_ms, end)
    if turn.speaker not in others or first >= last:
        yield turn
        return
    if turn.start_ms < first:
        yield replace(turn, end_ms=first)
    yield Turn(first, last, placed.correction.speaker or turn.speaker)
    if last < turn.end_ms:
        yield replace(turn, start_ms=last)
