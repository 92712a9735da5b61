"""What a diariser finds: turns, and what each of the voices sounds like."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

from transcribe.core.episode import Turns

INSTALL = "Run: pip install 'transcribe-offline[diarize]'"
"""What to do where a package that tells speakers apart is missing."""


@dataclass(frozen=True)
class Voice:
    """What one speaker sounds like. Biometric data: kept nowhere unless the user asks for it.

    Attributes:
        speaker: Their name among the turns.
        vector: The voice as numbers; only the direction counts.
    """

    speaker: str
    vector: tuple[float, ...]


@dataclass(frozen=True)
class Diarisation:
    """Who speaks when, and how they sound.

    Attributes:
        voices: One for each speaker of the turns, as far as there was enough speech of theirs alone.
    """

    turns: Turns
    voices: tuple[Voice, ...] = ()


def cosine(one: tuple[float, ...], other: tuple[float, ...]) -> float:
    """How alike two voices are: -1 to 1; 0 where they cannot be compared."""
    if len(one) != len(other):
        return 0.0
    lengths = sqrt(sum(x * x for x in one) * sum(y * y for y in other))
    return sum(x * y for x, y in zip(one, other, strict=True)) / lengths if lengths else 0.0
