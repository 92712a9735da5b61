"""The values of a policy: rules, which look for words, and questions, which somebody has to answer."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from transcribe.control.personal.datum import Kind
from transcribe.core.timecode import parse_timecode

Severity = Literal["note", "warn", "block"]
_Name = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[a-z0-9][a-z0-9-]*$")]
_Text = Annotated[str, Meta(min_length=1, max_length=1000)]
_Language = Annotated[str, Meta(pattern="^[a-z]{2,3}$")]


class Item(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A rule or a question.

    Attributes:
        title: What it is about, for people.
        severity: How much it matters.
        evidence: What counts as evidence, for whoever decides.
        decides: Who decides; empty: whoever reviews.
        languages: Whisper's codes of the languages that it is for; empty: any.
    """

    id: _Name
    title: _Text
    severity: Severity = "warn"
    evidence: Annotated[str, Meta(max_length=1000)] = ""
    decides: Annotated[str, Meta(max_length=200)] = ""
    languages: tuple[_Language, ...] = ()


class Rule(Item, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is looked for in the words themselves; any of its words, patterns and kinds is a find.

    Attributes:
        want: `absent`: every find is a flag; `present`: it is one if there is no find.
        words: Words and phrases, met in any inflection.
        patterns: Regular expressions (of the package `regex`), met in any case.
        personal: Kinds of personal data.
        until: Only what is said before this time of the recording counts; empty: all of it.
    """

    want: Literal["absent", "present"] = "absent"
    words: tuple[_Text, ...] = ()
    patterns: tuple[_Text, ...] = ()
    personal: tuple[Kind, ...] = ()
    until: str = ""

    @property
    def until_ms(self) -> int | None:
        """`until` in ms; None where it is empty."""
        return parse_timecode(self.until) if self.until else None


class Question(Item, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What only somebody who understands can answer: a model's answer always goes to a person.

    Attributes:
        ask: The question, answered with yes or no.
        flag: The answer that is against the policy.
    """

    ask: _Text
    flag: Literal["yes", "no"] = "yes"


class Policy(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A policy.

    Attributes:
        version: Of the form of the file: 1.
        languages: Of the items that name none themselves.
        decides: Who decides about those that do not say.
    """

    version: int
    name: _Text
    languages: tuple[_Language, ...] = ()
    decides: Annotated[str, Meta(max_length=200)] = ""
    rules: tuple[Rule, ...] = ()
    questions: tuple[Question, ...] = ()

    @property
    def items(self) -> tuple[Rule | Question, ...]:
        """Rules, then questions, in the order of the file."""
        return *self.rules, *self.questions
