"""Where in the sound the masked words lie: 250 ms more on either side, and not into a word that stays."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate

from transcribe.core.episode import Word
from transcribe.core.errors import RedactionError
from transcribe.core.timecode import format_timecode

PAD_MS = 250
"""Recognisers' word times are off by 100 to 200 ms."""

SHARES = (0.0, 0.5, 1.0)
"""How much of a neighbouring word is masked, too: none, and more where something is still heard."""

SHORTEST_MS = 30
"""Less is no word: its time is not known."""


@dataclass(frozen=True)
class Span:
    """A stretch of the recording that is masked.

    Attributes:
        reasons: Why: ids of rules, `words`, `personal`, `span`; sorted.
    """

    start_ms: int
    end_ms: int
    reasons: tuple[str, ...]


def spans_of(
    words: Sequence[Word],
    why: Mapping[int, frozenset[str]],
    asked: Sequence[Span] = (),
    times_heard: Mapping[int, int] | None = None,
) -> tuple[Span, ...]:
    """Where masked words lie, in order, without overlap.

    Args:
        words: All that was said, by their starts.
        why: The reasons, by the numbers of those that are masked.
        asked: Stretches that are masked whatever is said in them.
        times_heard: In how many copies something was still heard, by the numbers of masked words.

    Raises:
        RedactionError: A word has no time of its own.
    """
    rooms = [_room(words, why, share) for share in SHARES]
    found = list(asked)
    for number, reasons in why.items():
        word, (before, after) = words[number], rooms[(times_heard or {}).get(number, 0)]
        start = max(word.start_ms - PAD_MS, min(before[number], word.start_ms), 0)
        end = min(word.end_ms + PAD_MS, max(after[number + 1], word.end_ms))
        if end - start < SHORTEST_MS:
            at = format_timecode(word.start_ms)
            raise RedactionError(
                f"a word at {at} has no time of its own, and cannot be placed in the sound",
                "Say what is to be masked by its time: --span FROM-TO",
            )
        found.append(Span(start, end, tuple(sorted(reasons))))
    return merged(found)


def _room(words: Sequence[Word], why: Collection[int], share: float) -> tuple[list[int], list[int]]:
    """For each word, where those before it that stay have ended, and where those from it on begin.

    Args:
        share: How much of a word that stays may be masked, from 0 to 1.
    """
    stays = [number not in why for number in range(len(words))]
    ends = [_at(word, 1 - share) if stay else 0 for word, stay in zip(words, stays, strict=True)]
    starts = [_at(word, share) if stay else _NEVER for word, stay in zip(words, stays, strict=True)]
    before = [0, *accumulate(ends, max)]
    return before, [*reversed(list(accumulate(reversed(starts), min))), _NEVER]


_NEVER = 2**62


def _at(word: Word, share: float) -> int:
    return round(word.start_ms + share * (word.end_ms - word.start_ms))


def merged(spans: Sequence[Span]) -> tuple[Span, ...]:
    """The same time in spans that do not overlap, in order."""
    found: list[Span] = []
    for each in sorted(spans, key=lambda span: (span.start_ms, span.end_ms)):
        if found and each.start_ms <= found[-1].end_ms:
            last = found[-1]
            reasons = tuple(sorted({*last.reasons, *each.reasons}))
            found[-1] = Span(last.start_ms, max(last.end_ms, each.end_ms), reasons)
        else:
            found.append(each)
    return tuple(found)
