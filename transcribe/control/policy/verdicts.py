"""What comes of a policy's rules and questions about an episode, with what was found."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Literal, get_args

from msgspec import Meta

from transcribe.control.policy.items import Severity
from transcribe.core.passages import Span

Outcome = Literal["clear", "flag", "open", "not asked"]

Answer = Literal["yes", "unsure", "uncited", "off-schema", "failed", "not asked", "no", "not said"]
"""What a language model says to a question; `uncited`: yes or no, with a quote that was not found."""


@dataclass(frozen=True)
class Quote:
    """A find as it was said, with the words around it; personal data in it is masked."""

    before: Annotated[str, Meta(description="Words before the find")]
    words: Annotated[str, Meta(description="The find itself")]
    after: Annotated[str, Meta(description="Words after it")]


@dataclass(frozen=True)
class Find:
    """Something that a rule looks for, where it was said."""

    what: Annotated[
        str,
        Meta(
            description="Word, phrase or expression of the rule, kind of personal data, or a model's answer"
        ),
    ]
    spans: Annotated[tuple[Span, ...], Meta(description="Its words, for each segment that they stand in")]
    quote: Annotated[Quote, Meta(description="What was said, with personal data masked")]
    certain: Annotated[
        bool,
        Meta(description="Of personal data, whether the digits or the form say so; else only words before"),
    ] = True


@dataclass(frozen=True)
class Verdict:
    """What came of a rule or a question."""

    id: Annotated[str, Meta(description="Of the rule or question")]
    title: Annotated[str, Meta(description="What it is about")]
    kind: Annotated[Literal["rule", "question"], Meta(description="Which of the two it is")]
    severity: Annotated[Severity, Meta(description="How much it matters")]
    outcome: Annotated[Outcome, Meta(description="What came of it")]
    person: Annotated[bool, Meta(description="Whether it has to go to a person")]
    reason: Annotated[str, Meta(description="Why, for people")]
    decides: Annotated[str, Meta(description="Who decides, as the policy says; empty: whoever reviews")]
    evidence: Annotated[str, Meta(description="What counts as evidence, as the policy says")]
    finds: Annotated[tuple[Find, ...], Meta(description="What was found, in the order of the recording")] = ()
    count: Annotated[int, Meta(description="How many finds there are; the first 100 are listed")] = 0
    answer: Annotated[
        Answer | None, Meta(description="Of a question, what a language model answers; null of a rule")
    ] = None


RANKS: tuple[Outcome, ...] = ("flag", "open", "not asked", "clear")


def in_turn(verdicts: Iterable[Verdict]) -> list[Verdict]:
    """Verdicts as people should read them: what is against the policy first, and what is clear last."""
    answers = (None, *get_args(Answer))

    def rank(each: Verdict) -> tuple[int, bool, int]:
        return RANKS.index(each.outcome), not each.person, answers.index(each.answer)

    return sorted(verdicts, key=rank)
