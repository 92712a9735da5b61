"""The proof: the copy is recognised again, and what is masked must not be among the words.

A word that is masked counts as heard where it is recognised in its stretch or a second around it, unless a
word that stays there is the same: "no, no". What a rule finds counts as heard anywhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from transcribe.control.redact.choose import Chosen, Wanted, choose, numbered
from transcribe.control.redact.spans import Span
from transcribe.core.episode import Transcript, Word
from transcribe.core.recording import SpeechSpan, joined
from transcribe.core.workspace import apart
from transcribe.jobs.run_one import episode_of
from transcribe.jobs.warm import kept_loaded
from transcribe.notes.terms import words_of
from transcribe.pipeline.ports import Run

NEAR_MS = 1_000
"""A recogniser may put a word that it hears again so far beside where it heard it first."""

SAME_MS = 700
"""A word that stays is heard again at most so far from where it was heard first."""

AROUND_MS = 15_000
"""What is recognised around every stretch of a long recording: a window of the recogniser."""

SHORT_MS = 600_000
"""A recording up to this length is recognised again as a whole."""


@dataclass(frozen=True)
class Heard:
    """What of it is still heard: where, and why it should not be."""

    start_ms: int
    end_ms: int
    reasons: tuple[str, ...]


def stretches(spans: Sequence[Span], length_ms: int) -> tuple[tuple[int, int], ...]:
    """What is recognised again: all of a short recording, and what lies around the spans of a long one."""
    around = [
        SpeechSpan(max(0, each.start_ms - AROUND_MS), min(length_ms, each.end_ms + AROUND_MS))
        for each in spans
    ]
    parts = joined(each for each in around if each.start_ms < each.end_ms)
    if length_ms <= SHORT_MS or 2 * sum(each.duration_ms for each in parts) > length_ms:
        return ((0, length_ms),)
    return tuple((each.start_ms, each.end_ms) for each in parts)


def recognise_again(
    run: Run, copy: Path, parts: Sequence[tuple[int, int]], length_ms: int
) -> list[Transcript]:
    """What is recognised in a copy; nothing of it is kept.

    Args:
        parts: Start and end, in ms.

    Raises:
        TranscribeError: It could not be recognised.
    """
    heard = []
    with apart(), kept_loaded(run) as loaded:
        for start, end in parts:
            part = {} if (start, end) == (0, length_ms) else {"from_ms": start, "to_ms": end}
            heard.append(episode_of(replace(loaded, settings=run.settings.replace(part)), copy).transcript)
    return heard


def still_heard(
    wanted: Wanted,
    before: Sequence[tuple[Transcript, Chosen]],
    spans: Sequence[Span],
    heard: Sequence[Transcript],
) -> tuple[Heard, ...]:
    """What of the masked words is still heard, in order.

    Args:
        before: What was said, with the words of it that are masked.
        heard: What was recognised in the copy.
    """
    found: dict[tuple[int, int], Heard] = {}
    by_rules = replace(wanted, spans=())
    for transcript in heard:
        chosen = choose(by_rules, transcript).places
        said = sorted((word for *_, word in numbered(transcript)), key=lambda word: word.start_ms)
        for number, place, word in numbered(transcript):
            if reasons := chosen.get((number, place)):
                found[word.start_ms, word.end_ms] = Heard(word.start_ms, word.end_ms, tuple(sorted(reasons)))
        for span in spans:
            for word in _said_again(before, span, said):
                found.setdefault(
                    (word.start_ms, word.end_ms), Heard(word.start_ms, word.end_ms, span.reasons)
                )
    return tuple(each for _, each in sorted(found.items()))


def _said_again(
    before: Sequence[tuple[Transcript, Chosen]], span: Span, said: Sequence[Word]
) -> Iterator[Word]:
    """Words near a span that are masked in it and are not those that stay."""
    for transcript, chosen in before:
        hidden, stays = [], []
        for number, place, word in numbered(transcript):
            if _apart(word, span) <= 0 and (number, place) in chosen.places:
                hidden.append(word)
            elif _apart(word, span) <= NEAR_MS + SAME_MS:
                stays.append(word)
        wanted = {each for word in hidden for each in words_of(word.text)}
        for word in said:
            if _apart(word, span) > NEAR_MS or wanted.isdisjoint(words_of(word.text)):
                continue
            same = [each for each in stays if _is_same(each, word)]
            if not same:
                yield word
                continue
            stays.remove(min(same, key=lambda each: abs(each.start_ms - word.start_ms)))


def is_near(heard: Heard, span: Span) -> bool:
    """Whether what is heard may be what a stretch masks."""
    return max(heard.start_ms - span.end_ms, span.start_ms - heard.end_ms) <= NEAR_MS


def _is_same(stays: Word, said: Word) -> bool:
    return words_of(stays.text) == words_of(said.text) and abs(stays.start_ms - said.start_ms) <= SAME_MS


def _apart(word: Word, span: Span) -> int:
    """How many ms lie between a word and a span; not above 0 where they touch."""
    return max(word.start_ms - span.end_ms, span.start_ms - word.end_ms)
