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

from transcribe.archive.units import units_of
from transcribe.core.episode import Transcript
from transcribe.core.passages import passages_of
from transcribe.core.text import one_line
from transcribe.formats.tokens import encodable

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
        shared: How many units at its start are in the passage before, too.
    """

    speaker: str
    language: str
    starts_ms: tuple[int, ...]
    words: str
    shared: int

    @property
    def units(self) -> list[str]:
        """What of it is compared."""
        return [unit for word, _ in words_of(self.words) for unit in units_of(word)]


def pieces_of(transcript: Transcript) -> Iterator[Piece]:
    """The passages of a transcript; every word is in one or two of them."""
    for passage in passages_of(transcript):
        speaker = transcript.segments[passage.places[0][0]].speaker or ""
        count = len(passage.words)
        for begin in range(0, max(1, count - SHARED), WORDS - SHARED):
            words = passage.words[begin : begin + WORDS]
            starts = tuple(min(each.start_ms, MOST_MS) for each in words)
            twice = words[:SHARED] if begin else ()
            yield Piece(
                speaker=_clean(speaker),
                language=passage.language or "",
                starts_ms=starts,
                words="".join(
                    (_SPACE if each.space_before else _JOINED) + _clean(each.text) for each in words
                ),
                shared=sum(len(units_of(_clean(each.text))) for each in twice),
            )


@lru_cache(maxsize=131_072)
def _clean(text: str) -> str:
    return one_line(encodable(text))


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
