"""Passages of a transcript: what one speaker says in one language, with the place of every word."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from typing import Annotated

from msgspec import Meta

from transcribe.core.episode import Transcript, Word, join_words

PAUSE_MS = 10_000
"""A longer pause ends a passage. Another speaker does not: "yes" stands between the digits of a number."""

MOST_WORDS = 5_000
"""A longer passage is two: half an hour of one speaker."""


@dataclass(frozen=True)
class Span:
    """Words of one segment that follow each other."""

    segment: Annotated[int, Meta(description="Number of the segment in the transcript, from 0")]
    first_word: Annotated[int, Meta(description="Number of the first word in the segment, from 0")]
    last_word: Annotated[int, Meta(description="Number of the last one, which is in it")]
    start_ms: Annotated[int, Meta(description="Where they begin in the recording, in ms")]
    end_ms: Annotated[int, Meta(description="Where they end")]


@dataclass(frozen=True)
class Passage:
    """Words of one speaker that follow each other.

    Attributes:
        places: Of every word, the number of its segment and its number in that.
        language: Whisper's code; None where the document does not say.
    """

    words: tuple[Word, ...]
    places: tuple[tuple[int, int], ...]
    language: str | None

    @cached_property
    def text(self) -> str:
        """The words joined as they are written."""
        return join_words(self.words)

    @cached_property
    def ends(self) -> list[int]:
        """Where every word ends in the text."""
        ends: list[int] = []
        at = 0
        for number, word in enumerate(self.words):
            at += len(word.text) + (1 if word.space_before and number else 0)
            ends.append(at)
        return ends

    def spans(self, first: int, last: int) -> tuple[Span, ...]:
        """Some of its words as a span for each segment that they stand in.

        Args:
            first: Number of the first word in the passage, from 0.
            last: Number of the last one, which is in it.
        """
        found = []
        for segment, numbers in groupby(range(first, last + 1), lambda number: self.places[number][0]):
            inside = list(numbers)
            begin, end = inside[0], inside[-1]
            found.append(
                Span(
                    segment,
                    first_word=self.places[begin][1],
                    last_word=self.places[end][1],
                    start_ms=self.words[begin].start_ms,
                    end_ms=self.words[end].end_ms,
                )
            )
        return tuple(found)


def passages_of(transcript: Transcript) -> Iterator[Passage]:
    """The passages of a transcript; every word is in one of them."""
    spoken = transcript.language.code if transcript.language else None
    streams: dict[tuple[str | None, str | None], tuple[list[Word], list[tuple[int, int]]]] = {}
    for number, segment in enumerate(transcript.segments):
        words, places = streams.setdefault((segment.speaker, segment.language or spoken), ([], []))
        words += segment.words
        places += [(number, place) for place in range(len(segment.words))]
    for (_, language), (words, places) in streams.items():
        for begin, end in divided([each.start_ms for each in words], [each.end_ms for each in words]):
            yield Passage(tuple(words[begin:end]), tuple(places[begin:end]), language)


def divided(starts_ms: Sequence[int], ends_ms: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Where the passages begin and end in the words of one speaker in one language, whose times these are.

    Each is the number of its first word, and of the first that is not in it.
    """
    pauses = [at for at in range(1, len(starts_ms)) if starts_ms[at] - ends_ms[at - 1] > PAUSE_MS]
    begin = 0
    for pause in [*pauses, len(starts_ms)]:
        for first in range(begin, pause, MOST_WORDS):
            yield first, min(first + MOST_WORDS, pause)
        begin = pause
