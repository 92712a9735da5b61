"""What a person has to look at in a transcript, in one list: flags of a policy, coverage, doubtful notes."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

from transcribe.control.policy.asking import Answering
from transcribe.control.policy.check import check
from transcribe.control.policy.items import Policy, Severity
from transcribe.control.policy.verdicts import Quote, Verdict
from transcribe.core.decision import Stretch, merged
from transcribe.core.digest import fingerprint
from transcribe.core.episode import Episode, Segment, Spot, SpotKind, Word
from transcribe.core.passages import Span
from transcribe.core.show_notes import ShowNotes, Statement
from transcribe.formats.review import MOST_WORDS, WORDS_AROUND, passage_of

Kind = Literal["policy", "coverage", "notes"]

ID_DIGITS, CONTENT_DIGITS = 12, 16

NO_ITEM = "-"
"""In the place of a rule's id where no rule and no question was asked."""

NOTHING = Quote("", "", "")

SPOTS: dict[SpotKind, str] = {
    "missing": "Speech without words",
    "suspect": "Words that may be invented",
    "seam": "Speech was cut here",
    "uncertain": "Words of low probability",
}

MISHEARD = "the digits do not fit: misheard?"


@dataclass(frozen=True)
class Item:
    """One thing that a person has to look at.

    Attributes:
        id: Stays the same in another run over the same recognition, also where its words were corrected.
        kind: Where it comes from.
        what: The rule or question of a policy, the kind of a spot, the part of the notes.
        title: What it is about, for people.
        spans: Where it lies in the recording, in order; none where it is about all of it.
        reason: Why somebody has to look at it.
        content: Digest of its words, and of what is asked about them; without spans, of all words.
        quote: Its words and those around them, with personal data masked in what a policy found.
        severity: How much it matters.
        decides: Who decides, as the policy says; empty: whoever reviews.
        evidence: What counts as evidence, as the policy says.
    """

    id: str
    kind: Kind
    what: str
    title: str
    spans: tuple[Stretch, ...]
    reason: str
    content: str
    quote: Quote = NOTHING
    severity: Severity = "warn"
    decides: str = ""
    evidence: str = ""

    @property
    def start_ms(self) -> int | None:
        """Where it begins; None where it is about the whole recording."""
        return self.spans[0][0] if self.spans else None

    @property
    def end_ms(self) -> int | None:
        """Where it ends."""
        return self.spans[-1][1] if self.spans else None

    @property
    def about(self) -> str:
        """What sort of item it is, without a word of the transcript."""
        return f"{self.kind}: {self.what}"


def items_of(
    episode: Episode, policy: Policy | None = None, answers: Answering | None = None
) -> tuple[Item, ...]:
    """Everything that a person has to look at, in the order of the recording; last, what is about all of it.

    Args:
        episode: As people have corrected it.
        policy: What is asked besides; None: nothing.
        answers: What is answered to its questions; None: nothing.

    Raises:
        DependencyError: A package of the extra `control` is not installed.
    """
    said = _Said(episode)
    found = list(_coverage(episode, said))
    if episode.notes is not None:
        found += _notes(episode.notes, said)
    if policy is not None:
        found += _policy(check(policy, episode.transcript, answers), said)
    unique = {each.id: each for each in found}
    return tuple(sorted(unique.values(), key=lambda each: (not each.spans, each.spans)))


class _Said:
    """The words of a transcript, found by their time and by their place."""

    def __init__(self, episode: Episode) -> None:
        self.segments = episode.transcript.segments
        middles = [((word.start_ms + word.end_ms) // 2, word) for word in episode.transcript.words]
        middles.sort(key=lambda each: each[0])
        self._middles = [middle for middle, _ in middles]
        self._words = [word for _, word in middles]

    @cached_property
    def content(self) -> str:
        """Digest of what everybody says."""
        return _content([(each.speaker, each.text) for each in self.segments])

    def near(self, spot: Spot) -> tuple[list[Word], Sequence[Word]]:
        """The words in a spot, and these with enough around them to quote."""
        first, end = (bisect_left(self._middles, ms) for ms in (spot.start_ms, spot.end_ms))
        return self._words[first:end], self._words[max(0, first - WORDS_AROUND) : end + MOST_WORDS]

    def of_spans(self, spans: Iterable[Span]) -> list[str]:
        """The words of a find."""
        return [
            word.text
            for each in spans
            for word in self.segments[each.segment].words[each.first_word : each.last_word + 1]
        ]

    def evidence(self, statement: Statement) -> dict[int, Segment]:
        """The segments that a statement rests on, by their numbers, in order."""
        numbers = sorted({number for number in statement.segments if 0 <= number < len(self.segments)})
        return {number: self.segments[number] for number in numbers}


def _coverage(episode: Episode, said: _Said) -> Iterator[Item]:
    for spot in episode.coverage.to_check:
        inside, near = said.near(spot)
        passage = passage_of(spot, near)
        spans = _stretches([(spot.start_ms, spot.end_ms)])
        yield Item(
            _id("coverage", spot.kind, spans),
            "coverage",
            spot.kind,
            SPOTS[spot.kind],
            spans,
            spot.reason,
            _content([word.text for word in inside]),
            Quote(passage.before, passage.words, passage.after),
        )
    for fault in episode.coverage.faults:
        name, title = _id("coverage", "sound", (), fault), "Speech may be where none was detected"
        yield Item(name, "coverage", "sound", title, (), fault, said.content)


def _notes(notes: ShowNotes, said: _Said) -> Iterator[Item]:
    parts: dict[str, tuple[Statement, ...]] = {
        "summary": notes.summary, "long summary": notes.long_summary, "takeaways": notes.takeaways,
        "titles": notes.titles, "social post": notes.social_post,
    }  # fmt: skip
    for part, statements in parts.items():
        for each in statements:
            if each.doubt:
                segments = said.evidence(each)
                spans = _joined(segments)
                yield Item(
                    _id("notes", part, spans, each.text),
                    "notes",
                    part,
                    f"A doubtful statement of the notes ({part})",
                    spans,
                    each.doubt,
                    _content([segment.text for segment in segments.values()]),
                    Quote("", each.text, ""),
                )


def _policy(verdicts: Sequence[Verdict], said: _Said) -> Iterator[Item]:
    for verdict in verdicts:
        if not verdict.person:
            continue
        for find in verdict.finds:
            spans = _stretches((each.start_ms, each.end_ms) for each in find.spans)
            reason = verdict.reason if find.certain else f"{verdict.reason}; {MISHEARD}"
            item = _asked(verdict, spans, find.what, said.of_spans(find.spans), reason)
            yield replace(item, quote=find.quote)
        more = verdict.count - len(verdict.finds)
        if more > 0:
            yield _asked(verdict, (), "more", said.content, f"{more} more finds, which are not listed")
        elif not verdict.finds:
            yield _asked(verdict, (), "", said.content, verdict.reason)
    if all(each.outcome == "not asked" and not each.person for each in verdicts):
        title, reason = "Nothing was asked", "no rule and no question is for this episode"
        yield Item(_id("policy", NO_ITEM, ()), "policy", NO_ITEM, title, (), reason, said.content)


def _asked(verdict: Verdict, spans: tuple[Stretch, ...], key: str, words: object, reason: str) -> Item:
    answer = () if verdict.answer in (None, "not asked") else (verdict.answer,)
    asked = (verdict.title, verdict.severity, verdict.outcome, verdict.evidence, *answer)
    return Item(
        _id("policy", verdict.id, spans, key),
        "policy",
        verdict.id,
        verdict.title,
        spans,
        reason if verdict.outcome == "flag" else f"{verdict.outcome}: {reason}",
        _content((asked, words)),
        severity=verdict.severity,
        decides=verdict.decides,
        evidence=verdict.evidence,
    )


def _joined(segments: Mapping[int, Segment]) -> tuple[Stretch, ...]:
    """Where some segments lie; those that follow each other are one stretch."""
    whole: list[Stretch] = []
    for number, segment in segments.items():
        start = whole.pop()[0] if number - 1 in segments else segment.start_ms
        whole.append((start, segment.end_ms))
    return _stretches(whole)


def _stretches(stretches: Iterable[Stretch]) -> tuple[Stretch, ...]:
    """Where something lies; a word of no length, too."""
    return merged((start, max(end, start + 1)) for start, end in stretches)


def _id(kind: Kind, what: str, spans: tuple[Stretch, ...], key: str = "") -> str:
    return fingerprint((kind, what, spans, key))[:ID_DIGITS]


def _content(words: object) -> str:
    return fingerprint(words)[:CONTENT_DIGITS]
