"""Transcripts under correction: parsed once, changed by one at a time."""

from __future__ import annotations

import threading
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from transcribe.control.policy.kept import kept_answers
from transcribe.control.review.items import Item, items_of
from transcribe.control.review.state import ReadPolicy, Review, refreshed, review_of
from transcribe.core.corrections.apply import RowLine, row_lines
from transcribe.core.episode import Episode
from transcribe.jobs.correct import Opened, opened
from transcribe.jobs.corrections import read_sidecar, sidecar_of
from transcribe.jobs.documents import open_document
from transcribe.jobs.memory import people_locked

MOST_KEPT = 8
"""A transcript of two hours takes about 20 MB."""

_Asked = tuple[str, str]
"""Digests of a policy, and of a model's answers to its questions."""

Facts = tuple[int, int, int] | None


@dataclass(frozen=True)
class Sheet:
    """A transcript with its corrections, and the lines that they make of it.

    Attributes:
        recognised: By the digests of policy and answers, what there was to look at before any correction.
    """

    opened: Opened
    recognised: dict[_Asked, tuple[Item, ...]] = field(default_factory=dict)
    _reviews: dict[_Asked, Review] = field(default_factory=dict, init=False)

    def review(self, policy: ReadPolicy | None) -> Review:
        """The review as it is; what there is to look at is found once in a state of the transcript.

        Raises:
            InputError: Its answers, decisions or approvals cannot be read.
        """
        answers = kept_answers(self.opened.document)
        key = (policy[1] if policy else "", answers.digest)
        known = self._reviews.get(key)
        found = refreshed(known) if known else review_of(self.opened, policy, answers)
        self._reviews[key] = found
        return found

    def recognised_item(self, policy: ReadPolicy | None, name: str) -> Item | None:
        """What there was to look at before anything was corrected, by its id."""
        asked, sha256 = policy or (None, "")
        answers = kept_answers(self.opened.document)
        key = (sha256, answers.digest)
        if key not in self.recognised:
            self.recognised[key] = items_of(self.opened.episode, asked, answers)
        return next((each for each in self.recognised[key] if each.id == name), None)

    def changed(self, opened: Opened, touched: Iterable[range]) -> Sheet:
        """The transcript after edits; lines that are far from all of these words are as they were.

        Args:
            touched: In order.
        """
        lines: list[RowLine] = []
        done = 0
        for words in touched:
            numbers = self.numbers(words)
            # What is deleted becomes a part of the line before it, or of the next one where there is none.
            first = max(done, numbers.start - 1)
            end = min(len(self.lines), numbers.stop + 1)
            if first < end:
                lines += self.lines[done:first]
                within = range(self.lines[first].first, self.lines[end - 1].end)
                lines += row_lines(opened.layer, within)
                done = end
        sheet = Sheet(opened, self.recognised)
        if self.lines:
            vars(sheet)["lines"] = (*lines, *self.lines[done:])
        return sheet

    @cached_property
    def lines(self) -> tuple[RowLine, ...]:
        """The lines, in the order of the recognition."""
        return row_lines(self.opened.layer)

    @cached_property
    def starts(self) -> list[int]:
        """Where in the row each line begins."""
        return [line.first for line in self.lines]

    @cached_property
    def ids(self) -> list[list[str]]:
        """For each line, the ids of the corrections of its words."""
        found: list[list[str]] = [[] for _ in self.lines]
        for each in self.opened.layer.placed:
            for number in self.numbers(each.covered):
                found[number].append(each.correction.id)
        return found

    def numbers(self, words: range) -> range:
        """Which lines these words of the row are in."""
        first = max(0, bisect_right(self.starts, words.start) - 1)
        return range(first, bisect_right(self.starts, words.stop - 1))

    def extent(self, words: range) -> range:
        """These words and the others of their lines."""
        numbers = self.numbers(words)
        if not numbers:
            return words
        first, last = self.lines[numbers[0]], self.lines[numbers[-1]]
        return range(min(words.start, first.first), max(words.stop, last.end))

    @cached_property
    def revision(self) -> str:
        """Tells this state of the transcript from every other one."""
        return f"{self.opened.recognition}.{self.opened.corrections.digest[:16]}"


@dataclass
class _Place:
    """What is kept of a document, and who may change it now."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    episode: Episode | None = None
    sheet: Sheet | None = None
    facts: tuple[Facts, Facts] = (None, None)

    def put_away(self) -> None:
        """Keep nothing of it; its lock stays: somebody may wait for it."""
        self.episode = self.sheet = None


class Desk:
    """The transcripts that somebody looks at; the one that nobody has looked at for longest is put away.

    Raises:
        InputError: A document or its corrections cannot be read; so do the methods.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._places: dict[Path, _Place] = {}

    def read(self, document: Path) -> Sheet:
        """The transcript as it is."""
        with self._looking(document, nullcontext()) as sheet:
            return sheet

    @contextmanager
    def writing(self, document: Path) -> Iterator[Sheet]:
        """The transcript as it is, which nobody else changes while the block runs, no other program either.

        Raises:
            OutputError: Another program keeps it locked.
        """
        with self._looking(document, people_locked(document)) as sheet:
            yield sheet

    @contextmanager
    def _looking(self, document: Path, locked: AbstractContextManager[None]) -> Iterator[Sheet]:
        place = self._place(document)
        with place.lock, locked:
            episode = _episode(place, document)
            sheet, facts = place.sheet, _facts(sidecar_of(document))
            if sheet is None:
                sheet = Sheet(opened(document, episode))
            elif facts != place.facts[1]:
                corrections = read_sidecar(sidecar_of(document))
                sheet = Sheet(sheet.opened.corrected_by(corrections), sheet.recognised)
            place.sheet, place.facts = sheet, (place.facts[0], facts)
            yield sheet

    def recognised(self, document: Path) -> Episode:
        """What was recognised, whatever became of its corrections."""
        place = self._place(document)
        with place.lock:
            return _episode(place, document)

    @contextmanager
    def removing(self, document: Path) -> Iterator[None]:
        """Nobody reads or changes the transcript while the block removes it."""
        place = self._place(document)
        with place.lock:
            yield
            place.put_away()

    def put(self, sheet: Sheet) -> None:
        """Keep what a block of `writing` made of a transcript and has written; to be called inside it."""
        place = self._place(sheet.opened.document)
        place.episode, place.sheet = sheet.opened.episode, sheet
        place.facts = _facts(sheet.opened.document), _facts(sheet.opened.sidecar)

    def _place(self, document: Path) -> _Place:
        with self._lock:
            place = self._places.pop(document, None) or _Place()
            self._places[document] = place  # the last one
            for old in list(self._places.values())[:-MOST_KEPT]:
                old.put_away()
            return place


def _episode(place: _Place, document: Path) -> Episode:
    facts, episode = _facts(document), place.episode
    if episode is None or facts != place.facts[0]:
        place.put_away()
        place.episode = episode = open_document(document)
        place.facts = facts, None
    return episode


def _facts(path: Path) -> Facts:
    with suppress(OSError):
        status = path.stat()
        return status.st_size, status.st_mtime_ns, status.st_ino
    return None
