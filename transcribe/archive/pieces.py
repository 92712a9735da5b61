"""A transcript in passages for the index: what one speaker says in one language, a few words twice.

Two passages that follow each other share words, so that a phrase is whole in one of them wherever it stands,
and words that are said together are found together.
"""

from __future__ import annotations

import re
import sys
import zlib
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from transcribe.archive.talk import SpokenWord, Talk
from transcribe.archive.units import units_of
from transcribe.core.passages import divided
from transcribe.formats.tokens import plain

WORDS = 128
"""Of a passage: about 50 seconds."""

SHARED = 16
"""Words that stand at the end of one passage and at the start of the next."""

_SPACE, _JOINED = "\n", "\t"
"""Before a word: whether a space stands there. No word holds either."""
_WORD = re.compile(f"([{_SPACE}{_JOINED}])([^{_SPACE}{_JOINED}]*)")

MOST_MS = 2**31 - 1
"""24 days; what a stranger's document puts later is put there."""


@dataclass(frozen=True)
class Piece:
    """A passage as it is stored.

    Attributes:
        speaker: Who says it; empty where that is not known.
        language: Whisper's code; empty where that is not known.
        starts_ms: Of each word, on the recording's timeline.
        words: As they are written, in the form that `words_of` reads.
        units: What of them is compared.
        shared: How many units at its start are in the passage before, too.
    """

    speaker: str
    language: str
    starts_ms: list[int]
    words: str
    units: list[str]
    shared: int


def pieces_of(talk: Talk) -> Iterator[Piece]:
    """The passages of a document; every word is in one or two of them."""
    spoken = talk.language.code if talk.language else ""
    streams: dict[tuple[str, str], list[SpokenWord]] = {}
    for segment in talk.segments:
        stream = streams.setdefault((segment.speaker or "", segment.language or spoken), [])
        stream += segment.words
    for (speaker, language), stream in streams.items():
        starts = [each.start_ms for each in stream]
        stored = [_stored(each.text, each.space_before) for each in stream]
        for begin, end in divided(starts, [each.end_ms for each in stream]):
            for first in range(begin, max(begin + 1, end - SHARED), WORDS - SHARED):
                last = min(first + WORDS, end)
                twice = first + SHARED if first > begin else first
                yield Piece(
                    plain(speaker),
                    language,
                    starts_ms=[min(each, MOST_MS) for each in starts[first:last]],
                    words="".join([text for text, _ in stored[first:last]]),
                    units=[unit for _, units in stored[first:last] for unit in units],
                    shared=sum(len(units) for _, units in stored[first:twice]),
                )


@lru_cache(maxsize=262_144)
def _stored(text: str, space_before: bool) -> tuple[str, tuple[str, ...]]:
    """A word in the form that `words_of` reads, and what of it is compared."""
    clean = plain(text)
    return (_SPACE if space_before else _JOINED) + clean, units_of(clean)


def words_of(stored: str) -> list[tuple[str, bool]]:
    """The words of a stored passage, each with whether a space stands before it."""
    return [(word, mark == _SPACE) for mark, word in _WORD.findall(stored)]


def written(words: Sequence[tuple[str, bool]]) -> str:
    """Words as they are written."""
    return "".join((" " if space else "") + word for word, space in words).strip()


def packed(starts_ms: Sequence[int]) -> bytes:
    """Times as bytes: the differences, compressed."""
    before = (0, *starts_ms)
    steps = array("i", (after - each for each, after in zip(before, starts_ms, strict=False)))
    if sys.byteorder == "big":
        steps.byteswap()
    return zlib.compress(steps.tobytes(), 6)


def unpacked(content: bytes) -> list[int]:
    """The times that were packed.

    Raises:
        ValueError, zlib.error: They are damaged.
    """
    steps = array("i")
    steps.frombytes(zlib.decompress(content, bufsize=4096))
    if sys.byteorder == "big":
        steps.byteswap()
    times, at = [], 0
    for step in steps:
        at += step
        times.append(at)
    return times
