"""From a decoder's tokens to words with times: what every engine needs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import exp, log

from transcribe.core.episode import Word
from transcribe.core.hearing import LONGEST_WINDOW_MS
from transcribe.core.recording import SAMPLES_PER_MS
from transcribe.core.sequences import parted
from transcribe.core.text import is_spaceless

LONGEST_START_MS = 400
"""A word after a pause starts at most this long before its first token's end: a syllable or two.

Alignment marks where a token ends; the start of a word is where the word before it ends, unless
a pause lies between, which the alignment does not show.
"""

MS_PER_CHARACTER = 110
"""Slowest pace at which a word is taken to be spoken; anything longer before it is a pause."""


LEAST_CONTEXT_MS = 10_000
"""Less is never encoded: nobody has measured how the models that are not here bear it."""

CONTEXT_STEP_MS = 320
"""16 positions of the encoder: matrices whose sizes are multiples of 16 are multiplied fastest."""


VOTE_MARGIN_MS = 3_000
"""Silence after a window whose language is told. Up to 10 s of each of the development clips were told alike
with it and with all of the 30 s (`base`), but for one that is too faint for either; in half of the time."""


def context_ms(samples: int, margin_ms: int) -> int:
    """How much of the 30 s that Whisper hears has to be encoded for a window.

    The encoder's cost grows faster than its length, and what lies behind a window is silence. Models
    were trained on 30 s, so a margin is left; 2 to 4 s gave the same error rates as all of it
    (docs/architecture.md).
    """
    wanted = max(samples // SAMPLES_PER_MS + margin_ms, LEAST_CONTEXT_MS)
    return min(LONGEST_WINDOW_MS, -(-wanted // CONTEXT_STEP_MS) * CONTEXT_STEP_MS)


@dataclass(frozen=True)
class Token:
    """One text token of a decoded window.

    Attributes:
        data: Its bytes: maybe only a part of a character.
        probability: 0 to 1.
        end_ms: Where it ends on the window's timeline.
        start_ms: Where it starts; None where the decoder does not say so.
    """

    data: bytes
    probability: float
    end_ms: int
    start_ms: int | None = None


@dataclass(frozen=True)
class _Unit:
    """The smallest run of tokens whose bytes are whole characters."""

    text: str
    tokens: tuple[Token, ...]


def words_of(tokens: Sequence[Token], start_ms: int) -> tuple[Word, ...]:
    """Join tokens into words.

    A word starts at a token that begins with a space; in scripts written without spaces every
    token is a word of its own. Punctuation belongs to the word before it.

    Args:
        start_ms: Where the segment starts on the window's timeline, at the earliest.
    """
    words: list[Word] = []
    earliest = start_ms
    for group in parted(list(_units(tokens)), lambda _, unit: _starts_word(unit.text)):
        text = "".join(unit.text for unit in group)
        if not text.strip():
            continue
        end = max(earliest, group[-1].tokens[-1].end_ms)
        first_end = min(end, max(earliest, group[0].tokens[-1].end_ms))
        start = group[0].tokens[0].start_ms
        if start is None:
            start = first_end - LONGEST_START_MS - MS_PER_CHARACTER * (len(group[0].text) - 1)
        start = max(earliest, start)
        words.append(Word(start, end, text.strip(), _probability(group), text[0].isspace()))
        earliest = end
    return tuple(words)


def _units(tokens: Iterable[Token]) -> Iterator[_Unit]:
    """Collect tokens until their bytes are whole characters: one may be split over several tokens."""
    waiting: list[Token] = []
    for token in tokens:
        waiting.append(token)
        try:
            text = b"".join(part.data for part in waiting).decode()
        except UnicodeDecodeError as error:
            if error.reason == "unexpected end of data" and len(waiting) < 4:
                continue
            text = b"".join(part.data for part in waiting).decode(errors="replace")
        yield _Unit(text, tuple(waiting))
        waiting = []
    if waiting:
        yield _Unit(b"".join(part.data for part in waiting).decode(errors="replace"), tuple(waiting))


def _starts_word(text: str) -> bool:
    return text[:1].isspace() or is_spaceless(text[:1])


def _probability(group: Iterable[_Unit]) -> float:
    """Geometric mean of the tokens' probabilities."""
    logs = [log(max(token.probability, 1e-10)) for unit in group for token in unit.tokens]
    return exp(sum(logs) / len(logs))
