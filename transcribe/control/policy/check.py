"""One pass of a policy over an episode: a verdict for each rule and question, with what was found.

A clear pass of a rule needs nobody. A flag goes to a person, and so does what could not be asked.
"""

from __future__ import annotations

import time
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from transcribe.control.personal.find import personal_data
from transcribe.control.personal.vocabulary import known_languages
from transcribe.control.policy.items import Policy, Question, Rule
from transcribe.control.policy.passages import Passage, passages_of
from transcribe.control.policy.phrases import Phrases
from transcribe.control.policy.quotes import quote
from transcribe.control.policy.read import compiled
from transcribe.control.policy.verdicts import Find, Outcome, Verdict
from transcribe.core.episode import Transcript
from transcribe.core.timecode import format_duration

SECONDS = 1.0
"""Processor time that the expressions of one rule may take for one episode."""

MOST_FINDS = 100
"""Finds of a rule that are told; an expression may fit anywhere."""

FALLBACK = "en"
"""The language as which a passage is read where neither the transcript nor the rule names one."""


@dataclass(frozen=True)
class _Found:
    """A find before its quote is made: words of a passage."""

    what: str
    passage: int
    first: int
    last: int
    certain: bool = True


def check(policy: Policy, transcript: Transcript) -> tuple[Verdict, ...]:
    """What a policy says of what was said, in the order of the policy.

    Raises:
        DependencyError: A package of the extra `control` is not installed.
    """
    heard = _Heard(transcript)
    return tuple(
        heard.verdict(item) if isinstance(item, Rule) else heard.unanswered(item) for item in policy.items
    )


def needs_person(verdicts: Sequence[Verdict]) -> bool:
    """Whether something has to go to a person; also where nothing could be asked at all."""
    return any(each.person for each in verdicts) or all(each.outcome == "not asked" for each in verdicts)


class _Heard:
    """A transcript in which the finds of rules are looked for; what several rules need is made once."""

    def __init__(self, transcript: Transcript) -> None:
        self._passages = list(passages_of(transcript))
        self._personal = [
            personal_data([word.text for word in each.words], each.language) for each in self._passages
        ]
        self._hidden = [
            {number: each for each in data for number in range(each.first, each.last + 1)}
            for data in self._personal
        ]
        self._phrases = cache(lambda number, language: Phrases(self._passages[number], language))

    def verdict(self, rule: Rule) -> Verdict:
        """What comes of a rule."""
        if reason := self._unasked(rule):
            return _verdict(rule, "not asked", reason, person=not self._passages)
        numbers = self._asked(rule)
        try:
            found = self._in_order(self._found(rule, numbers), rule.until_ms)
        except TimeoutError:
            spent = f"its expressions took more than {SECONDS:.0f} s of processor time"
            return _verdict(rule, "not asked", spent, person=True)
        return self._judged(rule, found, numbers)

    def unanswered(self, question: Question) -> Verdict:
        """What comes of a question where no model answers it."""
        if reason := self._unasked(question):
            return _verdict(question, "not asked", reason, person=not self._passages)
        return _verdict(question, "not asked", "no model", person=True)

    def _in_order(self, found: Iterable[_Found], until_ms: int | None) -> list[_Found]:
        """Finds in the order of the recording, without those that stand within another one."""

        def start_ms(each: _Found) -> int:
            return self._passages[each.passage].words[each.first].start_ms

        kept: list[_Found] = []
        for each in sorted(found, key=lambda each: (start_ms(each), each.passage, each.first, -each.last)):
            within = kept and each.passage == kept[-1].passage and each.last <= kept[-1].last
            if not within and (until_ms is None or start_ms(each) < until_ms):
                kept.append(each)
        return kept

    def _judged(self, rule: Rule, found: Sequence[_Found], numbers: Sequence[int]) -> Verdict:
        """The verdict of a rule that was asked of these passages."""
        flagged = bool(found) == (rule.want == "absent")
        strange = {self._passages[number].language or FALLBACK for number in numbers} - known_languages()
        if rule.personal and strange and not found:
            spoken = f"numbers and signs are not known as they are said in {', '.join(sorted(strange))}"
            return _verdict(rule, "not asked", spoken, person=True)
        within = f" before {format_duration(rule.until_ms)}" if rule.until_ms is not None else ""
        times = "once" if len(found) == 1 else f"{len(found)} times"
        asked = sum(len(self._passages[number].words) for number in numbers)
        of_all = sum(len(each.words) for each in self._passages)
        part = f"; asked of {asked} of {of_all} words" if asked < of_all else ""
        reason = (f"said {times}" if found else "not said") + within + part
        finds = [self._find(each) for each in found[:MOST_FINDS]]
        return _verdict(
            rule, "flag" if flagged else "clear", reason, person=flagged, finds=finds, count=len(found)
        )

    def _unasked(self, item: Rule | Question) -> str:
        """Why it cannot be asked; empty where it can."""
        if not self._passages:
            return "the transcript has no words"
        if self._asked(item):
            return ""
        spoken = sorted({each.language or "" for each in self._passages})
        return f"it is for {', '.join(item.languages)}, and the episode is in {', '.join(spoken)}"

    def _asked(self, item: Rule | Question) -> list[int]:
        """The numbers of the passages in its languages, or in one that is not known."""
        return [
            number
            for number, each in enumerate(self._passages)
            if not item.languages or each.language is None or each.language in item.languages
        ]

    def _found(self, rule: Rule, numbers: Sequence[int]) -> Iterator[_Found]:
        """Raises TimeoutError where the expressions of the rule take too long."""
        left = SECONDS
        for number in numbers:
            passage = self._passages[number]
            language = passage.language or next(iter(rule.languages), FALLBACK)
            for phrase in rule.words:
                for first, last in self._phrases(number, language).find(phrase):
                    yield _Found(phrase, number, first, last)
            for each in self._personal[number]:
                if each.kind in rule.personal:
                    yield _Found(each.kind, number, each.first, each.last, each.checked)
            began = time.process_time()
            for pattern in rule.patterns:
                spent = time.process_time() - began
                for first, last in _matches(passage, pattern, left - spent):
                    yield _Found(pattern, number, first, last)
            left -= time.process_time() - began

    def _find(self, found: _Found) -> Find:
        passage, hidden = self._passages[found.passage], self._hidden[found.passage]
        spans = passage.spans(found.first, found.last)
        return Find(found.what, spans, quote(passage, hidden, found.first, found.last), found.certain)


def _matches(passage: Passage, pattern: str, seconds: float) -> Iterator[tuple[int, int]]:
    """The words that an expression fits; raises TimeoutError."""
    if seconds <= 0:
        raise TimeoutError
    for found in compiled(pattern).finditer(passage.text, timeout=seconds):
        start, end = found.span()
        if start < end:
            last = len(passage.words) - 1
            yield min(bisect_right(passage.ends, start), last), min(bisect_left(passage.ends, end), last)


def _verdict(
    item: Rule | Question,
    outcome: Outcome,
    reason: str,
    *,
    person: bool,
    finds: Sequence[Find] = (),
    count: int = 0,
) -> Verdict:
    return Verdict(
        id=item.id,
        title=item.title,
        kind="rule" if isinstance(item, Rule) else "question",
        severity=item.severity,
        outcome=outcome,
        person=person,
        reason=reason,
        decides=item.decides,
        evidence=item.evidence,
        finds=tuple(finds),
        count=count,
    )
