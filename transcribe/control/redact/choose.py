"""Which words are masked: finds of rules, of phrases and of personal data, and what is said at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from transcribe.control.personal.datum import Kind
from transcribe.control.policy.check import check
from transcribe.control.policy.items import Policy, Rule
from transcribe.control.policy.verdicts import Verdict
from transcribe.core.episode import Transcript, Word
from transcribe.core.errors import RedactionError, UsageError
from transcribe.notes.terms import words_of

WORDS, PERSONAL, SPAN = "words", "personal", "span"
"""Reasons that are no rule of a policy."""

Place = tuple[int, int]
"""A word: the number of its segment, and its number in that."""


@dataclass(frozen=True)
class Wanted:
    """What is to be masked.

    Attributes:
        rules: Those whose finds are; each phrase is a rule of its own.
        spans: Stretches of the recording, start and end in ms.
    """

    rules: tuple[Rule, ...]
    spans: tuple[tuple[int, int], ...] = ()

    @classmethod
    def of(
        cls,
        policy: Policy | None,
        phrases: Sequence[str],
        kinds: Sequence[Kind],
        spans: Sequence[tuple[int, int]],
    ) -> Wanted:
        """What a policy flags, beside phrases, kinds of personal data and stretches of time.

        Raises:
            UsageError: Nothing is asked for, or a phrase has no word in it.
        """
        for phrase in phrases:
            if not words_of(phrase):
                raise UsageError(f"--words {phrase!r} has no word in it")
        rules = [rule for rule in policy.rules if rule.want == "absent"] if policy else []
        rules += [Rule(id=WORDS, title=phrase, words=(phrase,)) for phrase in phrases]
        if kinds:
            rules.append(Rule(id=PERSONAL, title="personal data", personal=tuple(kinds)))
        if not rules and not spans:
            raise UsageError("nothing is to be masked", "Say what: --words, --span, --personal or --policy")
        return cls(tuple(rules), tuple(spans))


@dataclass(frozen=True)
class Chosen:
    """Words of a transcript that are masked.

    Attributes:
        places: They, with the reasons why: ids of rules, `words`, `personal`, `span`.
        found: Numbers of the rules, in `Wanted.rules`, that found something.
    """

    places: dict[Place, frozenset[str]]
    found: frozenset[int] = frozenset()


def choose(wanted: Wanted, transcript: Transcript) -> Chosen:
    """The words of a transcript that are to be masked.

    Raises:
        RedactionError: A rule could not be asked, so that nobody knows what it would find.
        DependencyError: A package of the extra `control` is not installed.
    """
    places: dict[Place, frozenset[str]] = {}
    found = set()
    for number, (rule, verdict) in enumerate(
        zip(wanted.rules, verdicts(wanted.rules, transcript), strict=True)
    ):
        for place in _places_of(verdict):
            found.add(number)
            places[place] = places.get(place, frozenset()) | {rule.id}
    for place in touching(transcript, wanted.spans):
        places[place] = places.get(place, frozenset()) | {SPAN}
    return Chosen(places, frozenset(found))


def verdicts(rules: Sequence[Rule], transcript: Transcript) -> tuple[Verdict, ...]:
    """What rules find in a transcript, all of it.

    Raises:
        RedactionError: One could not be asked, so that nobody knows what it would find.
    """
    said = check(Policy(version=1, name="redaction", rules=tuple(rules)), transcript, most=None)
    for each in said:
        if each.outcome == "not asked" and each.person and transcript.segments:
            raise RedactionError(f"{each.id} could not be asked: {each.reason}", "Mask by --words or --span")
    return said


def touching(transcript: Transcript, spans: Sequence[tuple[int, int]]) -> Iterator[Place]:
    """The words that share time with any of these stretches; one without length where it lies inside."""
    for segment, place, word in numbered(transcript):
        if any(start < max(word.end_ms, word.start_ms + 1) and word.start_ms < end for start, end in spans):
            yield segment, place


def numbered(transcript: Transcript) -> Iterator[tuple[int, int, Word]]:
    """Every word with the number of its segment and its number in that."""
    for number, segment in enumerate(transcript.segments):
        for place, word in enumerate(segment.words):
            yield number, place, word


def _places_of(verdict: Verdict) -> Iterator[Place]:
    for find in verdict.finds:
        for span in find.spans:
            for word in range(span.first_word, span.last_word + 1):
                yield span.segment, word
