"""Whether a word that is heard again is in the sound of the copy, or a guess from the words around it.

A recogniser completes sentences, as people do: "the best of ▢, it was the worst of times". In a stretch
nothing of the recording is left; whoever wrote the copy has checked that. So a word that is heard there is
either in the sound beside the stretch, or a guess. What lies beside it is recognised without the sentence:
one side, the other, and both edges together. A word of which enough is left to be understood is heard there.

Where a recogniser does not understand the words that stay, it cannot tell of those that do not: that is no
guess.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from transcribe.control.redact.choose import Chosen, Wanted, numbered
from transcribe.control.redact.proof import Heard, is_near, still_heard
from transcribe.control.redact.spans import Span
from transcribe.core.episode import Transcript, Word
from transcribe.notes.terms import words_of

SIDE_MS = 1_500
"""How much of a side is recognised: some words, and no sentence. Word times are off by less."""

FARTHEST_MS = 10_000
"""How far a side goes to reach a word that stays, where none is nearer."""

LEAST_MS = 100
"""Less than this of a side holds no word."""

EDGE_MS = 500
"""How much of both edges is recognised together: what is left of a word that was cut in two."""

Before = Sequence[tuple[Transcript, Chosen]]
"""What was said, with the words of it that are masked."""

Listen = Callable[[Sequence[tuple[int, int]]], list[Transcript]]
"""Recognises parts of the copy, each by itself: start and end, in ms."""


def guessed(
    wanted: Wanted,
    before: Before,
    spans: Sequence[Span],
    left: Sequence[Heard],
    listen: Listen,
    length_ms: int,
) -> tuple[Span, ...]:
    """The stretches near which something is still heard that is a guess.

    Args:
        left: What is still heard in the copy.
        length_ms: Of the recording.
    """
    near = [each for each in spans if any(is_near(one, each) for one in left)]
    return tuple(each for each in near if _is_guess(wanted, before, each, listen, length_ms))


def unexplained(left: Sequence[Heard], spans: Sequence[Span], guesses: Sequence[Span]) -> tuple[Heard, ...]:
    """What is still heard and is not a guess in all stretches near it."""
    near = {each: [span for span in spans if is_near(each, span)] for each in left}
    return tuple(each for each, found in near.items() if not found or not set(found) <= set(guesses))


def _is_guess(wanted: Wanted, before: Before, span: Span, listen: Listen, length_ms: int) -> bool:
    stays = sorted(_staying(before), key=lambda each: each.start_ms)
    earlier = [each for each in stays if each.end_ms <= span.start_ms]
    later = [each for each in stays if each.start_ms >= span.end_ms]
    first = min(span.start_ms - SIDE_MS, earlier[-1].start_ms if earlier else 0)
    last = max(span.end_ms + SIDE_MS, later[0].end_ms if later else length_ms)
    first, last = max(0, span.start_ms - FARTHEST_MS, first), min(length_ms, span.end_ms + FARTHEST_MS, last)
    edges = max(0, span.start_ms - EDGE_MS), min(length_ms, span.end_ms + EDGE_MS)
    heard = listen([(first, span.end_ms), (span.start_ms, last), edges])
    if still_heard(wanted, before, [span], heard):
        return False
    sides = (
        (span.start_ms - first, [each for each in earlier if first <= each.start_ms][::-1]),
        (last - span.end_ms, [each for each in later if each.end_ms <= last]),
    )
    return all(
        length < LEAST_MS or _is_understood(near, said)
        for (length, near), said in zip(sides, heard, strict=False)
    )


def _staying(before: Before) -> Iterator[Word]:
    transcript, chosen = before[0]
    for number, place, word in numbered(transcript):
        if (number, place) not in chosen.places and words_of(word.text):
            yield word


def _is_understood(stays: Sequence[Word], heard: Transcript) -> bool:
    """Whether the word next to a stretch, and half of all in a side, are heard; where there is none: no.

    Args:
        stays: Those that stay, the nearest first.
    """
    found = {text for word in heard.words for text in words_of(word.text)}
    understood = [not found.isdisjoint(words_of(word.text)) for word in stays]
    return any(understood[:1]) and 2 * sum(understood) >= len(stays)
