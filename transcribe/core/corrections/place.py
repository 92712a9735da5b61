"""Find the words that corrections are keyed on, in the recognition they were made for or in another one."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from transcribe.core.corrections.record import CONTEXT_WORDS, Correction, Corrections, Kind, Place
from transcribe.core.corrections.units import joined_units, units_of
from transcribe.core.episode import Segment, Transcript, Word
from transcribe.core.sequences import parted
from transcribe.core.text import one_line
from transcribe.core.timecode import format_timecode

NEAR_MS = 5000
"""How far the same words may have moved in a new recognition. Word times of two models differ by less than
a second; a mark that was heard late moves a sentence by a few."""

ALIKE = 0.5
"""Share of words that have to be the same where the speaker was corrected: voices matter more than words."""

MOST_AT_ONCE = 10
"""So many times as many words at the time of a place are other people's, or the place is none."""

SHOWN_WORDS = 8

_EDGES = re.compile(r"^[\W_]+|[\W_]+$")


@dataclass(frozen=True)
class Row:
    """The words of a recognition in one row, segment by segment."""

    segments: tuple[Segment, ...]

    @cached_property
    def words(self) -> tuple[Word, ...]:
        """Every word."""
        return tuple(word for segment in self.segments for word in segment.words)

    @cached_property
    def segment_of(self) -> tuple[int, ...]:
        """Position of each word's segment."""
        return tuple(number for number, segment in enumerate(self.segments) for _ in segment.words)

    @cached_property
    def starts(self) -> tuple[int, ...]:
        """Where in the row each segment begins."""
        starts = [0]
        for segment in self.segments:
            starts.append(starts[-1] + len(segment.words))
        return tuple(starts[:-1])

    @cached_property
    def folded(self) -> tuple[str, ...]:
        """Every word without case and without the punctuation around it."""
        return tuple(folded(word.text) for word in self.words)

    @cached_property
    def by_word(self) -> dict[str, list[int]]:
        """Where each of the folded words stands."""
        found: dict[str, list[int]] = defaultdict(list)
        for index, text in enumerate(self.folded):
            found[text].append(index)
        return dict(found)

    @cached_property
    def by_time(self) -> list[tuple[int, int]]:
        """The middle of each word in ms, and where it stands, in the order of time."""
        return sorted(((word.start_ms + word.end_ms) // 2, index) for index, word in enumerate(self.words))

    def spoken(self, start_ms: int, end_ms: int, most: int) -> list[int]:
        """Where the words stand whose middle lies in a stretch; none where there are more than `most`."""
        first, end = bisect_left(self.by_time, (start_ms, -1)), bisect_left(self.by_time, (end_ms + 1, -1))
        return sorted(index for _, index in self.by_time[first:end]) if end - first <= most else []

    def place(self, first: int, end: int) -> Place:
        """How the words from `first` to before `end` are found again."""
        texts = [word.text for word in self.words[max(0, first - CONTEXT_WORDS) : end + CONTEXT_WORDS]]
        before = first - max(0, first - CONTEXT_WORDS)
        segment = self.segment_of[first]
        return Place(
            segment=segment,
            word=first - self.starts[segment],
            start_ms=self.words[first].start_ms,
            end_ms=self.words[end - 1].end_ms,
            words=tuple(texts[before : before + end - first]),
            before=tuple(texts[:before]),
            after=tuple(texts[before + end - first :]),
        )


@dataclass(frozen=True)
class Placed:
    """A correction and the words that it is about: from `first` to before `end` in the row.

    Attributes:
        correction: Keyed on this recognition.
    """

    correction: Correction
    first: int
    end: int

    @cached_property
    def covered(self) -> range:
        """The words, or the boundaries between them, that no other correction of the same sort may touch."""
        between = self.correction.kind in ("split", "merge")
        return range(self.first + 1 if between else self.first, self.end)


@dataclass(frozen=True)
class Unfit:
    """A correction that does not fit a recognition, and why, for people."""

    correction: Correction
    reason: str

    def __str__(self) -> str:
        return f"{described(self.correction)}: {self.reason}"


@dataclass(frozen=True)
class Layer:
    """Corrections laid over a recognition.

    Attributes:
        placed: Those that fit, in their order.
        unfit: The others; nothing is lost.
    """

    row: Row
    placed: tuple[Placed, ...]
    unfit: tuple[Unfit, ...]

    @cached_property
    def speakers(self) -> tuple[str | None, ...]:
        """Who says each word of the row, as corrected."""
        speakers: list[str | None] = []
        for segment in self.row.segments:
            speakers += [segment.speaker] * len(segment.words)
        for each in self.placed:
            if each.correction.kind == "speaker":
                speakers[each.first : each.end] = [each.correction.speaker] * (each.end - each.first)
        return tuple(speakers)


def lay(transcript: Transcript, corrections: Corrections) -> Layer:
    """Find the words of every correction in a recognition, the one it was made for or another one."""
    return lay_over(Row(transcript.segments), corrections)


def lay_over(row: Row, corrections: Corrections, known: Sequence[Placed] = ()) -> Layer:
    """The same over words that stand in a row already.

    Args:
        known: Where some of the corrections stand in it; these are not looked for again.
    """
    there = {each.correction.id: each for each in known}
    placed: list[Placed] = []
    unfit: list[Unfit] = []
    taken: dict[tuple[str, int], str] = {}
    for record in corrections.records:
        each = there.get(record.id)
        if each is None or each.correction is not record:
            found = _found(row, record)
            if isinstance(found, str):
                unfit.append(Unfit(record, found))
                continue
            each = Placed(replace(record, at=row.place(*found)), *found)
        other = next((taken[key] for key in _keys(each) if key in taken), None)
        if other is not None:
            unfit.append(Unfit(record, f"the correction {other} stands there"))
            continue
        taken |= dict.fromkeys(_keys(each), record.id)
        placed.append(each)
    return _merging_what_can_be(Layer(row, tuple(placed), tuple(unfit)))


def _keys(placed: Placed) -> Iterator[tuple[str, int]]:
    sort = sort_of(placed.correction.kind)
    return ((sort, index) for index in placed.covered)


def sort_of(kind: Kind) -> str:
    """The sort of a correction: two of one sort cannot be about the same words."""
    return "boundary" if kind in ("split", "merge") else kind


def _merging_what_can_be(layer: Layer) -> Layer:
    """Without merges of what different speakers say, or what is said at the same time."""
    reasons = {each: _why_apart(layer, each) for each in layer.placed if each.correction.kind == "merge"}
    bad = {each: reason for each, reason in reasons.items() if reason}
    if not bad:
        return layer
    unfit = (*layer.unfit, *(Unfit(each.correction, reason) for each, reason in bad.items()))
    return Layer(layer.row, tuple(each for each in layer.placed if each not in bad), unfit)


def _why_apart(layer: Layer, merge: Placed) -> str:
    left, right = layer.row.words[merge.first], layer.row.words[merge.end - 1]
    if layer.speakers[merge.first] != layer.speakers[merge.end - 1]:
        return "different speakers say what stands before and after it"
    numbers = layer.row.segment_of[merge.first], layer.row.segment_of[merge.end - 1]
    own = {layer.row.segments[number].speaker for number in numbers}
    if len(own) > 1 and right.start_ms < left.end_ms:
        return "they speak at the same time"
    return ""


def _found(row: Row, record: Correction) -> tuple[int, int] | str:
    """The words that a correction is about, or why they are not there."""
    at = record.at
    if (there := _as_it_was(row, at)) is not None:
        return there
    best = max(_candidates(row, at), default=None)
    if best is not None:
        return best[-1], best[-1] + len(at.words)
    if record.kind == "speaker" and (spoken := _spoken_then(row, at)):
        return spoken
    if record.kind == "text" and _stands_near(row, [unit.text for unit in units_of(record.text)], at):
        return "it is recognised so by itself"
    return _what_stands_there(row, at)


def _as_it_was(row: Row, at: Place) -> tuple[int, int] | None:
    if at.segment >= len(row.segments):
        return None
    first = row.starts[at.segment] + at.word
    end = first + len(at.words)
    words = row.words[first:end]
    same = tuple(word.text for word in words) == at.words and words[0].start_ms == at.start_ms
    return (first, end) if same else None


def _candidates(row: Row, at: Place) -> Iterator[tuple[bool, int, int, int]]:
    """Where these words stand near their time: as written, words around them, minus the distance, index."""
    wanted = tuple(map(folded, at.words))
    for index in _standing_near(row, wanted, at):
        texts = tuple(word.text for word in row.words[index : index + len(wanted)])
        distance = abs(row.words[index].start_ms - at.start_ms)
        yield texts == at.words, _context(row, at, index), -distance, index


def _standing_near(row: Row, wanted: Sequence[str], at: Place) -> Iterator[int]:
    for index in row.by_word.get(wanted[0], ()) if wanted else ():
        near = abs(row.words[index].start_ms - at.start_ms) <= NEAR_MS
        if near and row.folded[index : index + len(wanted)] == tuple(wanted):
            yield index


def _stands_near(row: Row, texts: Sequence[str], at: Place) -> bool:
    return any(True for _ in _standing_near(row, list(map(folded, texts)), at))


def _context(row: Row, at: Place, index: int) -> int:
    """How many of the words around a place stand around this one, too."""
    end = index + len(at.words)
    before = reversed(row.folded[max(0, index - CONTEXT_WORDS) : index])
    after = row.folded[end : end + CONTEXT_WORDS]
    return _same(map(folded, reversed(at.before)), before) + _same(map(folded, at.after), after)


def _same(these: Iterable[str], those: Iterable[str]) -> int:
    return sum(left == right for left, right in zip(these, those, strict=False))


def _spoken_then(row: Row, at: Place) -> tuple[int, int] | None:
    """The words that are spoken at the time of a place, where enough of them are the same."""
    from rapidfuzz.distance import Indel

    wanted = list(map(folded, at.words))
    inside = row.spoken(at.start_ms, at.end_ms, MOST_AT_ONCE * len(wanted))
    best, likeness = None, ALIKE
    for run in parted(inside, lambda left, right: right != left + 1):
        alike = Indel.normalized_similarity(wanted, row.folded[run[0] : run[-1] + 1])
        if alike >= likeness:
            best, likeness = (run[0], run[-1] + 1), alike
    return best


def _what_stands_there(row: Row, at: Place) -> str:
    inside = row.spoken(at.start_ms, at.end_ms, MOST_AT_ONCE * len(at.words))
    there = [row.words[index].text for index in inside]
    what = f"{quoted(there)} stands there" if there else "nothing is recognised there"
    return f"{quoted(at.words)} was recognised, and {what}"


def described(record: Correction) -> str:
    """A correction in a few words, for people."""
    words, time = quoted(record.at.words), format_timecode(record.at.start_ms)
    speaker = one_line(record.speaker) if record.speaker else "nobody with a name"
    what = {
        "text": f"{words} → {quoted([joined_units(units_of(record.text))])}",
        "speaker": f"{words} is said by {speaker}",
        "split": f"{words} is divided",
        "merge": f"{words} is not divided",
    }
    who = f" ({one_line(record.who)})" if record.who else ""
    return f"{record.id} {time} {what[record.kind]}{who}"


def quoted(words: Sequence[str]) -> str:
    """Words in quotes, the first ones of many."""
    more = " …" if len(words) > SHOWN_WORDS else ""
    return f"“{one_line(' '.join(words[:SHOWN_WORDS]))}{more}”"


def folded(text: str) -> str:
    """A word without case and without the punctuation around it; all of it where it is nothing else."""
    return (_EDGES.sub("", text) or text).casefold()
