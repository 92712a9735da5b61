"""Texts with a mask in the place of words: the transcript, and what else the document of an episode holds.

What is not the transcript (titles, tags, names, prompts) has no times: there, everything that the rules find
is masked, and every passage that was masked in the transcript.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields, is_dataclass, replace
from functools import cache
from itertools import groupby
from typing import Any, TypeVar, cast
from urllib.parse import unquote

from transcribe.control.policy.items import Rule
from transcribe.control.redact.choose import WORDS, Chosen, Wanted, verdicts
from transcribe.core.episode import Episode, Language, Segment, Transcript, Word, join_words
from transcribe.notes.terms import small_words, words_of

T = TypeVar("T")

MASK = "███"
"""Stands for words, however many and long."""

FIXED = frozenset(
    [
        "code", "codec", "container", "engine", "file", "kind", "language", "layout", "licence", "made_by",
        "origin", "path", "placed", "program", "sha256",
    ]
)  # fmt: skip
"""Fields of an episode that hold no words of people: names of ours, digests, codes."""

FREE_SETTINGS = ("prompt", "terms")
"""Settings that hold words of people, of those that a document names."""

_ENDS = ".,;:!?…。、！？"
_BY_SPACE, _BY_LETTERS = re.compile(r"\S+"), re.compile(r"[^\W_]+")
"""Words as they are spoken of, and as they stand in names of files and addresses: `jan_kowalski`."""


def masked(transcript: Transcript, chosen: Chosen) -> Transcript:
    """The transcript with one mask for each run of chosen words in a segment; it has their time."""
    segments = []
    for number, segment in enumerate(transcript.segments):
        hidden = [(number, place) in chosen.places for place in range(len(segment.words))]
        segments.append(segment.of(list(_masked(segment, hidden))) if any(hidden) else segment)
    return replace(transcript, segments=tuple(segments))


def _masked(segment: Segment, hidden: Sequence[bool]) -> Iterator[Word]:
    for is_hidden, run in groupby(zip(segment.words, hidden, strict=True), key=lambda each: each[1]):
        words = [word for word, _ in run]
        if not is_hidden:
            yield from words
            continue
        first, last = words[0], words[-1]
        text = MASK + _ending(last.text)
        yield Word(first.start_ms, max(word.end_ms for word in words), text, 1.0, first.space_before)


def _ending(text: str) -> str:
    """The punctuation after a word, which says where a sentence ends."""
    return text[len(text.rstrip(_ENDS)) :]


class Scrubber:
    """Masks texts that have no times.

    Args:
        wanted: What is masked wherever it stands.
        transcripts: What was said, with the words that are masked in it: as passages they are masked, too.
    """

    def __init__(self, wanted: Wanted, transcripts: Sequence[tuple[Transcript, Chosen]]) -> None:
        self._language = next((said.language for said, _ in transcripts if said.language), None)
        small = small_words(self._language.code if self._language else "en")
        said = {text for each in transcripts for text in _runs(*each) if not small.issuperset(words_of(text))}
        phrases = said | {phrase for rule in wanted.rules for phrase in rule.words}
        phrases |= {"".join(phrase.split()) for phrase in phrases}  # jankowalski@example.org
        own = Rule(id=WORDS, title="what was masked", words=tuple(sorted(phrases)))
        self._rules = (*wanted.rules, *((own,) if phrases else ()))
        self.text = cache(self._text)

    def _text(self, text: str) -> str:
        """A text with a mask in every place where what is masked stands."""
        for pattern in (_BY_LETTERS, _BY_SPACE):
            text = self._without(text, pattern)
        plain = unquote(text)
        return text if plain == text or self.text(plain) == plain else MASK  # an address

    def _without(self, text: str, pattern: re.Pattern[str]) -> str:
        if not self._rules or not (pieces := list(pattern.finditer(text))):
            return text
        words = tuple(Word(0, 0, piece[0], 1.0) for piece in pieces)
        found = verdicts(self._rules, _of_words(words, self._language))
        spans = [
            (span.first_word, span.last_word) for said in found for find in said.finds for span in find.spans
        ]
        for first, last in reversed(_merged(spans)):
            ending = _ending(text[: pieces[last].end()]) if pattern is _BY_SPACE else ""
            text = text[: pieces[first].start()] + MASK + ending + text[pieces[last].end() :]
        return text

    def episode(self, episode: Episode) -> Episode:
        """An episode whose transcript is masked already, with everything else masked, too."""
        transcript, provenance = episode.transcript, episode.provenance
        named = [
            each if each.speaker is None else replace(each, speaker=self.text(each.speaker))
            for each in transcript.segments
        ]
        settings = tuple(
            (name, self.text(value) if name in FREE_SETTINGS else value)
            for name, value in provenance.settings
        )
        bare = replace(
            episode, transcript=replace(transcript, segments=()), provenance=replace(provenance, settings=())
        )
        bare = self.value(bare)
        return replace(
            bare,
            transcript=replace(bare.transcript, segments=tuple(named)),
            provenance=replace(bare.provenance, settings=settings),
        )

    def value(self, value: T) -> T:
        """A value of ours with every text in it masked, but for what holds no words of people (`FIXED`)."""
        return cast("T", _mapped(value, self.text))


def _mapped(value: Any, change: Callable[[str], str], name: str = "") -> Any:
    if isinstance(value, str):
        return value if name in FIXED or name.endswith("_sha256") else change(value)
    if isinstance(value, tuple):
        return tuple(_mapped(each, change, name) for each in value)
    if is_dataclass(value) and not isinstance(value, type):
        said = {each.name: getattr(value, each.name) for each in fields(value)}
        return replace(value, **{key: _mapped(each, change, key) for key, each in said.items()})
    return value


def _runs(transcript: Transcript, chosen: Chosen) -> Iterator[str]:
    """What was said where words are masked, each run of them."""
    for number, segment in enumerate(transcript.segments):
        places = enumerate(segment.words)
        for is_hidden, run in groupby(places, key=lambda each: (number, each[0]) in chosen.places):
            if is_hidden:
                yield join_words([word for _, word in run])


def _of_words(words: tuple[Word, ...], language: Language | None) -> Transcript:
    return Transcript(language, (Segment(0, 0, words, 0),))


def _merged(spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for first, last in sorted(spans):
        if merged and first <= merged[-1][1] + 1:
            merged[-1] = merged[-1][0], max(merged[-1][1], last)
        else:
            merged.append((first, last))
    return merged
