"""Corrections out of edited text: its lines compared with the recognition, word by word."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from unicodedata import normalize

from transcribe.core.corrections.place import Row
from transcribe.core.corrections.record import Correction, Kind, correction
from transcribe.core.corrections.units import Unit, clean, joined_units, units_of
from transcribe.core.episode import Transcript
from transcribe.core.sequences import parted
from transcribe.core.text import plain_name


@dataclass(frozen=True)
class Line:
    """A segment as it is to be.

    Attributes:
        text: One line with at least one visible character.
        speaker: Who says it; None: nobody who has a name.
    """

    text: str
    speaker: str | None = None


class TooManyLinesError(ValueError):
    """There are more lines than recognised words that they could take their times from."""


@dataclass(frozen=True)
class _Piece:
    """The least run of recognised words that is also a run of units of their line.

    Attributes:
        first: Its first word in the row; the last one stands before `end`.
        segment: Position of their segment.
        units: As the words are written.
        space_before: Whether a space stands before it, also where it begins a segment.
    """

    first: int
    end: int
    segment: int
    units: tuple[Unit, ...]
    space_before: bool


@dataclass(frozen=True)
class _Block:
    """Pieces and the edited units that stand in their place, each from the first to before the end."""

    first: int
    end: int
    start: int
    stop: int
    kept: bool = False


@dataclass(frozen=True)
class _Alignment:
    """The cheapest way from recognised units to edited ones (Levenshtein).

    Attributes:
        match: For each recognised unit, the edited one that is the same.
        to_new: For a cut before each recognised unit (and at the end), the first edited one after it.
        to_old: For a cut before each edited unit, between which recognised ones it may fall.
    """

    match: Sequence[int | None]
    to_new: Sequence[int]
    to_old: Sequence[tuple[int, int]]


def edited(
    transcript: Transcript, lines: Sequence[Line], *, who: str = "", when: str = ""
) -> tuple[Correction, ...]:
    """The corrections that make these lines of a recognition: applied over it, they give these segments.

    Args:
        lines: Every segment as it is to be, in order; none of them where all text was deleted.

    Raises:
        TooManyLinesError: There are more of them than words.
    """
    row = Row(transcript.segments)
    return edited_within(row, range(len(row.words)), lines, who=who, when=when)


def edited_within(
    row: Row, within: range, lines: Sequence[Line], *, who: str = "", when: str = ""
) -> tuple[Correction, ...]:
    """The corrections that make these lines of some of the recognised words.

    Args:
        within: Which words of the row: those of whole lines of the corrected transcript.
        lines: What they are to be, in order.

    Raises:
        TooManyLinesError: There are more of them than words.
    """
    numbers = range(row.segment_of[within.start], row.segment_of[within.stop - 1] + 1) if within else ()
    pieces = [
        piece
        for number in numbers
        for piece in _pieces(row, number)
        if within.start <= piece.first and piece.end <= within.stop
    ]
    if len(lines) > len(pieces):
        raise TooManyLinesError(f"{len(lines)} lines, and {len(pieces)} words were recognised")
    if not pieces:
        return ()
    speakers = {number: plain_name(row.segments[number].speaker or "") or None for number in numbers}
    changes = list(_Comparison(pieces, speakers, lines or (Line(""),)).changes())
    changes += _edges(row, within, lines)
    return tuple(
        correction(kind, row.place(first, end), text, speaker, who=who, when=when)
        for kind, first, end, text, speaker in changes
    )


def _edges(row: Row, within: range, lines: Sequence[Line]) -> Iterator[_Change]:
    """Divide a recognised segment where these lines begin and end inside it."""
    for at in (within.start, within.stop) if lines else (within.stop,):
        if 0 < at < len(row.words) and row.segment_of[at - 1] == row.segment_of[at]:
            yield "split", at - 1, at + 1, "", None


def divides_a_piece(row: Row, at: int) -> bool:
    """Whether the words before and after a place in the row are compared as one."""
    if not 0 < at < len(row.words):
        return False
    return any(piece.first < at < piece.end for piece in _pieces(row, row.segment_of[at]))


def _pieces(row: Row, number: int) -> Iterator[_Piece]:
    """The pieces of a segment; none where it has no visible character."""
    line, spaces = "", {}  # where in the line each word begins, and whether after a space
    begins: list[int] = []
    space = False
    for word in row.segments[number].words:
        text = clean(word.text)
        space |= word.space_before
        if text:
            line += " " if space and line else ""
            spaces[len(line)] = space
            begins.append(len(line))
            line, space = line + text, False
        else:
            begins.append(len(line))
    first = row.starts[number]
    for part in parted(units_of(line), lambda _, unit: unit.start in spaces):
        start, end = part[0].start, part[-1].start + len(part[-1].text)
        words = bisect_left(begins, start), bisect_left(begins, end)
        yield _Piece(first + words[0], first + words[1], number, tuple(part), spaces[start])


_Change = tuple[Kind, int, int, str, str | None]
"""Kind, first word, the one after the last, text, speaker."""


class _Comparison:
    """Pieces of a recognition beside the lines of an edited text."""

    def __init__(
        self, pieces: Sequence[_Piece], speakers: Mapping[int, str | None], lines: Sequence[Line]
    ) -> None:
        self._pieces, self._recognised_speakers, self._lines = pieces, speakers, lines
        self._units: list[Unit] = []
        self._line_starts: list[int] = []
        for line in lines:
            self._line_starts.append(len(self._units))
            self._units += units_of(line.text)
        self._line_starts.append(len(self._units))
        self._unit_starts = [0]
        for piece in pieces:
            self._unit_starts.append(self._unit_starts[-1] + len(piece.units))
        old = [unit.text for piece in pieces for unit in piece.units]
        self._alignment = _aligned(old, [unit.text for unit in self._units])

    def changes(self) -> Iterator[_Change]:
        for number, (first, end) in enumerate(pairwise(self._cuts())):
            blocks = self._blocks(number, first, end)
            yield from self._boundaries(first, blocks)
            yield from self._speakers(self._lines[number].speaker, first, end, blocks)
            yield from self._texts(blocks)

    def _cuts(self) -> list[int]:
        """At which piece each line begins, and the end; every line gets at least one."""
        cuts = [0, *map(self._cut, self._line_starts[1:-1]), len(self._pieces)]
        for number in range(1, len(cuts) - 1):
            cuts[number] = max(cuts[number], cuts[number - 1] + 1)
        for number in reversed(range(1, len(cuts) - 1)):
            cuts[number] = min(cuts[number], cuts[number + 1] - 1)
        return cuts

    def _cut(self, unit: int) -> int:
        """The piece at which a line begins whose first unit is known; where a segment begins, if it can."""
        low, high = self._alignment.to_old[unit]
        first, last = bisect_left(self._unit_starts, low), bisect_right(self._unit_starts, high) - 1
        ends = [place for place in range(first, last + 1) if self._begins_segment(place)]
        return ends[-1] if ends else max(first, last)

    def _begins_segment(self, place: int) -> bool:
        return 0 < place < len(self._pieces) and (
            self._pieces[place].segment != self._pieces[place - 1].segment
        )

    def _blocks(self, number: int, first: int, end: int) -> list[_Block]:
        """What stands in a line in the place of what was recognised."""
        begin, finish = self._line_starts[number], self._line_starts[number + 1]
        blocks: list[_Block] = []
        for each in self._raw_blocks(first, end, begin, finish):
            block = each
            while blocks and self._needs_neighbour(block, begin):
                block = _joined(blocks.pop(), block)
            if blocks and blocks[-1].first == blocks[-1].end:
                block = _joined(blocks.pop(), block)
            blocks.append(block)
        return blocks

    def _needs_neighbour(self, block: _Block, begin: int) -> bool:
        """Whether a block has no word to be keyed on, or another space before it than its first word."""
        if block.first == block.end:
            return True
        if block.kept or block.start in (begin, block.stop):
            return False
        return self._units[block.start].space_before != self._pieces[block.first].space_before

    def _raw_blocks(self, first: int, end: int, begin: int, finish: int) -> Iterator[_Block]:
        done, start = first, begin
        for place in range(first, end):
            there = self._kept_at(place, begin, finish)
            if there is not None:
                yield from self._run(done, place, start, there)
                done, start = place + 1, there + len(self._pieces[place].units)
                yield _Block(place, done, there, start, kept=True)
        yield from self._run(done, end, start, finish)

    def _kept_at(self, place: int, begin: int, finish: int) -> int | None:
        """Where in the line a piece stands as it was recognised; None where it does not."""
        piece, first = self._pieces[place], self._unit_starts[place]
        there = self._alignment.match[first]
        if there is None or there < begin or there + len(piece.units) > finish:
            return None
        if there != begin and self._units[there].space_before != piece.space_before:
            return None
        for offset, unit in enumerate(piece.units[1:], 1):
            new = self._alignment.match[first + offset]
            if new != there + offset or self._units[new].space_before != unit.space_before:
                return None
        return there

    def _run(self, first: int, end: int, start: int, stop: int) -> Iterator[_Block]:
        """What was changed, cut where segments end and, where words can be told one to one, at every word."""
        if first == end:
            if start < stop:
                yield _Block(first, end, start, stop)
            return
        places = range(first, end)
        for part in parted(places, lambda _, place: self._begins_segment(place)):
            last = part[-1] + 1
            upto = min(max(self._alignment.to_new[self._unit_starts[last]], start), stop)
            upto = stop if last == end else upto
            if upto - start == len(part) == sum(len(self._pieces[place].units) for place in part):
                for place, unit in zip(part, range(start, upto), strict=True):
                    yield _Block(place, place + 1, unit, unit + 1)
            else:
                yield _Block(part[0], last, start, upto)
            start = upto

    def _texts(self, blocks: Sequence[_Block]) -> Iterator[_Change]:
        for block in blocks:
            new = joined_units(self._units[block.start : block.stop])
            if not block.kept and _composed(new) != _composed(self._recognised(block)):
                yield "text", *self._words(block.first, block.end), new, None

    def _recognised(self, block: _Block) -> str:
        pieces = self._pieces[block.first : block.end]
        texts = ((" " if each.space_before else "") + joined_units(each.units) for each in pieces)
        return "".join(texts).strip()

    def _words(self, first: int, end: int) -> tuple[int, int]:
        return self._pieces[first].first, self._pieces[end - 1].end

    def _speakers(
        self, speaker: str | None, first: int, end: int, blocks: Sequence[_Block]
    ) -> Iterator[_Change]:
        said = _said(blocks)
        for part in parted(range(first, end), lambda _, place: self._begins_segment(place)):
            recognised = self._recognised_speakers[self._pieces[part[0]].segment]
            if recognised != speaker and any(place in said for place in part):
                yield "speaker", *self._words(part[0], part[-1] + 1), "", speaker

    def _boundaries(self, first: int, blocks: Sequence[_Block]) -> Iterator[_Change]:
        if first > 0 and not self._begins_segment(first):
            word = self._pieces[first].first
            yield "split", word - 1, word + 1, "", None
        for place in _said(blocks)[1:]:
            if self._begins_segment(place):
                yield "merge", self._pieces[place - 1].end - 1, self._pieces[place].first + 1, "", None


def _said(blocks: Sequence[_Block]) -> range:
    """The pieces from the first to the last in whose place something stands.

    What was deleted between them is taken along, or a boundary in it would divide the line.
    """
    alive = [block for block in blocks if block.start < block.stop]
    return range(alive[0].first, alive[-1].end) if alive else range(0)


def _joined(left: _Block, right: _Block) -> _Block:
    return _Block(left.first, right.end, left.start, right.stop)


def _composed(text: str) -> str:
    """The text as it is compared: some editors and file systems take letters and their accents apart."""
    return normalize("NFC", text)


def _aligned(old: Sequence[str], new: Sequence[str]) -> _Alignment:
    from rapidfuzz.distance import Levenshtein

    numbers: dict[str, int] = {}  # of texts, hashes alone would be compared
    rows = [[numbers.setdefault(_composed(text), len(numbers)) for text in row] for row in (old, new)]
    steps = Levenshtein.opcodes(*rows)
    match: list[int | None] = [None] * len(old)
    to_new = [len(new)] * (len(old) + 1)
    to_old = [(len(old), 0)] * (len(new) + 1)
    for step in steps:
        for offset in range(max(step.src_end - step.src_start, step.dest_end - step.dest_start) + 1):
            here = min(step.src_start + offset, step.src_end)
            there = min(step.dest_start + offset, step.dest_end)
            low, high = to_old[there]
            to_old[there] = min(low, here), max(high, here)
            to_new[here] = min(to_new[here], there)
            if step.tag == "equal" and here < step.src_end:
                match[here] = there
    return _Alignment(match, to_new, to_old)
